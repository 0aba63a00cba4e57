import { NdArray, NumpyScalar, shapeText } from './ndArray.js';
import { castItem } from './numpyCast.js';
import { dtypeItemSize, dtypeKind } from './numpyDtype.js';
import type { Compatibility } from './compatibility.js';
import { valueError } from './pythonError.js';
import { isScalar, normalize, pythonKind } from './pythonValue.js';

/** The shape of nested lists. @throws ValueError in numpy's words when they are ragged. */
export function listShape(value: unknown): number[] {
  const shape: number[] = [];
  let level: unknown[] = [value];
  for (;;) {
    const lists = level.filter(isListLike);
    if (lists.length === 0 || level.length === 0) return shape;
    const lengths = new Set(lists.map((list) => list.length));
    if (lists.length < level.length || lengths.size > 1) throw raggedError(shape);
    const [length = 0] = lengths;
    shape.push(length);
    level = lists.flatMap((list) => listItemsOf(list));
  }
}

type ListLike = unknown[] | NdArray;

function isListLike(value: unknown): value is ListLike {
  return Array.isArray(value) || (value instanceof NdArray && value.ndim > 0);
}

function listItemsOf(list: ListLike): unknown[] {
  if (Array.isArray(list)) return list.map(normalize).map(zeroDimensional);
  return Array.from({ length: list.length }, (_, i) =>
    list.ndim === 1 ? new NumpyScalar(list.dtype, list.data[i]) : list.at(i),
  );
}

/** An array without dimensions counts as the scalar in it, unless it holds an object. */
function zeroDimensional(item: unknown): unknown {
  const isScalarArray = item instanceof NdArray && item.ndim === 0 && item.dtype !== 'object';
  return isScalarArray ? new NumpyScalar(item.dtype, item.data[0]) : item;
}

function raggedError(shape: readonly number[]): Error {
  return valueError(
    'setting an array element with a sequence. The requested array has an inhomogeneous shape after ' +
      `${shape.length} dimensions. The detected shape was ${shapeText(shape)} + inhomogeneous part.`,
  );
}

/**
 * `np.array(value)`, or `np.array(value, dtype)`.
 * @throws PythonError in numpy's words for ragged lists and values that cannot be cast.
 */
export function arrayFrom(input: unknown, dtype: string | undefined, compatibility: Compatibility): NdArray {
  const value = normalize(input);
  if (dtype === 'object') return objectArray(value);
  const shape = listShape(value);
  const leaves = flatten(value, shape.length);
  const target = dtype ?? inferDtype(leaves);
  if (target === 'object') return new NdArray('object', shape, objectLeaves(leaves));
  const items = leaves.map((leaf) => castItem(leaf, target, compatibility));
  const room = dtype === undefined && target === 'str' ? Math.max(1, ...leaves.map(textRoom)) : 1;
  return new NdArray(target, shape, items, room);
}

/** Beside an array that holds an object, scalar arrays stay arrays. */
function objectLeaves(leaves: readonly unknown[]): unknown[] {
  if (!leaves.some((leaf) => leaf instanceof NdArray)) return leaves.map(unwrapped);
  return leaves.map((leaf) => (leaf instanceof NumpyScalar ? new NdArray(leaf.dtype, [], [leaf.value]) : leaf));
}

/** Characters that numpy keeps for a number among text. */
function textRoom(leaf: unknown): number {
  const rooms: Partial<Record<string, number>> = {
    bool: 5,
    int32: 11,
    int64: 21,
    uint64: 20,
    float32: 32,
    float64: 32,
  };
  return rooms[leafDtype(leaf)] ?? 1;
}

function objectArray(value: unknown): NdArray {
  let depth = 0;
  let level: unknown[] = [value];
  const shape: number[] = [];
  while (level.length > 0 && level.every(isListLike) && new Set(level.map((list) => list.length)).size === 1) {
    shape.push((level[0] as ListLike).length);
    level = (level as ListLike[]).flatMap(listItemsOf);
    depth += 1;
  }
  return new NdArray('object', shape, flatten(value, depth).map(unwrapped));
}

function flatten(value: unknown, depth: number): unknown[] {
  let level: unknown[] = [value];
  for (let i = 0; i < depth; i += 1) level = (level as ListLike[]).flatMap(listItemsOf);
  return level;
}

function unwrapped(leaf: unknown): unknown {
  return leaf instanceof NumpyScalar ? leaf.value : leaf;
}

/** numpy's common dtype of Python values: bool < int < float < text; anything else is an object. */
export function inferDtype(leaves: readonly unknown[]): string {
  if (leaves.length === 0) return 'float64';
  const dtypes = new Set(leaves.map(leafDtype));
  if (dtypes.size === 1) return [...dtypes][0] as string;
  const kinds = new Set([...dtypes].map(dtypeKind));
  if (kinds.has('O') || kinds.has('M')) return 'object';
  if (kinds.has('U')) return 'str';
  if (kinds.has('S')) return 'bytes';
  return promoteNumbers([...dtypes]);
}

function leafDtype(leaf: unknown): string {
  if (leaf instanceof NumpyScalar) return leaf.dtype;
  if (!isScalar(leaf)) return 'object';
  switch (pythonKind(leaf)) {
    case 'bool':
      return 'bool';
    case 'float':
      return 'float64';
    case 'str':
      return 'str';
    case 'bytes':
      return 'bytes';
    default:
      return integerDtype(BigInt(leaf as number | bigint));
  }
}

function integerDtype(value: bigint): string {
  if (value >= -(2n ** 63n) && value < 2n ** 63n) return 'int64';
  return value >= 0n && value < 2n ** 64n ? 'uint64' : 'object';
}

/** The narrowest number dtype that holds all of them. */
export function promoteNumbers(dtypes: readonly string[]): string {
  const numbers = dtypes.filter((dtype) => dtype !== 'bool');
  const kinds = new Set(numbers.map(dtypeKind));
  const size = Math.max(...numbers.map(dtypeItemSize));
  const widestInteger = Math.max(0, ...numbers.filter((dtype) => dtypeKind(dtype) !== 'f').map(dtypeItemSize));
  if (kinds.has('f')) {
    const widestFloat = Math.max(...numbers.filter((dtype) => dtypeKind(dtype) === 'f').map(dtypeItemSize));
    const needed = widestInteger >= 4 ? 8 : widestInteger === 2 ? 4 : widestInteger === 1 ? 2 : 0;
    return `float${8 * Math.max(widestFloat, needed)}`;
  }
  if (kinds.size === 1) return `${kinds.has('u') ? 'uint' : 'int'}${8 * size}`;
  const unsigned = Math.max(...numbers.filter((dtype) => dtypeKind(dtype) === 'u').map(dtypeItemSize));
  const signed = Math.max(...numbers.filter((dtype) => dtypeKind(dtype) === 'i').map(dtypeItemSize));
  const bytes = Math.max(signed, unsigned * 2);
  return bytes > 8 ? 'float64' : `int${8 * bytes}`;
}
