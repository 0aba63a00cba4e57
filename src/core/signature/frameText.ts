import { type DataFrame, isMissing, type Series } from './dataFrame.js';
import { bytesRepr, pyRepr, pyStr } from './pythonText.js';
import { dictEntries, numberOf, pythonKind } from './pythonValue.js';

const maxRows = 60;
const edgeRows = 5;
const maxCellWidth = 50;

/** `str(frame)`, as pandas prints it into messages: up to 60 rows, cells of at most 50 characters, no wrapping of columns. */
export function frameText(frame: DataFrame): string {
  if (frame.columns.length === 0 || frame.rowCount === 0) return emptyFrameText(frame);
  const isLong = frame.rowCount > maxRows;
  const rows = isLong ? edges(frame.rowCount) : frame.index.map((_, i) => i);
  const labels = leftAligned(rows.map((row) => (row === -1 ? '..' : pyStr(frame.index[row]))));
  const cells = frame.columns.map((column) => columnTexts(column, rows));
  const lines = [
    [''.padEnd(labels[0]?.length ?? 0), ...cells.map((cell) => cell[0])].join('  '),
    ...rows.map((_, i) => [labels[i], ...cells.map((cell) => cell[i + 1])].join('  ')),
  ];
  if (isLong) lines.push('', `[${frame.rowCount} rows x ${frame.columns.length} columns]`);
  return lines.join('\n').replace(/^( *) {2}/, '$1  ');
}

function emptyFrameText(frame: DataFrame): string {
  const index = frame.rowCount === 0 ? '[]' : `[${frame.index.map((value) => pyStr(value)).join(', ')}]`;
  return `Empty DataFrame\nColumns: [${frame.columnNames.map((value) => pyStr(value)).join(', ')}]\nIndex: ${index}`;
}

/** `str(series)`. */
export function seriesText(series: Series): string {
  const isLong = series.length > maxRows;
  const rows = isLong ? edges(series.length) : series.values.map((_, i) => i);
  const labels = leftAligned(rows.map((row) => (row === -1 ? '' : String(row))));
  const cells = columnTexts(series, rows).slice(1);
  const name = series.name === null ? '' : `Name: ${series.name}, `;
  const length = isLong ? `Length: ${series.length}, ` : '';
  return `${rows.map((_, i) => `${labels[i]}    ${cells[i]}`).join('\n')}\n${name}${length}dtype: ${series.dtype}`;
}

function edges(length: number): number[] {
  const head = Array.from({ length: edgeRows }, (_, i) => i);
  return [...head, -1, ...head.map((i) => length - edgeRows + i)];
}

function leftAligned(texts: string[]): string[] {
  const width = Math.max(0, ...texts.map((text) => text.length));
  return texts.map((text) => text.padEnd(width));
}

/** The header and the cells, right-aligned to one width. */
function columnTexts(column: Series, rows: readonly number[]): string[] {
  const shown = rows.map((row) => (row === -1 ? '...' : column.values[row]));
  const texts = column.dtype.startsWith('float')
    ? floatTexts(shown, rows)
    : shown.map((value) => cellText(value, column.dtype));
  const all = [column.name === null ? '' : String(column.name), ...texts];
  const width = Math.max(...all.map((text) => text.length));
  return all.map((text) => text.padStart(width));
}

function floatTexts(values: readonly unknown[], rows: readonly number[]): string[] {
  const fixed = values.map((value, i) => {
    if (rows[i] === -1) return '...';
    if (isMissing(value)) return 'NaN';
    const number = numberOf(value);
    return Number.isFinite(number) ? number.toFixed(6) : pyRepr(number);
  });
  const numbers = fixed.filter((text) => /^-?\d/.test(text));
  const spare = Math.min(5, ...numbers.map((text) => /0*$/.exec(text)?.[0].length ?? 0));
  return fixed.map((text) => (/^-?\d/.test(text) ? text.slice(0, text.length - spare) : text));
}

function cellText(value: unknown, dtype: string): string {
  if (value === '...') return '...';
  if (dtype.startsWith('datetime64')) return isMissing(value) ? 'NaT' : datetimeCell(value);
  if (typeof value === 'number' && Number.isNaN(value)) return 'NaN';
  const text = prettyCell(value).replaceAll('\t', '\\t').replaceAll('\r', '\\r').replaceAll('\n', '\\n');
  return text.length > maxCellWidth ? `${text.slice(0, maxCellWidth - 3)}...` : text;
}

function datetimeCell(value: unknown): string {
  return pyStr(value).replace(/ 00:00:00$/, '');
}

/** pandas' cell printing: text inside lists is not quoted, inside dicts it is. */
function prettyCell(value: unknown, quoteText = false): string {
  switch (pythonKind(value)) {
    case 'list':
      return `[${(value as unknown[]).map((item) => prettyCell(item, quoteText)).join(', ')}]`;
    case 'dict':
      return `{${dictEntries(value)
        .map(([key, item]) => `${prettyCell(key, true)}: ${prettyCell(item, true)}`)
        .join(', ')}}`;
    case 'bytes':
      return bytesRepr(value as Uint8Array);
    case 'str':
      return quoteText ? pyRepr(value) : (value as string);
    default:
      return pyStr(value);
  }
}
