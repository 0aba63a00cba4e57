import type { RopeFrequencies, RopeTable } from '../../core/graph/rope.js';
import { floatTensor, type Feeds, type OnnxTensor } from './onnxRuntime.js';

const firstPositions = 256;

/** The rotary tables of one model, grown by doubling and shared by all its runs. */
export class RopeCache {
  readonly #entries = new Map<RopeTable, { cos: OnnxTensor; sin: OnnxTensor; positions: number; of: Float32Array }>();

  constructor(readonly tables: readonly RopeTable[]) {}

  /** Whether a run that reaches this length has to read everything again. */
  isRenewedAt(length: number): boolean {
    return this.tables.some(({ renewsBeyond }) => renewsBeyond !== null && length === renewsBeyond + 1);
  }

  /** Adds the tables that a run reaching `length` positions needs. */
  feed(feeds: Feeds, length: number): void {
    for (const table of this.tables) {
      const frequencies = table.frequencies(length);
      let entry = this.#entries.get(table);
      if (!entry || entry.positions < length || !sameValues(entry.of, frequencies.inverse)) {
        const positions = Math.max(firstPositions, 2 ** Math.ceil(Math.log2(length)));
        entry = { ...tablesOf(frequencies, positions), positions, of: frequencies.inverse };
        this.#entries.set(table, entry);
      }
      feeds[table.cosInput] = entry.cos;
      feeds[table.sinInput] = entry.sin;
    }
  }
}

/** Cosine and sine of position times frequency, [positions, frequencies], the angle rounded to single as in PyTorch. */
function tablesOf({ inverse, scaling }: RopeFrequencies, positions: number): { cos: OnnxTensor; sin: OnnxTensor } {
  const columns = inverse.length;
  const cos = new Float32Array(positions * columns);
  const sin = new Float32Array(positions * columns);
  for (let position = 0, index = 0; position < positions; position++) {
    for (let column = 0; column < columns; column++, index++) {
      const angle = Math.fround(position * (inverse[column] as number));
      cos[index] = Math.cos(angle) * scaling;
      sin[index] = Math.sin(angle) * scaling;
    }
  }
  return { cos: floatTensor(cos, [positions, columns]), sin: floatTensor(sin, [positions, columns]) };
}

function sameValues(a: Float32Array, b: Float32Array): boolean {
  return a === b || (a.length === b.length && a.every((value, index) => value === b[index]));
}
