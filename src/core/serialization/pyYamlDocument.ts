import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  Scalar,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import { MlflowError } from '../errors.js';
import { pythonStr } from './pythonRepr.js';
import { isArrayIndex, setOwn, type PyValue } from './pyValue.js';
import { constructScalar, resolvePlainTag, type PlainTag } from './pyYamlResolver.js';

/** Where in a text something stands; both count from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

export interface ParsePyYamlOptions {
  /**
   * Keep what JavaScript's own types lose, so that the value is written again as it was read: whole floats become
   * `PyFloat`, mappings whose keys are not all texts become `Map`. Off: plain numbers, keys as Python's text.
   */
  readonly keepTypes?: boolean;
}

const maximumDepth = 200;
/** How many nodes a document may stand for once its aliases are followed. */
const maximumExpandedNodes = 200_000;
const yamlTagPrefix = 'tag:yaml.org,2002:';
const scalarTags = new Set(['str', 'int', 'float', 'bool', 'null', 'timestamp']);

const notPrintable = /[^\x09\x0a\x0d\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** A YAML text read by the full parser, with the place of every key and value. */
export class PyYamlDocument {
  readonly value: PyValue;
  private readonly document: Document.Parsed;
  private readonly lines = new LineCounter();
  private readonly keepTypes: boolean;
  private readonly values = new Map<Node, PyValue>();
  private readonly open = new Set<Node>();
  private readonly sizes = new Map<Node, number>();

  /** @throws MlflowError INVALID_PARAMETER_VALUE with `line` and `column` in its details */
  constructor(text: string, options: ParsePyYamlOptions = {}) {
    this.keepTypes = options.keepTypes ?? false;
    refuseUnprintable(text);
    this.document = parseDocument(text, {
      version: '1.1',
      schema: 'failsafe',
      uniqueKeys: false,
      merge: false,
      prettyErrors: false,
      logLevel: 'error',
      lineCounter: this.lines,
    });
    const error = this.document.errors[0];
    if (error !== undefined) throw yamlError(sentence(error.code, error.message), this.at(error.pos[0]));
    const root = this.document.contents;
    this.value = root === null ? null : this.construct(root, 1);
  }

  /** The place of a key (`'key'`) or of its value; the nearest existing parent's place where the path ends early. */
  positionOf(path: readonly (string | number)[], part: 'key' | 'value' = 'key'): TextPosition {
    let node: Node | null = this.document.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const [index, step] of path.entries()) {
      node = isAlias(node) ? (node.resolve(this.document) ?? null) : node;
      const isLast = index === path.length - 1;
      if (isMap(node)) {
        const pair: Pair | undefined = node.items.findLast((item) => pythonStr(scalarText(item.key)) === String(step));
        if (pair === undefined) break;
        const target = isLast && part === 'value' ? (pair.value ?? pair.key) : pair.key;
        offset = (target as Node).range?.[0] ?? offset;
        node = pair.value as Node | null;
      } else if (isSeq(node)) {
        const item = node.items[Number(step)] as Node | undefined;
        if (item === undefined) break;
        offset = item.range?.[0] ?? offset;
        node = item;
      } else {
        break;
      }
    }
    return this.at(offset);
  }

  private at(offset: number): TextPosition {
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  private construct(node: Node, depth: number): PyValue {
    if (isAlias(node)) return this.constructAlias(node);
    const known = this.values.get(node);
    if (known !== undefined) return known;
    if (depth > maximumDepth) {
      throw this.error(`The document is nested more than ${maximumDepth} levels deep`, node);
    }
    this.open.add(node);
    const value = this.constructNode(node, depth);
    this.open.delete(node);
    this.values.set(node, value);
    return value;
  }

  private constructAlias(alias: Node): PyValue {
    const target = isAlias(alias) ? alias.resolve(this.document) : undefined;
    if (target === undefined) throw this.error('found undefined alias', alias);
    if (this.open.has(target)) throw this.error('An alias refers to a value that contains it (a cycle)', alias);
    const value = this.construct(target, 1);
    this.sizes.set(alias, this.sizes.get(target) ?? 1);
    return value;
  }

  private constructNode(node: Node, depth: number): PyValue {
    if (isScalar(node)) return this.constructScalarNode(node);
    const tag = shortTag(node);
    if (isSeq(node)) {
      if (tag !== undefined && tag !== 'seq') throw this.tagError(node);
      const items = (node.items as Node[]).map((item) => this.construct(item, depth + 1));
      this.measure(node, node.items as Node[]);
      return items;
    }
    if (!isMap(node)) throw this.error('expected a mapping, a sequence or a scalar', node);
    if (tag !== undefined && tag !== 'map') throw this.tagError(node);
    return this.constructMapping(node, depth);
  }

  private constructScalarNode(node: Scalar): PyValue {
    const text = typeof node.value === 'string' ? node.value : '';
    const tag = shortTag(node);
    if (tag === 'binary') return new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'base64'));
    if (tag !== undefined && !scalarTags.has(tag)) throw this.tagError(node);
    const resolved: PlainTag =
      (tag as PlainTag | undefined) ?? (node.type === Scalar.PLAIN || text === '' ? plainTagOf(node, text) : 'str');
    try {
      return constructScalar(resolved, text, this.keepTypes);
    } catch (error) {
      throw this.error(MlflowError.from(error).message, node);
    }
  }

  private constructMapping(node: YAMLMap, depth: number): PyValue {
    const entries: [PyValue, PyValue][] = [];
    const merged: [PyValue, PyValue][] = [];
    for (const pair of node.items) {
      const keyNode = pair.key as Node;
      const valueNode = pair.value as Node | null;
      if (isMergeKey(keyNode)) {
        merged.push(...this.mergedEntries(valueNode, keyNode, depth));
        continue;
      }
      const key = isValueKey(keyNode) ? '=' : this.construct(keyNode, depth + 1);
      if (Array.isArray(key) || isMap(keyNode)) throw this.error('found unhashable key', keyNode);
      entries.push([key, valueNode === null ? null : this.construct(valueNode, depth + 1)]);
    }
    this.measure(
      node,
      node.items.flatMap((pair) => [pair.key as Node, pair.value as Node]),
    );
    return toMapping([...merged, ...entries], this.keepTypes);
  }

  /** The entries that `<<` brings in, from one mapping or a list of them; the first of a list wins. */
  private mergedEntries(node: Node | null, key: Node, depth: number): [PyValue, PyValue][] {
    const target = isAlias(node) ? node.resolve(this.document) : node;
    const sources = isSeq(target) ? (target.items as Node[]) : [target];
    const result: [PyValue, PyValue][] = [];
    for (const source of [...sources].reverse()) {
      const resolved = isAlias(source) ? source.resolve(this.document) : source;
      if (!isMap(resolved)) throw this.error('expected a mapping or list of mappings for merging', key);
      if (this.open.has(resolved)) throw this.error('An alias refers to a value that contains it (a cycle)', key);
      const value = this.construct(resolved, depth + 1);
      result.push(...(value instanceof Map ? value : Object.entries(value as Record<string, PyValue>)));
    }
    return result;
  }

  /** Adds up what a collection stands for with its aliases followed, and refuses a document that explodes. */
  private measure(node: Node, children: readonly (Node | null)[]): void {
    let size = 1;
    for (const child of children) size += child === null ? 0 : (this.sizes.get(child) ?? 1);
    if (size > maximumExpandedNodes && this.document.contents !== null && hasAlias(this.sizes)) {
      throw this.error(`Its aliases stand for more than ${maximumExpandedNodes} values`, node);
    }
    this.sizes.set(node, size);
  }

  private tagError(node: Node): MlflowError {
    return this.error(`could not determine a constructor for the tag '${node.tag ?? ''}'`, node);
  }

  private error(message: string, node: Node): MlflowError {
    return yamlError(message, this.at(node.range?.[0] ?? 0));
  }
}

