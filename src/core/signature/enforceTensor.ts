import { MlflowError } from '../errors.js';
import type { Compatibility } from './compatibility.js';
import { DataFrame, type Series } from './dataFrame.js';
import { NdArray, NumpyScalar, shapeText } from './ndArray.js';
import { arrayFrom, promoteNumbers } from './ndArrayConstruction.js';
import { castItem } from './numpyCast.js';
import { dtypeKind, dtypeText } from './numpyDtype.js';
import { PythonError } from './pythonError.js';
import { classText, dictEntries, dictGet, isScalar, normalize, pythonKind } from './pythonValue.js';
import type { Schema, TensorSpec } from './schema.js';

/** An array that has the tensor's shape and exactly its dtype. @throws MlflowError INTERNAL_ERROR otherwise. */
export function enforceTensorSpec(array: NdArray, spec: TensorSpec): NdArray {
  const expected = spec.shape;
  if (expected.length === 1 && expected[0] === -1 && spec.type === 'object') return array;
  const mayBeRagged = expected.length > 1 && expected.slice(1).includes(-1);
  if (mayBeRagged && array.ndim === 1 && array.dtype === 'object') return array;
  const fits =
    expected.length === array.ndim && expected.every((length, i) => length === -1 || length === array.shape[i]);
  if (!fits) {
    throw new MlflowError(
      `Shape of input ${shapeText(array.shape)} does not match expected shape ${shapeText(expected)}.`,
    );
  }
  if (array.dtype !== spec.type) {
    throw new MlflowError(`dtype of input ${array.dtypeText} does not match expected dtype ${dtypeText(spec.type)}`);
  }
  return array;
}

/**
 * What a tensor model receives: one array, or arrays by name; frames are reshaped.
 * Source: mlflow.models.utils._enforce_tensor_schema.
 */
export function enforceTensorSchema(
  input: unknown,
  schema: Schema,
  compatibility: Compatibility,
): NdArray | Record<string, NdArray> {
  return schema.hasInputNames
    ? enforceNamed(input, schema, compatibility)
    : enforceUnnamed(input, schema, compatibility);
}

function enforceNamed(input: unknown, schema: Schema, compatibility: Compatibility): Record<string, NdArray> {
  const result: Record<string, NdArray> = {};
  for (const [i, spec] of schema.tensors.entries()) {
    const name = schema.inputNames[i] as string;
    if (input instanceof DataFrame) {
      const column = input.column(name);
      if (!column) throw new PythonError('KeyError', `'${name}'`);
      result[name] = reshapeColumn(name, column, spec, compatibility);
    } else if (pythonKind(input) === 'dict') {
      const array = normalize(dictGet(input, name));
      if (!(array instanceof NdArray)) {
        throw MlflowError.invalidParameter(
          'This model contains a tensor-based model signature with input names,' +
            ' which suggests a dictionary input mapping input name to a numpy' +
            ` array, but a dict with value type ${classText(array)} was found.`,
        );
      }
      result[name] = enforceTensorSpec(array, spec);
    } else {
      throw MlflowError.invalidParameter(
        'This model contains a tensor-based model signature with input names, which' +
          ' suggests a dictionary input mapping input name to tensor, or a pandas' +
          ' DataFrame input containing columns mapping input name to flattened list value' +
          ` from tensor, but an input of type ${classText(input)} was found.`,
      );
    }
  }
  return result;
}

function enforceUnnamed(input: unknown, schema: Schema, compatibility: Compatibility): NdArray {
  const spec = schema.tensors[0] as TensorSpec;
  if (input instanceof NdArray) return enforceTensorSpec(input, spec);
  if (!(input instanceof DataFrame)) {
    throw MlflowError.invalidParameter(
      'This model contains a tensor-based model signature with no input names,' +
        ' which suggests a numpy array input or a pandas dataframe input with' +
        ` proper column values, but an input of type ${classText(input)} was found.`,
    );
  }
  const width = input.columns.length;
  if (width === 0 || input.rowCount === 0) throw new MlflowError('Input DataFrame is empty.');
  const [only] = input.columns;
  if (width === 1 && only) return reshapeColumn(null, only, spec, compatibility);
  if (spec.shape.length !== 2 || spec.shape[0] !== -1 || spec.shape[1] !== width) {
    throw MlflowError.invalidParameter(
      'This model contains a model signature with an unnamed input. Since the ' +
        'input data is a pandas DataFrame containing multiple columns, ' +
        'the input shape must be of the structure ' +
        '(-1, number_of_dataframe_columns). ' +
        `Instead, the input DataFrame passed had ${width} columns and ` +
        `an input shape of ${shapeText(spec.shape)} with all values within the ` +
        'DataFrame of scalar type. Please adjust the passed in DataFrame to ' +
        'match the expected structure',
    );
  }
  return enforceTensorSpec(frameToArray(input), spec);
}

