import { MlflowError } from '../errors.js';
import type { Compatibility } from './compatibility.js';
import { DataFrame, Series, type ColumnName } from './dataFrame.js';
import { AnyType, ArrayType, ObjectType, Property, typesEqual, type ColumnType, type DataType } from './dataTypes.js';
import { inferObjects } from './seriesConstruction.js';
import { NdArray, NumpyScalar } from './ndArray.js';
import { dtypeItemSize, dtypeKind, dtypeText } from './numpyDtype.js';
import { errorText, PythonError } from './pythonError.js';
import { pyStr } from './pythonText.js';
import { dictEntries, isNoneOrNan, normalize, pythonKind, typeName } from './pythonValue.js';
import { ColSpec, Schema, TensorSpec } from './schema.js';
import { mergeTypes } from './typeMerge.js';

/** A value that Python refuses to infer from even where everything else becomes `any`. */
export class UninferableObjectError extends MlflowError {}

const multipleTypesMessage =
  'Expected all values in the list to be of the same type. To specify a model signature ' +
  'with a list containing elements of multiple types, define the signature manually ' +
  'using the Array(AnyType()) type from mlflow.models.schema.';

/** What Python warns about whenever a schema has whole-number columns. */
export const integerColumnsHint =
  'Hint: Inferred schema contains integer column(s). Integer columns in ' +
  'Python cannot represent missing values. If your input data contains ' +
  'missing values at inference time, it will be encoded as floats and will ' +
  'cause a schema enforcement error. The best way to avoid this problem is ' +
  'to infer the model schema based on a realistic data sample (training ' +
  'dataset) that includes missing values. Alternatively, you can declare ' +
  'integer columns as doubles (float64) whenever these columns may have ' +
  'missing values. See `Handling Integers With Missing Values ' +
  '<https://www.mlflow.org/docs/latest/models.html#' +
  'handling-integers-with-missing-values>`_ for more details.';

/**
 * The schema of a value: column schemas of text, lists, dicts and frames, tensor schemas of arrays.
 * Source: mlflow.types.utils._infer_schema.
 * @param onWarning hears the hint about integer columns.
 * @throws MlflowError or PythonError in the words of that generation.
 */
export function inferSchema(
  input: unknown,
  compatibility: Compatibility = '3',
  onWarning?: (message: string) => void,
): Schema {
  const schema = new Schema(inferSpecs(normalize(input), compatibility));
  const hasIntegers = schema.columns.some(({ type }) => type === 'integer' || type === 'long');
  if (hasIntegers) onWarning?.(integerColumnsHint);
  return schema;
}

function inferSpecs(data: unknown, compatibility: Compatibility): (ColSpec | TensorSpec)[] {
  // Kept by MLflow for the sake of its releases before 2.9.
  if (Array.isArray(data) && data.length === 0) return [new ColSpec('string')];
  if (Array.isArray(data) && data.every((item) => pythonKind(item) === 'dict'))
    return specsOfRecords(data, compatibility);
  if (pythonKind(data) === 'dict') return specsOfDict(data, compatibility);
  if (data instanceof Series) return [specOfSeries(data, compatibility)];
  if (data instanceof DataFrame) return data.columns.map((column) => specOfSeries(column, compatibility));
  if (data instanceof NdArray) return [tensorSpecOf(data, null)];
  if (Array.isArray(data)) return [new ColSpec(itemTypeOf(data, compatibility))];
  try {
    return [new ColSpec(inferColumnType(data, compatibility))];
  } catch (error) {
    if (!MlflowError.is(error)) throw error;
    throw MlflowError.invalidParameter(
      'Failed to infer schema. Expected one of the following types:\n- pandas.DataFrame\n- pandas.Series\n' +
        '- numpy.ndarray\n- dictionary of (name -> numpy.ndarray)\n- pyspark.sql.DataFrame\n' +
        '- scipy.sparse.csr_matrix\n- scipy.sparse.csc_matrix\n- DataType\n- List[DataType]\n' +
        '- Dict[str, Union[DataType, List, Dict]]\n- List[Dict[str, Union[DataType, List, Dict]]]\n' +
        `but got '${pyStr(data, compatibility)}'.\nError: ${errorText(error)}`,
    );
  }
}

