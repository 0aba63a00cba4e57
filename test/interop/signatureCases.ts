import type { Tagged } from './signatureCodec.js';

/** A seeded generator (mulberry32): the same cases in every run. */
export class Random {
  constructor(private state: number) {}

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  integer(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(items.length)] as T;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }
}

export const float = (v: number | string): Tagged => ({ $: 'float', v });
export const bytes = (text: string): Tagged => ({ $: 'bytes', v: Buffer.from(text).toString('base64') });
export const dict = (v: [unknown, unknown][]): Tagged => ({ $: 'dict', v });
export const array = (dtype: string, shape: number[], v: unknown[]): Tagged => ({ $: 'array', dtype, shape, v });
export const frame = (...v: { name: string | number; dtype: string | null; v: unknown[] }[]): Tagged => ({
  $: 'frame',
  v,
});

const ints = [
  '9007199254740993',
  '9223372036854775807',
  '9223372036854775808',
  '18446744073709551616',
  '-9223372036854775809',
];
/** An int beyond what a JavaScript number, an int64 or a uint64 holds. */
export const bigInt = (random: Random): Tagged => ({ $: 'int', v: random.pick(ints) });

const numpyScalars: readonly [dtype: string, v: unknown][] = [
  ['bool', true],
  ['int8', -3],
  ['int16', 7],
  ['int32', 1],
  ['int64', 5],
  ['uint8', 200],
  ['uint32', 9],
  ['uint64', 3],
  ['float32', 0.1],
  ['float32', 2],
  ['float64', 2.5],
  ['float64', 1],
  ['str', 'np'],
  ['bytes', bytes('ab')],
  ['datetime64[ns]', '2020-01-02T03:04:05.000000000'],
];
export function numpyScalar(random: Random): Tagged {
  const [dtype, v] = random.pick(numpyScalars);
  return { $: 'numpy', dtype, v };
}

const texts = ['a', 'hello', '', "it's", 'é\n"x"', '2', '1.5', '2020-01-01', '中文', 'true', '1e3', ' 7 '];

export function scalar(random: Random): unknown {
  return random.pick<() => unknown>([
    () => random.pick(texts),
    () => random.pick(texts),
    () => random.pick([0, 1, 2, -3, 100, 2 ** 31, 2 ** 40]),
    () => float(random.pick([0, 1, 2.5, -0.25, 1e20, 1e-7, 0.1])),
    () => random.chance(0.5),
    () => bytes(random.pick(['abc', 'x', ''])),
    () => ({ $: 'datetime', v: random.pick(['2020-01-01T00:00:00', '2021-05-06T07:08:09.123456']) }),
    () => ({ $: 'date', v: '2022-02-03' }),
    () => rareScalar(random),
  ])();
}

function rareScalar(random: Random): unknown {
  if (random.chance(0.3)) return bigInt(random);
  if (random.chance(0.2)) return { $: 'set', v: [random.pick<unknown>(['a', 1, float(2.5)])] };
  return numpyScalar(random);
}

function missing(random: Random): unknown {
  return random.chance(0.7) ? null : float('nan');
}

const keys = ['a', 'b', 'c', 'text', 'é'];

/** A nested value: alike items with a good chance, so that inference has something to infer. */
export function value(random: Random, depth = 2): unknown {
  if (random.chance(0.08)) return missing(random);
  if (depth === 0 || random.chance(0.4)) return scalar(random);
  if (random.chance(0.05)) return random.chance(0.5) ? [] : dict([]);
  if (random.chance(0.5)) return list(random, depth);
  return record(random, depth);
}

function record(random: Random, depth: number): Tagged {
  const names: (string | number)[] = keys.filter(() => random.chance(0.5));
  if (random.chance(0.02)) names.push(1);
  return dict((names.length > 0 ? names : ['a']).map((name) => [name, value(random, depth - 1)]));
}

function list(random: Random, depth: number): unknown[] {
  const length = random.integer(4);
  const sample = value(random, depth - 1);
  return Array.from({ length }, () => {
    if (random.chance(0.1)) return missing(random);
    return random.chance(0.7) ? vary(random, sample) : value(random, depth - 1);
  });
}

