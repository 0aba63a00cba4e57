import { MlflowError } from '../../../core/errors.js';
import { pythonStrip } from '../../../core/pyfunc/pythonStrings.js';
import { NumpyScalar } from '../../../core/signature/ndArray.js';
import { numberOf, pythonKind, typeName } from '../../../core/signature/pythonValue.js';
import type { Tokenizer } from '../tokenizer.js';

/** A table with the values that it was given. */
export interface ValueTable {
  columns: readonly unknown[];
  rows: readonly (readonly unknown[])[];
}

const defaultCellLength = 15;

/**
 * A question with its table as one text, as TAPEX reads it: `question col : a | b row 1 : x | y`. Long cells are cut.
 * Source: TapexTokenizer.prepare_table_query.
 * @throws MlflowError for cells that are neither text nor whole numbers, with Python's text.
 */
export function tapexText(table: ValueTable, question: string, tokenizer: Tokenizer): string {
  const rows = table.rows.map((row) => row.map((cell) => shortened(cell, tokenizer)));
  const header = `col : ${joined(table.columns)}`;
  const lines = rows.map((row, index) => `row ${index + 1} : ${joined(row.map(numberAsText))}`);
  const linear = pythonStrip(`${[header, ...lines].join(' ')} `);
  const text = question === '' ? linear : `${question} ${linear}`;
  return lowercases(tokenizer) ? text.toLowerCase() : text;
}

function lowercases({ config }: Tokenizer): boolean {
  return config['do_lower_case'] !== false;
}

function shortened(cell: unknown, tokenizer: Tokenizer): unknown {
  if (typeof cell !== 'string') {
    const kind = pythonKind(cell);
    if (kind === 'int' || kind === 'float' || kind === 'bool' || isNumpyFloat(cell)) return cell;
    throw MlflowError.invalidParameter(`'${className(cell)}' object has no attribute 'strip'`);
  }
  if (pythonStrip(cell) === '') return cell;
  const longest = tokenizer.config['max_cell_length'];
  const length = typeof longest === 'number' ? longest : defaultCellLength;
  const ids = tokenizer.encode(lowercases(tokenizer) ? cell.toLowerCase() : cell, { addSpecialTokens: false });
  if (ids.length < length) return cell;
  return tokenizer.convertTokensToString(ids.slice(0, length).map((id) => tokenizer.token(id) ?? ''));
}

function isNumpyFloat(cell: unknown): boolean {
  return cell instanceof NumpyScalar && cell.dtype === 'float64';
}

function className(cell: unknown): string {
  return cell instanceof NumpyScalar ? `numpy.${typeName(cell, '2')}` : typeName(cell);
}

function numberAsText(cell: unknown): unknown {
  const kind = pythonKind(cell);
  if (kind === 'bool') return cell === true ? 'True' : 'False';
  return kind === 'int' ? String(numberOf(cell)) : cell;
}

/** Python's `' | '.join(items)`. */
function joined(items: readonly unknown[]): string {
  const index = items.findIndex((item) => typeof item !== 'string');
  if (index < 0) return items.join(' | ');
  throw MlflowError.invalidParameter(`sequence item ${index}: expected str instance, ${className(items[index])} found`);
}
