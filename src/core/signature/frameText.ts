import type { Compatibility } from './compatibility.js';
import { isMissing, type DataFrame, type Series } from './dataFrame.js';
import { NdArray, NumpyScalar } from './ndArray.js';
import { bytesRepr, floatRepr } from '../serialization/pythonRepr.js';
import { Timestamp, type PyDateTime } from './pyDateTime.js';
import { numpyStr, pyStr } from './pythonText.js';
import { dictEntries, numberOf, pythonKind } from './pythonValue.js';

const maxRows = 60;
const edgeRows = 5;
const maxCellWidth = 50;
const maxItems = 100;
const maxDepth = 3;
const digits = 6;
const lineWidth = 80;

/** `str(frame)` as it stands in MLflow's messages: 60 rows, cells of 50 characters, lines of 80; the rest is left out. */
export function frameText(frame: DataFrame, compatibility: Compatibility): string {
  if (frame.columns.length === 0 || frame.rowCount === 0) return emptyFrameText(frame);
  const isLong = frame.rowCount > maxRows;
  const rows = isLong ? edges(frame.rowCount) : frame.index.map((_, i) => i);
  const labels = leftAligned(['', ...rows.map((row) => (row === -1 ? '..' : pyStr(frame.index[row])))]);
  const all = frame.columns.map((column) => columnTexts(column, rows, compatibility));
  const columns = fitted(all, labels[0]?.length ?? 0);
  const lines = labels.map((label, i) => [label, ...columns.map((cells) => cells[i])].join(' '));
  if (isLong || columns !== all) lines.push('', `[${frame.rowCount} rows x ${frame.columns.length} columns]`);
  return lines.join('\n');
}