/** Another value of (mostly) the same type. */
function vary(random: Random, sample: unknown): unknown {
  if (random.chance(0.05)) return missing(random);
  if (Array.isArray(sample)) return sample.filter(() => random.chance(0.8)).map((item) => vary(random, item));
  if (typeof sample === 'string') return random.pick(texts);
  if (typeof sample === 'number') return random.pick([0, 1, 5, -2]);
  if (typeof sample === 'object' && sample !== null && (sample as Tagged).$ === 'dict') {
    const entries = (sample as unknown as { v: [unknown, unknown][] }).v.filter(() => random.chance(0.85));
    return dict(entries.map(([key, item]) => [key, vary(random, item)]));
  }
  return sample;
}

const dtypes = ['bool', 'int8', 'int32', 'int64', 'uint8', 'uint32', 'uint64', 'float32', 'float64', 'str', 'object'];

export function ndArray(random: Random): Tagged {
  const dtype = random.pick(dtypes);
  const shape = Array.from({ length: 1 + random.integer(3) }, () => 1 + random.integer(3));
  const size = shape.reduce((product, length) => product * length, 1);
  return array(dtype, shape, items(random, dtype, size));
}

function items(random: Random, dtype: string, length: number): unknown[] {
  return Array.from({ length }, () => {
    if (dtype === 'bool') return random.chance(0.5);
    if (dtype.startsWith('float')) return float(random.pick([0, 1, 2.5, -0.25]));
    if (dtype === 'str') return random.pick(['a', 'bc', '']);
    if (dtype === 'object') return random.pick<unknown>(['a', null, 1, 'bc']);
    return random.pick([0, 1, 3, 100]);
  });
}

export function dataFrame(random: Random): Tagged {
  const rows = 1 + random.integer(3);
  const names = random.chance(0.2) ? [0, 1] : keys.filter(() => random.chance(0.5));
  const columns = (names.length > 0 ? names : ['a']).map((name) => column(random, name, rows));
  return frame(...columns);
}

function column(
  random: Random,
  name: string | number,
  rows: number,
): { name: string | number; dtype: string | null; v: unknown[] } {
  if (random.chance(0.5)) {
    const dtype = random.pick(dtypes.filter((item) => item !== 'object' && item !== 'str'));
    return { name, dtype, v: items(random, dtype, rows) };
  }
  const sample = value(random, 1);
  return { name, dtype: null, v: Array.from({ length: rows }, () => vary(random, sample)) };
}

function series(random: Random): Tagged {
  return { $: 'series', ...column(random, random.pick(keys), 1 + random.integer(3)) };
}

export function anyData(random: Random): unknown {
  if (random.chance(0.15)) return ndArray(random);
  if (random.chance(0.2)) return dataFrame(random);
  if (random.chance(0.05)) return dict(keys.slice(0, 1 + random.integer(2)).map((name) => [name, ndArray(random)]));
  if (random.chance(0.05)) return series(random);
  return value(random, random.chance(0.2) ? 5 : 3);
}

type SpecJson = Record<string, unknown>;
const scalars = ['boolean', 'integer', 'long', 'float', 'double', 'string', 'string', 'binary', 'datetime'];

function typeJson(random: Random, depth: number, hasAny: boolean): SpecJson {
  const choice = depth === 0 ? 0 : random.next();
  if (choice < 0.55) return { type: random.pick(scalars) };
  if (choice < 0.72) return { type: 'array', items: typeJson(random, depth - 1, hasAny) };
  if (choice < 0.85) {
    const names = keys.filter(() => random.chance(0.5));
    const entries = (names.length > 0 ? names : ['a']).map((name): [string, SpecJson] => [
      name,
      { ...typeJson(random, depth - 1, hasAny), required: random.chance(0.6) },
    ]);
    return { type: 'object', properties: Object.fromEntries(entries) };
  }
  if (choice < 0.94) return { type: 'map', values: typeJson(random, depth - 1, hasAny) };
  return hasAny ? { type: 'any' } : { type: 'string' };
}

/** The JSON of a column or tensor schema. */
export function schemaJson(random: Random, hasAny: boolean): SpecJson[] {
  if (random.chance(0.2)) return tensorSchemaJson(random);
  if (random.chance(0.4)) return [{ ...typeJson(random, random.pick([1, 1, 3]), hasAny), required: true }];
  const names = keys.filter(() => random.chance(0.5));
  return (names.length > 0 ? names : ['a']).map((name) => ({
    ...typeJson(random, random.pick([2, 2, 4]), hasAny),
    name,
    required: random.chance(0.7),
  }));
}