function specsOfRecords(records: readonly unknown[], compatibility: Compatibility): ColSpec[] {
  const columns = new Map<unknown, unknown[]>();
  for (const record of records) {
    for (const [key, value] of dictEntries(record)) {
      const values = columns.get(key);
      if (values) values.push(value);
      else columns.set(key, [value]);
    }
  }
  return [...columns].map(([name, values]) => {
    const isEverywhere = values.length === records.length;
    const hasNone = values.some((value) => value === null || value === undefined);
    const required = isEverywhere && (compatibility === '2' || !hasNone);
    return new ColSpec(itemTypeOf(values, compatibility), name as ColumnName, required);
  });
}

function specsOfDict(dict: unknown, compatibility: Compatibility): (ColSpec | TensorSpec)[] {
  const entries = dictEntries(dict).map(([key, value]) => [key, normalize(value)] as const);
  if (entries.every(([, value]) => value instanceof NdArray)) {
    return entries.map(([name, array]) => tensorSpecOf(array as NdArray, name as ColumnName));
  }
  if (entries.some(([key]) => typeof key !== 'string'))
    throw new MlflowError('The dictionary keys are not all strings.');
  return entries.map(([name, value]) => {
    const required = Array.isArray(value) ? !value.some(isNoneOrNan) : !isNoneOrNan(value);
    return new ColSpec(inferColumnType(value, compatibility), name as string, required);
  });
}

function tensorSpecOf(array: NdArray, name: ColumnName | null): TensorSpec {
  if (array.ndim === 0) {
    throw new MlflowError(
      'The specified variable_dimension 0 is out of bounds with respect to the number of dimensions 0 in the input dataset',
    );
  }
  return new TensorSpec(array.dtype, [-1, ...array.shape.slice(1)], name);
}

function specOfSeries(series: Series, compatibility: Compatibility): ColSpec {
  // pandas' NaT does not count as missing for 2.16.
  const isBlind = compatibility === '2' && series.dtype.startsWith('datetime64');
  return new ColSpec(seriesType(series, compatibility), series.name, isBlind || !series.hasMissing);
}

function seriesType(input: Series, compatibility: Compatibility): ColumnType {
  const series = inferObjects(input, compatibility);
  if (series.dtype !== 'object' && series.dtype !== 'str') return inferNumpyDtype(series.dtype);
  try {
    return itemTypeOf([...series.values], compatibility);
  } catch (error) {
    if (series.values.every((value) => typeof value === 'string')) return 'string';
    throw new MlflowError(
      `Failed to infer schema for pandas.Series ${pyStr(series, compatibility)}. Error: ${errorText(error)}`,
    );
  }
}

/** The scalar type of a numpy dtype. @throws MlflowError for what has none: `uint64`, objects, complex numbers. */
export function inferNumpyDtype(dtype: string): DataType {
  const kind = dtype.startsWith('|S') ? 'S' : dtypeKind(dtype);
  const size = dtypeItemSize(dtype);
  if (kind === 'b') return 'boolean';
  if (kind === 'i' || kind === 'u') {
    if (size < 4 || (kind === 'i' && size === 4)) return 'integer';
    if (size < 8 || (kind === 'i' && size === 8)) return 'long';
  }
  if (kind === 'f' && size <= 8) return size <= 4 ? 'float' : 'double';
  if (kind === 'U') return 'string';
  if (kind === 'S') return 'binary';
  if (kind === 'M') return 'datetime';
  if (kind === 'O') {
    throw new PythonError(
      'Exception',
      'Can not infer object without looking at the values, call _map_numpy_array instead.',
    );
  }
  throw new MlflowError(`Unsupported numpy data type '${dtypeText(dtype)}', kind '${kind}'`);
}

/** The merged type of a list's items: the type of a column of these values. */
function itemTypeOf(values: readonly unknown[], compatibility: Compatibility): ColumnType {
  const type = inferColumnType(values, compatibility);
  if (type instanceof ArrayType) return type.dtype;
  throw new PythonError('AttributeError', `'AnyType' object has no attribute 'dtype'`);
}