function hasAlias(sizes: ReadonlyMap<Node, number>): boolean {
  for (const node of sizes.keys()) if (isAlias(node)) return true;
  return false;
}

function shortTag(node: Node): string | undefined {
  const tag = node.tag;
  if (tag === undefined) return undefined;
  return tag.startsWith(yamlTagPrefix) ? tag.slice(yamlTagPrefix.length) : tag;
}

/** A plain scalar's type; a quoted empty text is a text, an absent value is null. */
function plainTagOf(node: Scalar, text: string): PlainTag {
  return node.type === Scalar.PLAIN || node.type === undefined ? resolvePlainTag(text) : 'str';
}

function isPlainKey(node: Node, text: string): boolean {
  return isScalar(node) && node.type === Scalar.PLAIN && node.value === text && node.tag === undefined;
}

function isMergeKey(node: Node): boolean {
  return isPlainKey(node, '<<');
}

function isValueKey(node: Node): boolean {
  return isPlainKey(node, '=');
}

function scalarText(node: unknown): string {
  return isScalar(node) ? String(node.value) : '';
}

function toMapping(entries: readonly [PyValue, PyValue][], keepTypes: boolean): PyValue {
  const needsMap = keepTypes && entries.some(([key]) => typeof key !== 'string' || isArrayIndex(key));
  if (needsMap) return new Map(entries);
  const record: Record<string, PyValue> = {};
  for (const [key, value] of entries) setOwn(record, pythonStr(key), value);
  return record;
}

/** @throws MlflowError where PyYAML's reader stops: control characters, lone surrogates */
function refuseUnprintable(text: string): void {
  const match = notPrintable.exec(text);
  if (match === null) return;
  const before = text.slice(0, match.index).split('\n');
  const code = (match[0].codePointAt(0) ?? 0).toString(16).padStart(4, '0');
  throw yamlError(`unacceptable character #x${code}: special characters are not allowed`, {
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
  });
}

function sentence(code: string, message: string): string {
  if (code === 'MULTIPLE_DOCS') return 'expected a single document in the stream';
  return message.split('\n')[0]?.replace(/:$/, '') ?? message;
}

/** An error about one place of a YAML text. */
export function yamlError(message: string, position: TextPosition): MlflowError {
  return MlflowError.invalidParameter(`${message} (line ${position.line}, column ${position.column})`, {
    details: { line: position.line, column: position.column, problem: message },
  });
}