function tensorSchemaJson(random: Random): SpecJson[] {
  const spec = () => ({
    dtype: random.pick(['float32', 'float64', 'int64', 'str', 'object', 'bool']),
    shape: random.pick([
      [-1],
      [-1],
      [-1, 1],
      [-1, 2],
      [-1, 2],
      [-1, -1],
      [2, 2],
      [2],
      [-1, 2, 2],
      [-1, -1, 2],
      [1, -1],
      [],
    ]),
  });
  if (random.chance(0.5)) return [{ type: 'tensor', 'tensor-spec': spec() }];
  return keys.slice(0, 1 + random.integer(2)).map((name) => ({ name, type: 'tensor', 'tensor-spec': spec() }));
}

/** A value that fits the type, more or less. */
export function valueFor(random: Random, spec: SpecJson, depth = 5): unknown {
  if (random.chance(0.08)) return missing(random);
  if (random.chance(0.06) || depth === 0) return value(random, 1);
  switch (spec['type']) {
    case 'array':
      return Array.from({ length: random.integer(4) }, () => valueFor(random, spec['items'] as SpecJson, depth - 1));
    case 'object':
      return objectFor(random, spec['properties'] as Record<string, SpecJson>, depth);
    case 'map':
      return dict(
        [random.chance(0.03) ? 7 : 'x', 'y']
          .slice(0, random.integer(3))
          .map((key) => [key, valueFor(random, spec['values'] as SpecJson, depth - 1)]),
      );
    case 'any':
      return value(random, 1);
    default:
      return scalarFor(random, spec['type'] as string);
  }
}

function objectFor(random: Random, properties: Record<string, SpecJson>, depth: number): Tagged {
  const entries = Object.entries(properties).filter(([, spec]) => spec['required'] !== false || random.chance(0.5));
  const extra: [unknown, unknown][] = random.chance(0.05) ? [['zzz', 1]] : [];
  return dict([
    ...entries.map(([name, spec]): [unknown, unknown] => [name, valueFor(random, spec, depth - 1)]),
    ...extra,
  ]);
}

function scalarFor(random: Random, type: string): unknown {
  switch (type) {
    case 'boolean':
      return random.chance(0.5);
    case 'integer':
    case 'long':
      return random.chance(0.1) ? rareScalar(random) : random.pick([0, 1, 7, 2 ** 33]);
    case 'float':
    case 'double':
      return random.chance(0.1)
        ? rareScalar(random)
        : random.pick<unknown>([0, 1, 2, float(0.5), float(3), float(-1.25)]);
    case 'binary':
      return bytes('abc');
    case 'datetime':
      return { $: 'datetime', v: '2020-01-01T10:00:00' };
    default:
      return random.pick(texts);
  }
}

/** Data of one of the shapes that a schema can take. */
export function dataFor(random: Random, schema: SpecJson[]): unknown {
  if (random.chance(0.12)) return anyData(random);
  const [first = {}] = schema;
  if (first['type'] === 'tensor') return tensorDataFor(random, schema);
  if (first['name'] === undefined) {
    return random.chance(0.3)
      ? valueFor(random, first)
      : Array.from({ length: 1 + random.integer(3) }, () => valueFor(random, first));
  }
  const row = () =>
    dict(
      schema
        .filter(() => random.chance(0.93))
        .map((spec): [unknown, unknown] => [spec['name'], valueFor(random, spec)])
        .concat(random.chance(0.1) ? [['extra', 1]] : []),
    );
  if (random.chance(0.4)) return row();
  return Array.from({ length: 1 + random.integer(3) }, row);
}

function tensorFor(random: Random, spec: SpecJson): Tagged {
  const { dtype, shape } = spec['tensor-spec'] as { dtype: string; shape: number[] };
  const full = shape.map((length) => (length === -1 ? 2 : length));
  const actual = random.chance(0.1) ? [...full, 1] : full;
  const actualType = random.chance(0.15) ? random.pick(dtypes) : dtype;
  return array(
    actualType,
    actual,
    items(
      random,
      actualType,
      actual.reduce((product, length) => product * length, 1),
    ),
  );
}

function tensorDataFor(random: Random, schema: SpecJson[]): unknown {
  const [first = {}] = schema;
  if (random.chance(0.15)) return dataFrame(random);
  if (random.chance(0.25)) return tensorFrame(random, schema);
  if (first['name'] === undefined) return tensorFor(random, first);
  return dict(schema.filter(() => random.chance(0.95)).map((spec) => [spec['name'], tensorFor(random, spec)]));
}

