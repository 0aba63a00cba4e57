/**
 * SentencePiece's precompiled normalization rules: a double-array trie over UTF-8 bytes whose leaves point into a pool of
 * NUL-terminated replacements. Format: sentencepiece `normalizer.cc` and Darts-clone.
 */
export class CharsMap {
  private readonly units: Uint32Array;
  private readonly pool: Uint8Array;
  private readonly encoder = new TextEncoder();
  private readonly decoder = new TextDecoder();
  private readonly cache = new Map<string, string | undefined>();

  constructor(base64: string) {
    const bytes = Buffer.from(base64, 'base64');
    const trieBytes = bytes.length >= 4 ? bytes.readUInt32LE(0) : 0;
    this.units = new Uint32Array(trieBytes >>> 2);
    for (let i = 0; i < this.units.length; i++) this.units[i] = bytes.readUInt32LE(4 + i * 4);
    this.pool = new Uint8Array(bytes.subarray(4 + trieBytes));
  }

  /** What `chunk` becomes, or undefined where no rule begins with it. As in Rust, the shortest matching prefix decides. */
  transform(chunk: string): string | undefined {
    if (this.cache.has(chunk)) return this.cache.get(chunk);
    const result = this.lookUp(chunk);
    this.cache.set(chunk, result);
    return result;
  }

  private lookUp(chunk: string): string | undefined {
    const { units } = this;
    if (units.length === 0) return undefined;
    let position = offsetOf(units[0]!);
    for (const byte of this.encoder.encode(chunk)) {
      if (byte === 0) return undefined;
      position ^= byte;
      const unit = units[position];
      if (unit === undefined || labelOf(unit) !== byte) return undefined;
      position ^= offsetOf(unit);
      if (hasLeaf(unit)) return this.replacement((units[position] ?? 0) & 0x7fffffff);
    }
    return undefined;
  }

  private replacement(start: number): string {
    let end = start;
    while (end < this.pool.length && this.pool[end] !== 0) end++;
    return this.decoder.decode(this.pool.subarray(start, end));
  }
}

function hasLeaf(unit: number): boolean {
  return ((unit >>> 8) & 1) === 1;
}

function labelOf(unit: number): number {
  return (unit & ((1 << 31) | 0xff)) >>> 0;
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & (1 << 9)) >>> 6);
}