/** Columns from the middle give way to dots until a line fits; two columns stay. */
function fitted(columns: string[][], labelWidth: number): string[][] {
  const widths = [labelWidth, ...columns.map((cells) => cells[0]?.length ?? 0)];
  let excess = widths.reduce((sum, width) => sum + width + 1, 0) - lineWidth;
  if (excess <= 0) return columns;
  while (excess > 0 && widths.length > 1) {
    const [width = 0] = widths.splice(roundHalfToEven(widths.length / 2), 1);
    excess -= width + 1;
  }
  const shown = Math.max(widths.length - 1, 2);
  if (shown >= columns.length) return columns;
  const half = Math.floor(shown / 2);
  const dots = (columns[0] as string[]).map(() => ' ...');
  return [...columns.slice(0, half), dots, ...columns.slice(columns.length - half)];
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function emptyFrameText(frame: DataFrame): string {
  const list = (items: readonly unknown[]) => `[${items.map((item) => pyStr(item)).join(', ')}]`;
  return `Empty DataFrame\nColumns: ${list(frame.columnNames)}\nIndex: ${list(frame.index)}`;
}

/** `str(series)`. */
export function seriesText(series: Series, compatibility: Compatibility): string {
  const isLong = series.length > maxRows;
  const rows = isLong ? edges(series.length) : series.values.map((_, i) => i);
  const labels = leftAligned(rows.map((row) => (row === -1 ? '' : String(row))));
  const cells = rightAligned(cellTexts(series, rows, compatibility));
  const name = series.name === null ? '' : `Name: ${series.name}, `;
  const length = isLong ? `Length: ${series.length}, ` : '';
  return `${labels.map((label, i) => `${label}   ${cells[i]}`).join('\n')}\n${name}${length}dtype: ${series.dtype}`;
}

/** Positions of the first and the last rows; -1 stands for those left out. */
function edges(length: number): number[] {
  const head = Array.from({ length: edgeRows }, (_, i) => i);
  return [...head, -1, ...head.map((i) => length - edgeRows + i)];
}

function leftAligned(texts: string[]): string[] {
  const width = Math.max(0, ...texts.map((text) => text.length));
  return texts.map((text) => text.padEnd(width));
}

function rightAligned(texts: string[]): string[] {
  const width = Math.max(0, ...texts.map((text) => text.length));
  return texts.map((text) => text.padStart(width));
}

/** The header and the cells; numbers and booleans have room for a sign, text a blank in front. */
function columnTexts(column: Series, rows: readonly number[], compatibility: Compatibility): string[] {
  const isNumeric = /^(bool|u?int|float)/.test(column.dtype);
  const header = `${isNumeric ? ' ' : ''}${column.name ?? ''}`;
  return rightAligned([header, ...cellTexts(column, rows, compatibility)]);
}

function cellTexts(column: Series, rows: readonly number[], compatibility: Compatibility): string[] {
  const texts = column.dtype.startsWith('float')
    ? floatTexts(rows.map((row) => (row === -1 ? null : numberOf(column.values[row] ?? NaN))))
    : rows.map((row) => (row === -1 ? '...' : cellText(column.values[row], column.dtype, compatibility)));
  return texts.map((text) => (text.length > maxCellWidth ? `${text.slice(0, maxCellWidth - 3)}...` : text));
}

function floatTexts(values: readonly (number | null)[]): string[] {
  const finite = values.filter((value): value is number => value !== null && Number.isFinite(value));
  const fixed = (value: number) => `${value < 0 || Object.is(value, -0) ? '' : ' '}${value.toFixed(digits)}`;
  const isTooLong = finite.some((value) => fixed(value).length > digits + 6);
  const isTiny = finite.some((value) => value !== 0 && Math.abs(value) < 10 ** -digits);
  const isScientific = isTiny || (isTooLong && finite.some((value) => Math.abs(value) > 1e6));
  const spare = isScientific ? 0 : sharedZeros(finite.map(fixed));
  return values.map((value) => {
    if (value === null) return '...';
    if (Number.isNaN(value)) return 'NaN';
    if (!Number.isFinite(value)) return floatRepr(value);
    if (!isScientific) return fixed(value).slice(0, fixed(value).length - spare);
    const [mantissa, exponent] = value.toExponential(digits).split('e') as [string, string];
    return `${value < 0 ? '' : ' '}${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
  });
}

/** Zeros that all texts end with; one digit after the point stays. */
function sharedZeros(texts: readonly string[]): number {
  return Math.min(digits - 1, ...texts.map((text) => /0*$/.exec(text)?.[0].length ?? 0));
}

function cellText(value: unknown, dtype: string, compatibility: Compatibility): string {
  if (dtype.startsWith('datetime64'))
    return isMissing(value) ? 'NaT' : timestampText(value as PyDateTime).replace(/ 00:00:00$/, '');
  if (typeof value === 'number' && Number.isNaN(value)) return ' NaN';
  if (/^u?int/.test(dtype) && numberOf(value) < 0) return pyStr(value);
  const isFloat = pythonKind(value) === 'float' || (value instanceof NumpyScalar && value.dtype.startsWith('float'));
  if (isFloat) return signed(trimmedFloat(numberOf(value)));
  return ` ${pretty(value, 0, { quotes: false, escapes: true, compatibility })}`;
}

function timestampText(value: PyDateTime): string {
  return String(new Timestamp(value.epochMicroseconds, value.nanoseconds));
}

interface Style {
  quotes: boolean;
  escapes: boolean;
  compatibility: Compatibility;
}

/** Six decimals, without the zeros at the end but one. */
function trimmedFloat(value: number): string {
  if (!Number.isFinite(value)) return floatRepr(value);
  const fixed = Math.abs(value) >= 1e21 ? `${BigInt(value)}.0` : value.toFixed(digits);
  return fixed.replace(/(\.\d)(\d*?)0+$/, '$1$2');
}

function signed(text: string): string {
  return text.startsWith('-') ? text : ` ${text}`;
}

/** An item of a list: pandas 3 rounds floats there. */
function prettyItem(item: unknown, depth: number, style: Style): string {
  const isFloat = pythonKind(item) === 'float' || (item instanceof NumpyScalar && item.dtype.startsWith('float'));
  const isRounded = style.compatibility === '3' && isFloat && !Number.isNaN(numberOf(item));
  return isRounded ? trimmedFloat(numberOf(item)) : pretty(item, depth, style);
}

/** pandas' `pprint_thing`: text in lists is bare, in dicts quoted; only text outside dicts is escaped. */
function pretty(value: unknown, depth: number, style: Style): string {
  const { quotes, escapes, compatibility } = style;
  const kind = pythonKind(value);
  if (kind === 'dict' && depth < maxDepth) return prettyDict(value, depth, compatibility);
  const isList = kind === 'list' || kind === 'set' || (value instanceof NdArray && value.ndim > 0);
  if (isList && depth < maxDepth) {
    const items =
      kind === 'set'
        ? [...(value as Set<unknown>)]
        : value instanceof NdArray
          ? arrayItems(value)
          : (value as unknown[]);
    const shown = items.slice(0, maxItems).map((item) => prettyItem(item, depth + 1, style));
    const body = [...shown, ...(items.length > maxItems ? ['...'] : [])].join(', ');
    return kind === 'set' ? `{${body}}` : `[${body}]`;
  }
  const text = kind === 'bytes' ? bytesRepr(value as Uint8Array) : numpyStr(value, compatibility);
  const isText = kind === 'str' || (value instanceof NumpyScalar && value.dtype === 'str');
  const escaped = escapes ? text.replaceAll('\t', '\\t').replaceAll('\r', '\\r').replaceAll('\n', '\\n') : text;
  return isText && quotes ? `'${escaped}'` : escaped;
}

function prettyDict(value: unknown, depth: number, compatibility: Compatibility): string {
  const style = { quotes: true, escapes: false, compatibility };
  const entries = dictEntries(value);
  const pairs = entries.slice(0, maxItems).map(([key, item]) => {
    return `${pretty(key, depth + 1, style)}: ${pretty(item, depth + 1, style)}`;
  });
  return `{${[...pairs, ...(entries.length > maxItems ? ['...'] : [])].join(', ')}}`;
}

function arrayItems(array: NdArray): unknown[] {
  return Array.from({ length: array.length }, (_, i) => {
    const item = array.at(i);
    return item instanceof NdArray || array.dtype === 'object' ? item : new NumpyScalar(array.dtype, item);
  });
}
