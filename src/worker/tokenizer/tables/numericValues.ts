import type { TransformersGeneration } from '../generation.js';
import { words } from './basicTokenizer.js';
import { parseDate } from './dateText.js';

/** A number, or the fields of a date (year, month, day; `null` where it has none). */
export type NumericValue = number | readonly (number | null)[];

const numberPattern = /(?:(?:^|\s)[+-])?(?:\.\p{Nd}+|\p{Nd}+(?:,\p{Nd}{3})*(?:\.\p{Nd}*)?)/gu;
const ordinalSuffixes = ['st', 'nd', 'rd', 'th'];
const longestDateWords = 5;

const numberWords = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ');
const ordinalWords: Readonly<Record<TransformersGeneration, readonly string[]>> = {
  // The spelling of transformers 4.
  4: 'zeroth first second third fourth fith sixth seventh eighth ninth tenth eleventh twelfth'.split(' '),
  5: 'zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth'.split(' '),
};

interface Span {
  start: number;
  end: number;
  values: NumericValue[];
}

/** The numbers and dates of a text, longest spans only, in their order. Source: `parse_text` of tokenization_tapas. */
export function numericValues(text: string, generation: TransformersGeneration): NumericValue[] {
  const normalized = words(text.toLowerCase()).join(' ');
  return longestSpans(allSpans(normalized, generation)).flatMap(({ values }) => values);
}

function allSpans(text: string, generation: TransformersGeneration): Span[] {
  const spans = new Map<string, Span>();
  const add = (start: number, end: number, value: NumericValue | null): void => {
    if (value === null) return;
    const key = `${start}-${end}`;
    const span = spans.get(key) ?? { start, end, values: [] };
    span.values.push(value);
    spans.set(key, span);
  };
  for (const match of text.matchAll(numberPattern)) {
    add(match.index, match.index + match[0].length, parseNumber(match[0]));
  }
  const known = new Set(spans.keys());
  for (const [start, end] of wordSpans(text, 1)) {
    if (known.has(`${start}-${end}`)) continue;
    const word = text.slice(start, end);
    add(start, end, parseNumber(word));
    for (const list of [numberWords, ordinalWords[generation]])
      if (list.includes(word)) add(start, end, list.indexOf(word));
  }
  for (const [start, end] of wordSpans(text, longestDateWords)) {
    const date = parseDate(asciiDigits(text.slice(start, end)));
    if (date) add(start, end, [date.year, date.month, date.day]);
  }
  return [...spans.values()];
}

/** From each beginning of a word to each end of one, up to so many words further. */
function* wordSpans(text: string, longest: number): Generator<[number, number]> {
  const starts: number[] = [];
  for (const match of text.matchAll(/[\p{L}\p{N}]+/gu)) {
    starts.push(match.index);
    for (const start of starts.slice(-longest)) yield [start, match.index + match[0].length];
  }
}

function longestSpans(spans: readonly Span[]): Span[] {
  const byLength = [...spans].sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start);
  const selected: Span[] = [];
  for (const span of byLength) {
    if (!selected.some(({ start, end }) => start <= span.start && span.end <= end)) selected.push(span);
  }
  return selected.sort((a, b) => a.start - b.start);
}

/** A cardinal or ordinal number; `null` for what Python's `float` refuses, and for what is not finite. */
function parseNumber(text: string): number | null {
  const suffix = ordinalSuffixes.find((ending) => text.endsWith(ending));
  const plain = asciiDigits(suffix === undefined ? text : text.slice(0, -suffix.length))
    .replaceAll(',', '')
    .trim();
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(plain)) return null;
  const value = Number(plain);
  return Number.isFinite(value) ? value : null;
}

/** Digits of every script as 0 to 9; each script has its ten in a row. */
function asciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0)!;
    let zero = code;
    while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
    return String((code - zero) % 10);
  });
}

/** The value of each cell of a column, where enough cells have values of one type. Source: `_consolidate_numeric_values`. */
export function consolidated(column: readonly (readonly NumericValue[])[]): (NumericValue | null)[] {
  const none = column.map(() => null);
  const numbers = column.filter((values) => values.some(isNumber)).length;
  const dates = column.filter((values) => values.some(isDate)).length;
  const most = Math.max(numbers, dates);
  if (most === 0 || most < column.length * 0.7) return none;
  const isWanted = dates === most ? isDate : isNumber;
  return column.map((values) => values.find(isWanted) ?? null);
}

function isNumber(value: NumericValue): boolean {
  return typeof value === 'number';
}

function isDate(value: NumericValue): boolean {
  return typeof value !== 'number';
}

/** -1, 0 or 1. */
export type Comparison = (a: NumericValue, b: NumericValue) => number;

/** How values compare: numbers as such, dates by the fields that all of them have; `null` where they don't. */
export function comparisonOf(values: readonly NumericValue[]): Comparison | null {
  if (values.every(isNumber)) return (a, b) => Math.sign((a as number) - (b as number));
  if (!values.every(isDate)) return null;
  const dates = values as readonly (readonly (number | null)[])[];
  const fields = [0, 1, 2].filter((field) => dates.every((date) => date[field] !== null));
  if (fields.length === 0) return null;
  return (a, b) => {
    const differences = fields.map((field) => fieldOf(a, field) - fieldOf(b, field));
    return Math.sign(differences.find((difference) => difference !== 0) ?? 0);
  };
}

function fieldOf(value: NumericValue, field: number): number {
  return (value as readonly number[])[field] as number;
}