/** A frame of a column a tensor: scalars, lists, or arrays for cells. */
function tensorFrame(random: Random, schema: SpecJson[]): Tagged {
  const rows = 1 + random.integer(3);
  const columns = schema.map((spec, i) => {
    const { dtype, shape } = spec['tensor-spec'] as { dtype: string; shape: number[] };
    const size = shape.slice(1).reduce((product, length) => product * Math.max(length, 1), 1);
    const kind = random.chance(0.2) ? random.pick(dtypes) : dtype;
    const isScalar = size === 1 && random.chance(0.6);
    const cell = () => {
      if (isScalar) return items(random, kind, 1)[0];
      const length = random.chance(0.05) ? size + 1 : size;
      return random.chance(0.8) ? items(random, kind, length) : array(kind, [length], items(random, kind, length));
    };
    return { name: (spec['name'] as string | undefined) ?? i, dtype: null, v: Array.from({ length: rows }, cell) };
  });
  return frame(...columns);
}

const paramTypes = ['boolean', 'integer', 'long', 'float', 'double', 'string', 'datetime'];

function objectParam(random: Random, name: string): SpecJson {
  const properties = {
    a: { ...typeJson(random, 2, true), required: random.chance(0.6) },
    b: { type: 'string', required: random.chance(0.3) },
  };
  const spec = { type: 'object', properties };
  const defaults = [
    { a: 1, b: 'x' },
    { a: [1, 2] },
    { a: null, b: 'x' },
    { a: 'x' },
    { a: true },
    { a: 2.5 },
    {},
    null,
  ];
  return { name, default: random.pick<unknown>(defaults), shape: random.chance(0.1) ? [-1] : null, ...spec };
}

export function paramSchemaJson(random: Random, hasAny: boolean): SpecJson[] {
  return keys
    .filter(() => random.chance(0.6))
    .map((name) => {
      const type = random.pick(paramTypes);
      if (hasAny && random.chance(0.15)) return objectParam(random, name);
      const isList = random.chance(0.25);
      const item = () => (type === 'datetime' ? '2020-01-01T10:00:00' : jsonScalarFor(random, type));
      const defaultValue = isList ? [item(), item()] : type !== 'datetime' && random.chance(0.1) ? null : item();
      return { name, type, default: defaultValue, shape: isList ? [-1] : null };
    });
}

function jsonScalarFor(random: Random, type: string): unknown {
  const item = scalarFor(random, type);
  return typeof item === 'object' && item !== null ? 2.5 : item;
}

export function paramsFor(random: Random, schema: SpecJson[]): unknown {
  const entries = schema
    .filter(() => random.chance(0.7))
    .map((spec): [unknown, unknown] => {
      if (random.chance(0.2)) return [spec['name'], random.chance(0.3) ? ndArray(random) : value(random, 1)];
      if (spec['type'] === 'object') return [spec['name'], valueFor(random, spec)];
      const item = () => scalarFor(random, spec['type'] as string);
      return [spec['name'], spec['shape'] === null ? item() : [item(), item()]];
    });
  return dict(random.chance(0.1) ? [...entries, ['unknown', 1]] : entries);
}

/** Tagged values as JSON text for the scoring server: bytes as base64, dates as ISO text. */
export function toJsonText(input: unknown): string {
  if (Array.isArray(input)) return `[${input.map(toJsonText).join(', ')}]`;
  if (typeof input !== 'object' || input === null) return JSON.stringify(input);
  const tagged = input as Tagged;
  const inner = tagged['v'];
  switch (tagged.$) {
    case 'dict':
      return `{${(inner as [unknown, unknown][]).map(([key, item]) => `${JSON.stringify(typeof key === 'number' ? `k${key}` : key)}: ${toJsonText(item)}`).join(', ')}}`;
    case 'float': {
      const number = Number(inner);
      if (Number.isNaN(number)) return 'NaN';
      return Number.isInteger(number) && Math.abs(number) < 1e15 ? `${number}.0` : String(number);
    }
    case 'int':
      return String(inner);
    case 'array':
      return toJsonText(inner);
    case 'frame':
      return '{}';
    default:
      return toJsonText(inner);
  }
}

/** Rows of dicts in pandas' split form; other data under `data`. */
export function splitOf(data: unknown): unknown {
  const rows = (Array.isArray(data) ? data : [data]).filter(
    (row): row is { v: [unknown, unknown][] } => (row as Tagged | null)?.$ === 'dict',
  );
  const [first] = rows;
  if (!first) return dict([['data', data]]);
  const names = first.v.map(([name]) => name);
  const cells = rows.map(({ v }) => names.map((name) => v.find(([key]) => key === name)?.[1] ?? null));
  return dict([
    ['columns', names],
    ['data', cells],
  ]);
}
