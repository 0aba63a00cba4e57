import type { Random } from './signatureCases.js';

type Json = Record<string, unknown>;

const junk: readonly unknown[] = [
  null,
  5,
  2.5,
  true,
  false,
  'foo',
  '',
  [],
  {},
  [1],
  { a: 1 },
  'any',
  'tensor',
  'array',
  'object',
];
const keys = [
  'type',
  'name',
  'required',
  'optional',
  'items',
  'properties',
  'values',
  'tensor-spec',
  'dtype',
  'shape',
  'default',
  'foo',
];

/** Every dict and list in parsed JSON. */
function containers(json: unknown): (Json | unknown[])[] {
  if (typeof json !== 'object' || json === null) return [];
  return [json as Json | unknown[], ...Object.values(json).flatMap(containers)];
}

function damage(random: Random, json: Json | unknown[]): void {
  const place = random.pick(containers(json));
  if (Array.isArray(place)) damageList(random, place);
  else damageDict(random, place);
}

function damageList(random: Random, list: unknown[]): void {
  const action = random.integer(3);
  if (action === 0) list.push(structuredClone(random.pick([...list, random.pick(junk)])));
  else if (action === 1) list.splice(random.integer(list.length + 1), 1);
  else list[random.integer(list.length + 1)] = structuredClone(random.pick(junk));
}

function damageDict(random: Random, dict: Json): void {
  const own = Object.keys(dict);
  const action = random.integer(4);
  if (action === 0 && own.length > 0) delete dict[random.pick(own)];
  else if (action === 1 && own.length > 0) dict[random.pick(own)] = structuredClone(random.pick(junk));
  else if (action === 2) dict[random.pick(keys)] = structuredClone(random.pick(junk));
  else renameKey(random, dict, own);
}

function renameKey(random: Random, dict: Json, own: readonly string[]): void {
  const key = own.length > 0 ? random.pick(own) : 'foo';
  dict[random.pick(keys)] = dict[key];
  if (random.chance(0.5)) delete dict[key];
}

/** The JSON text of a schema with one or two of its parts gone, doubled, renamed, or of another type. */
export function damaged(random: Random, schema: readonly Json[]): string {
  const json = structuredClone(schema) as unknown[];
  if (random.chance(0.03)) return JSON.stringify(random.pick(junk));
  for (let times = random.pick([1, 1, 2]); times > 0; times -= 1) damage(random, json);
  return damagedText(random, JSON.stringify(json));
}

/** Now and then no JSON at all, or JSON of Python's own kind. */
function damagedText(random: Random, text: string): string {
  if (random.chance(0.95)) return text;
  return random.pick([
    text.slice(0, -1),
    `${text},`,
    text.replaceAll('"', "'"),
    ` ${text} `,
    text.replace(/true/g, 'NaN'),
    '',
  ]);
}
