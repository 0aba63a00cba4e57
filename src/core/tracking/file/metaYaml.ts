import { parsePyYaml, dumpPyYaml } from '../../serialization/pyYaml.js';
import type { PyValue } from '../../serialization/pyValue.js';
import { constructScalar, resolvePlainTag } from '../../serialization/pyYamlResolver.js';

export type Meta = Record<string, PyValue>;

const keyCharacters = /^[A-Za-z_]+$/;
const plainStart = /^[A-Za-z/]/;
const notPlainInside = /: | #|:$|\s$|[^\x20-\x7e]/;

/**
 * Reads a `meta.yaml`: a flat mapping of scalars in nearly every file, which is read line by line; any other line sends the
 * whole text to the full parser.
 * @returns undefined when the text is no mapping (an empty file, while somebody writes it)
 * @throws MlflowError INVALID_PARAMETER_VALUE for text that is no YAML
 */
export function parseMeta(text: string): Meta | undefined {
  const flat = parseFlat(text);
  if (flat !== undefined) return flat;
  const value = parsePyYaml(text);
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
    ? (value as Meta)
    : undefined;
}

/** Exported for the test that compares it with the full parser. */
export function parseFlat(text: string): Meta | undefined {
  const meta: Meta = {};
  let start = 0;
  while (start < text.length) {
    let end = text.indexOf('\n', start);
    if (end === -1) end = text.length;
    const colon = text.indexOf(': ', start);
    if (colon === -1 || colon >= end) return undefined;
    const key = text.slice(start, colon);
    const raw = text.slice(colon + 2, end);
    if (!keyCharacters.test(key) || key.length < 4 || Object.hasOwn(meta, key)) return undefined;
    const value = flatValue(raw);
    if (value === undefined || text.charCodeAt(end + 1) === 0x20) return undefined;
    meta[key] = value;
    start = end + 1;
  }
  return start === 0 ? undefined : meta;
}

function flatValue(raw: string): PyValue | undefined {
  if (raw === 'null') return null;
  if (raw === '[]') return [];
  if (raw === '{}') return {};
  if (raw === "''") return '';
  const first = raw.charCodeAt(0);
  if (first === 0x27) return singleQuoted(raw);
  if (first >= 0x31 && first <= 0x39 && raw.length < 16) {
    const number = Number(raw);
    if (String(number) === raw) return number;
  }
  if (notPlainInside.test(raw) || raw === '') return undefined;
  const tag = resolvePlainTag(raw);
  if (tag === 'str') return plainStart.test(raw) || (first >= 0x30 && first <= 0x39) ? raw : undefined;
  return tag === 'int' || tag === 'float' || tag === 'bool' ? constructScalar(tag, raw, false) : undefined;
}

function singleQuoted(raw: string): string | undefined {
  const inner = raw.slice(1, -1);
  return raw.length >= 2 && raw.endsWith("'") && !inner.includes("'") && !/[^\x20-\x7e]/.test(inner)
    ? inner
    : undefined;
}

/** The text of a `meta.yaml` as MLflow writes it: sorted keys, block style, UTF-8. Source: mlflow.utils.yaml_utils.write_yaml */
export function dumpMeta(meta: Meta): string {
  return dumpPyYaml(meta, { allowUnicode: true, emitter: 'libyaml' });
}

export function textOf(value: PyValue | undefined): string | null {
  return typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'bigint'
      ? String(value)
      : null;
}

export function numberOf(value: PyValue | undefined): number | null {
  if (typeof value === 'number') return value;
  return typeof value === 'bigint' ? Number(value) : null;
}

export function without(meta: Meta, key: string): Meta {
  return Object.fromEntries(Object.entries(meta).filter(([name]) => name !== key));
}
