import { MlflowError } from '../errors.js';
import { floatRepr } from './pythonRepr.js';
import { compareCodePoints, isPythonInt, PyDateTime, PyFloat, type PyValue } from './pyValue.js';
import type { EmitterNode } from './pyYamlEmitter.js';
import { isPlainText } from './pyYamlScalar.js';

const maximumDepth = 500;

/** Turns values into nodes as PyYAML's SafeRepresenter and Serializer do: sorted keys, anchors on shared collections. */
export class NodeBuilder {
  private readonly sortKeys: boolean;
  private readonly built = new Map<object, EmitterNode & { kind: 'sequence' | 'mapping' }>();
  private readonly open = new Set<object>();
  private anchorCount = 0;

  constructor(sortKeys: boolean) {
    this.sortKeys = sortKeys;
  }

  /** @throws MlflowError on a value that contains itself, or one that YAML has no form for */
  build(value: PyValue | undefined): EmitterNode {
    const scalar = scalarNode(value);
    if (scalar !== undefined) return scalar;
    const collection = value as object;
    const known = this.built.get(collection);
    if (known !== undefined) {
      if (known.anchor === undefined) known.anchor = `id${String(++this.anchorCount).padStart(3, '0')}`;
      return { kind: 'alias', anchor: known.anchor };
    }
    if (this.open.has(collection)) throw MlflowError.invalidParameter('A value that contains itself cannot be saved.');
    if (this.open.size >= maximumDepth) {
      throw MlflowError.invalidParameter(`A value nested more than ${maximumDepth} levels deep cannot be saved.`);
    }
    this.open.add(collection);
    const node = Array.isArray(collection) ? this.sequence(collection) : this.mapping(collection);
    this.open.delete(collection);
    this.built.set(collection, node);
    return node;
  }

  private sequence(items: readonly PyValue[]): EmitterNode & { kind: 'sequence' } {
    return { kind: 'sequence', items: items.map((item) => this.build(item)) };
  }

  private mapping(value: object): EmitterNode & { kind: 'mapping' } {
    const entries: [PyValue, PyValue | undefined][] =
      value instanceof Map
        ? [...(value as Map<PyValue, PyValue>).entries()]
        : Object.entries(value as Record<string, PyValue | undefined>).filter(([, item]) => item !== undefined);
    if (this.sortKeys) sortByKey(entries);
    return { kind: 'mapping', pairs: entries.map(([key, item]) => [this.build(key), this.build(item)]) };
  }
}

function scalarNode(value: PyValue | undefined): EmitterNode | undefined {
  if (value === null || value === undefined) return plain('null', 'null');
  if (typeof value === 'string') return { kind: 'scalar', text: value, plainAllowed: isPlainText(value), tag: 'str' };
  if (typeof value === 'boolean') return plain(value ? 'true' : 'false', 'bool');
  if (typeof value === 'bigint') return plain(String(value), 'int');
  if (typeof value === 'number') return isPythonInt(value) ? plain(String(value), 'int') : floatNode(value);
  if (value instanceof PyFloat) return floatNode(value.value);
  if (value instanceof Date) return plain(PyDateTime.fromDate(value).toString(), 'timestamp');
  if (value instanceof PyDateTime) return plain(value.toString(), 'timestamp');
  if (value instanceof Uint8Array) {
    return { kind: 'scalar', text: mimeBase64(value), plainAllowed: false, tag: 'binary', literal: true };
  }
  if (typeof value === 'object') return undefined;
  throw MlflowError.invalidParameter(`A value of type ${typeof value} cannot be saved as YAML.`);
}

function plain(text: string, tag: string): EmitterNode {
  return { kind: 'scalar', text, plainAllowed: true, tag };
}

function floatNode(value: number): EmitterNode {
  if (Number.isNaN(value)) return plain('.nan', 'float');
  if (!Number.isFinite(value)) return plain(value > 0 ? '.inf' : '-.inf', 'float');
  const text = floatRepr(value);
  return plain(text.includes('.') ? text : text.replace('e', '.0e'), 'float');
}

/** Base64 in lines of 76 characters, each ended by a line break, as Python's `base64.encodebytes` writes it. */
export function mimeBase64(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return text.replace(/.{1,76}/g, '$&\n');
}

/** Python sorts only keys that can be compared with each other; a mixture keeps its order. */
function sortByKey(entries: [PyValue, PyValue | undefined][]): void {
  const kinds = new Set(entries.map(([key]) => comparableKind(key)));
  if (entries.length < 2 || kinds.size !== 1 || kinds.has('none')) return;
  if (kinds.has('number')) entries.sort(([left], [right]) => numberOf(left) - numberOf(right));
  else entries.sort(([left], [right]) => compareCodePoints(String(left), String(right)));
}

function comparableKind(key: PyValue): 'text' | 'number' | 'date' | 'datetime' | 'none' {
  if (typeof key === 'string') return 'text';
  if (typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean' || key instanceof PyFloat) {
    return 'number';
  }
  if (key instanceof PyDateTime) return key.isDateOnly ? 'date' : 'datetime';
  return key instanceof Date ? 'datetime' : 'none';
}

function numberOf(key: PyValue): number {
  return key instanceof PyFloat ? key.value : Number(key);
}