/** `frame.to_numpy()`. */
function frameToArray(frame: DataFrame): NdArray {
  const dtypes = [...new Set(frame.columns.map((column) => column.dtype))];
  const isNumeric = dtypes.every((dtype) => ['i', 'u', 'f'].includes(dtypeKind(dtype)));
  const single = dtypes.length === 1 ? (dtypes[0] as string) : undefined;
  const dtype = single ?? (isNumeric ? promoteNumbers(dtypes) : 'object');
  const values = frame.index.flatMap((_, row) => frame.row(row));
  return new NdArray(dtype === 'str' ? 'object' : dtype, [frame.rowCount, frame.columns.length], values);
}

function reshapeColumn(name: string | null, column: Series, spec: TensorSpec, compatibility: Compatibility): NdArray {
  const { shape } = spec;
  if (shape.length === 0) throw new PythonError('IndexError', 'tuple index out of range');
  if (shape[0] !== -1 || shape.slice(1).includes(-1)) {
    throw new MlflowError(
      'For pandas dataframe input, the first dimension of shape must be a variable ' +
        'dimension and other dimensions must be fixed, but in model signature the shape ' +
        `of ${name ? `input ${name}` : 'the unnamed input'} is ${shapeText(shape)}.`,
    );
  }
  if (column.length === 0) throw new PythonError('KeyError', '0');
  const first = normalize(column.values[0]);
  if (isScalar(first)) return reshapeScalars(name, column, spec, compatibility);
  if (Array.isArray(first) && first.length === 0) throw new PythonError('IndexError', 'list index out of range');
  if (Array.isArray(first) && isScalar(first[0])) {
    const hint =
      'Ensure that each of the input list elements are of uniform length and that the data can be coerced to the tensor ' +
      `type '${dtypeText(spec.type)}'`;
    return stacked(name, column, spec, hint, (array) => castArray(array, spec.type, compatibility), compatibility);
  }
  if (first instanceof NdArray) {
    const hint =
      'Ensure that each of the input numpy array elements are of uniform length and can be reshaped to above expected shape.';
    return stacked(name, column, spec, hint, (array) => array, compatibility);
  }
  throw MlflowError.invalidParameter(
    'Because the model signature requires tensor spec input, the input ' +
      'pandas dataframe values should be either scalar value, python list ' +
      'containing scalar values or numpy array containing scalar values, ' +
      'other types are not supported.',
  );
}

function reshapeScalars(name: string | null, column: Series, spec: TensorSpec, compatibility: Compatibility): NdArray {
  const { shape } = spec;
  const isColumn = shape.length === 1 || (shape.length === 2 && shape[1] === 1);
  if (!isColumn) {
    throw MlflowError.invalidParameter(
      `The input pandas dataframe column '${name ?? 'None'}' contains scalar ` +
        'values, which requires the shape to be (-1,) or (-1, 1), but got tensor spec ' +
        `shape of ${shapeText(shape)}.`,
    );
  }
  const flat = new NdArray(column.dtype === 'str' ? 'object' : column.dtype, [column.length], column.values);
  return enforceTensorSpec(castArray(flat, spec.type, compatibility).reshape(shape), spec);
}

function castArray(array: NdArray, dtype: string, compatibility: Compatibility): NdArray {
  const isObject = array.dtype === 'object';
  const values = Array.from(array.data, (item) =>
    castItem(isObject ? item : new NumpyScalar(array.dtype, item), dtype, compatibility),
  );
  return new NdArray(dtype, array.shape, values);
}

/** The column's lists or arrays under each other, in the tensor's shape. */
function stacked(
  name: string | null,
  column: Series,
  spec: TensorSpec,
  hint: string,
  finish: (array: NdArray) => NdArray,
  compatibility: Compatibility,
): NdArray {
  const message =
    `The value in the Input DataFrame column '${name ?? 'None'}' could not be converted to the ` +
    `expected shape of: '${shapeText(spec.shape)}'. ${hint}`;
  try {
    const each = column.values.map((value) => arrayFrom(value, undefined, compatibility));
    const rows = arrayFrom(each, undefined, compatibility);
    const array = finish(rows.reshape(spec.shape));
    if (array.length === column.length) return array;
  } catch (error) {
    if (!(error instanceof PythonError) || error.pythonType !== 'ValueError') throw error;
  }
  throw MlflowError.invalidParameter(message);
}

/** The names of a dict input, for the check of missing ones. */
export function dictNames(input: unknown): unknown[] {
  return dictEntries(input).map(([key]) => key);
}