/** The type of one value. @throws MlflowError when the value says nothing about its type or mixes types. */
export function inferColumnType(value: unknown, compatibility: Compatibility): ColumnType {
  const type = inferType(normalize(value), compatibility);
  if (type !== undefined) return type;
  throw new MlflowError(
    compatibility === '3'
      ? `Numpy array must include at least one non-empty item. Invalid input \`${pyStr(value, compatibility)}\`.`
      : 'A column of nested array type must include at least one non-empty array.',
  );
}

/** `undefined`: an array (2.16: also a list) without anything in it. */
function inferType(value: unknown, compatibility: Compatibility): ColumnType | undefined {
  const kind = pythonKind(value);
  if (compatibility === '3' && kind === 'object' && typeof value === 'object')
    throw classInstanceError(value as object);
  const isEmpty =
    (kind === 'list' && (value as unknown[]).length === 0) || (kind === 'dict' && dictEntries(value).length === 0);
  if (compatibility === '3' && (isEmpty || isNoneOrNan(value))) return new AnyType();
  if (kind === 'dict') return objectTypeOf(value, compatibility);
  if (kind === 'list') return arrayTypeOf((value as unknown[]).map(normalize), compatibility);
  if (value instanceof NdArray) return arrayTypeOf(arrayItems(value), compatibility);
  return scalarType(value, compatibility);
}

/** The counterpart of Python's refusal of Pydantic objects: what the fields of a class hold is not known from one instance. */
function classInstanceError(value: object): UninferableObjectError {
  return new UninferableObjectError(
    `MLflow does not support inferring a model signature from an object of the class '${value.constructor.name}'. ` +
      'Give its data as a plain object, or declare its fields as a DataClass.',
    'INVALID_PARAMETER_VALUE',
  );
}

function arrayItems(array: NdArray): unknown[] {
  return Array.from({ length: array.length }, (_, i) => {
    const item = array.at(i);
    return item instanceof NdArray || array.dtype === 'object' ? item : new NumpyScalar(array.dtype, item);
  });
}

function objectTypeOf(dict: unknown, compatibility: Compatibility): ObjectType {
  const properties = dictEntries(dict).map(([name, item]) => {
    const type = inferType(normalize(item), compatibility);
    if (type === undefined) {
      throw new MlflowError(`Dictionary value must not be an empty ${compatibility === '3' ? 'numpy array' : 'list'}.`);
    }
    return new Property(name as string, type, !(type instanceof AnyType));
  });
  return new ObjectType(properties);
}

function arrayTypeOf(items: readonly unknown[], compatibility: Compatibility): ArrayType | undefined {
  let result: ColumnType | undefined;
  for (const item of items) {
    if (compatibility === '2' && isNoneOrNan(item)) continue;
    const type = inferType(item, compatibility);
    if (type === undefined) continue;
    result = result === undefined ? type : commonType(result, type, compatibility);
  }
  return result === undefined ? undefined : new ArrayType(result);
}

function commonType(result: ColumnType, type: ColumnType, compatibility: Compatibility): ColumnType {
  const message = compatibility === '3' ? multipleTypesMessage : 'Expected all values in list to be of same type';
  if (typeof result === 'string') {
    if (type instanceof AnyType || typesEqual(type, result)) return result;
    throw MlflowError.invalidParameter(message);
  }
  try {
    return mergeTypes(result, type, compatibility);
  } catch (error) {
    throw MlflowError.invalidParameter(message, { cause: error });
  }
}

const scalarTypes: Readonly<Record<string, DataType>> = {
  bool: 'boolean',
  int: 'long',
  int64: 'long',
  int32: 'integer',
  float: 'double',
  float64: 'double',
  float32: 'float',
  str: 'string',
  str_: 'string',
  bytes: 'binary',
  bytes_: 'binary',
  datetime: 'datetime',
  date: 'datetime',
  datetime64: 'datetime',
};

function scalarType(value: unknown, compatibility: Compatibility): DataType {
  const name = typeName(value);
  const type = Object.hasOwn(scalarTypes, name) ? scalarTypes[name] : undefined;
  if (type !== undefined) return type;
  throw MlflowError.invalidParameter(`Data ${pyStr(value, compatibility)} is not one of the supported DataType`);
}
