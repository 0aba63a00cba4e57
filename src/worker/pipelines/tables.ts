import { MlflowError } from '../../core/errors.js';
import type { Compatibility } from '../../core/signature/compatibility.js';
import type { DataFrame } from '../../core/signature/dataFrame.js';
import { frameFromDict, frameFromList } from '../../core/signature/frameConstruction.js';
import { NumpyScalar } from '../../core/signature/ndArray.js';
import { listRepr } from '../../core/signature/pythonText.js';
import { withMlflowErrors } from '../../core/signature/pythonError.js';
import {
  classText,
  dictEntries,
  dictGet,
  pythonKind,
  seriesItems,
  typeName,
} from '../../core/signature/pythonValue.js';
import type { TransformersGeneration } from '../tokenizer/generation.js';
import type { TextTable } from '../tokenizer/tables/tapasEncoding.js';
import type { ValueTable } from '../tokenizer/tables/tapexText.js';

/** A table, and what is asked of it. */
export interface TableQuestion {
  table: DataFrame;
  query: unknown;
}

/**
 * The arguments of a table-question-answering pipeline: a dict with `table` and `query`, or a list of such dicts.
 * Source: transformers' TableQuestionAnsweringArgumentHandler.
 * @throws MlflowError with Python's texts.
 */
export function tableQuestions(input: unknown, generation: TransformersGeneration): TableQuestion[] {
  const compatibility = generation === 4 ? '2' : '3';
  return questionDicts(input).map((dict) => ({
    table: frameOf(dictGet(dict, 'table'), compatibility),
    query: dictGet(dict, 'query'),
  }));
}

function isNone(value: unknown): boolean {
  return value === null || value === undefined;
}

function hasBoth(dict: unknown): boolean {
  return !isNone(dictGet(dict, 'query')) && !isNone(dictGet(dict, 'table'));
}

function questionDicts(input: unknown): unknown[] {
  if (isNone(input)) throw MlflowError.invalidParameter('Keyword argument `table` cannot be None.');
  if (pythonKind(input) === 'dict') {
    if (isNone(dictGet(input, 'table')) && !isNone(dictGet(input, 'query'))) {
      throw MlflowError.invalidParameter('Keyword argument `table` cannot be None.');
    }
    if (hasBoth(input)) return [input];
  }
  if (!Array.isArray(input) || input.length === 0) {
    throw MlflowError.invalidParameter(
      'Invalid input. Keyword argument `table` should be either of type `dict` or `list`, but ' +
        `is ${classText(input)})`,
    );
  }
  if (input.some((item) => pythonKind(item) !== 'dict')) {
    throw MlflowError.invalidParameter('Keyword argument `table` should be a list of dict');
  }
  if (hasBoth(input[0])) return input;
  const keys = listRepr(dictEntries(input[0]).map(([key]) => key));
  throw MlflowError.invalidParameter(
    'If keyword argument `table` is a list of dictionaries, each dictionary should have a `table`' +
      ` and \`query\` key, but only dictionary has keys dict_keys(${keys}) \`table\` and \`query\` keys.`,
  );
}

/** `pd.DataFrame(table)`, which must have a cell. */
function frameOf(table: unknown, compatibility: Compatibility): DataFrame {
  if (isNone(table)) throw MlflowError.invalidParameter('Table cannot be None.');
  if (pythonKind(table) === 'dict') return withMlflowErrors(() => frameFromDict(table, compatibility));
  if (Array.isArray(table)) return withMlflowErrors(() => frameFromList(table, compatibility));
  throw MlflowError.invalidParameter('DataFrame constructor not properly called!');
}

/** `frame.iat`: the cell of a row and a column. */
export function cellAt(frame: DataFrame, row: number, column: number): unknown {
  return frame.columns[column]?.values[row];
}

/** The table's cells as numpy holds a row of them: numbers of one kind as numpy's, all else as it is. */
export function valueTable(frame: DataFrame): ValueTable {
  const columns = frame.columns.map(seriesItems);
  const dtype = commonDtype(frame.columns.map((column) => column.dtype));
  const rows = frame.index.map((_, row) =>
    columns.map((values) => (dtype === null ? values[row] : new NumpyScalar(dtype, values[row]))),
  );
  return { columns: frame.columnNames, rows };
}

/** The dtype of a row of numbers; `null` for a row of objects. */
function commonDtype(dtypes: readonly string[]): string | null {
  const [first = 'object'] = dtypes;
  const isNumber = (dtype: string): boolean => dtype === 'int64' || dtype === 'float64';
  if (dtypes.every(isNumber)) return dtypes.includes('float64') ? 'float64' : 'int64';
  return first === 'bool' && dtypes.every((dtype) => dtype === 'bool') ? 'bool' : null;
}

/** The table as text. @throws MlflowError where a column's name or a cell is none, with the words of Python's tokenizer. */
export function textTable(frame: DataFrame, refuse: (cell: unknown) => MlflowError): TextTable {
  const text = (value: unknown): string => {
    if (typeof value === 'string') return value;
    throw refuse(value);
  };
  const table = { columns: frame.columnNames.map(text), rows: valueTable(frame).rows.map((row) => row.map(text)) };
  if (frame.index.every((label) => typeof label === 'number')) return table;
  throw MlflowError.invalidParameter(
    'only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are valid indices',
  );
}

/** Name of a cell's type in plain Python. */
export function cellType(cell: unknown): string {
  return cell instanceof NumpyScalar ? cell.dtype.replace(/\d+$/, '') : typeName(cell);
}
