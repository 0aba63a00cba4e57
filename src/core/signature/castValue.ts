import { MlflowError } from '../errors.js';
import type { Compatibility } from './compatibility.js';
import { ArrayType, MapType, numpyDtypeOf, ObjectType } from './dataTypes.js';
import { enforceArray, enforceMap, enforceObject } from './enforceCompound.js';
import { NdArray, NumpyScalar } from './ndArray.js';
import { arrayFrom } from './ndArrayConstruction.js';
import { castItem } from './numpyCast.js';
import { errorText, PythonError } from './pythonError.js';
import { stringRepr } from '../serialization/pythonRepr.js';
import { pyStr } from './pythonText.js';
import { classText, dictEntries, dictFrom, isScalar, lengthOf, normalize, pythonKind } from './pythonValue.js';
import { ColSpec, TensorSpec, type Schema } from './schema.js';

export function invalidInput(message: string, cause?: unknown): MlflowError {
  return new MlflowError(`Invalid input. ${message}`, 'BAD_REQUEST', cause === undefined ? {} : { cause });
}

/**
 * A value read from JSON as one column or tensor wants it.
 * Source: mlflow.utils.proto_json_utils.convert_data_type.
 * @throws MlflowError BAD_REQUEST.
 */
export function convertDataType(
  input: unknown,
  spec: ColSpec | TensorSpec | undefined,
  compatibility: Compatibility,
): unknown {
  const value = normalize(input);
  try {
    if (spec === undefined) return arrayFrom(value, undefined, compatibility);
    if (spec instanceof TensorSpec) return arrayFrom(value, spec.type, compatibility);
    return convertColumnValue(value, spec, compatibility);
  } catch (error) {
    throw invalidInput(errorText(error), error);
  }
}

function convertColumnValue(value: unknown, spec: ColSpec, compatibility: Compatibility): unknown {
  const { type } = spec;
  const required = compatibility === '2' || spec.isRequired;
  if (typeof type === 'string') {
    const dtype = numpyDtypeOf(type);
    if (Array.isArray(value) || value instanceof NdArray) return arrayFrom(value, dtype, compatibility);
    return new NumpyScalar(dtype, castItem(value, dtype, compatibility));
  }
  if (type instanceof ArrayType)
    return arrayFrom(enforceArray(value, type, required, compatibility), undefined, compatibility);
  if (type instanceof ObjectType) return enforceObject(value, type, required, compatibility);
  if (type instanceof MapType) return enforceMap(value, type, required, compatibility);
  return value;
}

/**
 * What stands under `inputs` as typed data: dicts of columns, lists of rows, one list, one value.
 * Source: mlflow.utils.proto_json_utils._cast_schema_type.
 * @throws MlflowError BAD_REQUEST.
 */
export function castInputs(input: unknown, schema: Schema | null, compatibility: Compatibility): unknown {
  const specs = namedSpecs(schema);
  const data = matchSingleColumn(normalize(input), schema, specs);
  const first = schema?.inputs[0];
  if (pythonKind(data) === 'dict') return convertDict(data, specs, compatibility);
  if (Array.isArray(data) && data.every((item) => pythonKind(item) === 'dict')) {
    return data.map((item) => convertDict(item, specs, compatibility));
  }
  if (Array.isArray(data)) return convertDataType(data, first, compatibility);
  try {
    return convertDataType(data, first, compatibility);
  } catch (error) {
    throw invalidInput(
      `Failed to convert data \`${pyStr(data)}\` to type \`${first?.toString() ?? 'None'}\` defined in the model signature.`,
      error,
    );
  }
}

function namedSpecs(schema: Schema | null): Map<unknown, ColSpec | TensorSpec> {
  if (!schema?.hasInputNames) return new Map();
  return new Map(schema.inputs.map((spec) => [spec.name, spec]));
}

function convertDict(
  dict: unknown,
  specs: ReadonlyMap<unknown, ColSpec | TensorSpec>,
  compatibility: Compatibility,
): Record<string, unknown> | Map<unknown, unknown> {
  return dictFrom(
    dictEntries(dict).map(([key, value]) => [key, convertDataType(value, specs.get(key), compatibility)]),
  );
}

function matchSingleColumn(
  data: unknown,
  schema: Schema | null,
  specs: ReadonlyMap<unknown, ColSpec | TensorSpec>,
): unknown {
  if (schema === null) return data;
  if (specs.size === 1 && Array.isArray(data) && !data.some((item) => pythonKind(item) === 'dict')) {
    const [name] = [...specs.keys()];
    return dictFrom([[name, data]]);
  }
  if (!schema.hasInputNames && !Array.isArray(data) && !isScalar(data)) {
    throw invalidInput(
      'Failed to parse input data. This model contains an un-named ' +
        ' model signature which expects a single n-dimensional array or ' +
        'a single value as input, however, an input of type ' +
        `${classText(data)} was found.`,
    );
  }
  return data;
}

/**
 * What stands under `instances`: rows of dicts become columns of arrays.
 * Source: mlflow.utils.proto_json_utils.parse_instances_data.
 * @throws MlflowError BAD_REQUEST.
 */
export function castInstances(input: unknown, schema: Schema | null, compatibility: Compatibility): unknown {
  const rows = normalize(input);
  const isRecords = Array.isArray(rows) && pythonKind(rows[0]) === 'dict';
  const data = isRecords
    ? columnsOf(rows as unknown[], schema, compatibility)
    : castInputs(rows, schema, compatibility);
  if (pythonKind(data) !== 'dict') return data;
  try {
    checkLengths(data, schema);
  } catch (error) {
    if (!(error instanceof PythonError)) throw error;
    throw invalidInput(
      `Ensure that the input is a valid JSON-formatted string.\nError: ${error.pythonType}(${stringRepr(error.message)})`,
      error,
    );
  }
  return data;
}

function columnsOf(rows: readonly unknown[], schema: Schema | null, compatibility: Compatibility): unknown {
  const specs = namedSpecs(schema);
  const columns = new Map<unknown, unknown[]>();
  for (const row of rows) {
    if (pythonKind(row) !== 'dict') {
      throw invalidInput(
        'Ensure that the input is a valid JSON-formatted string.\nError: ' +
          `AttributeError("'${pythonKind(row)}' object has no attribute 'items'")`,
      );
    }
    for (const [name, value] of dictEntries(row)) {
      const items = columns.get(name) ?? [];
      items.push(convertDataType(value, specs.get(name), compatibility));
      columns.set(name, items);
    }
  }
  return dictFrom([...columns].map(([name, items]) => [name, stack(items, compatibility)]));
}

function stack(items: unknown[], compatibility: Compatibility): NdArray {
  try {
    return arrayFrom(items, undefined, compatibility);
  } catch (error) {
    const text = errorText(error);
    throw invalidInput(`Ensure that the input is a valid JSON-formatted string.\nError: ValueError('${text}')`, error);
  }
}

function checkLengths(data: unknown, schema: Schema | null): void {
  const isList = (value: unknown): value is unknown[] | NdArray => Array.isArray(value) || value instanceof NdArray;
  const lists = dictEntries(data).filter(([, value]) => isList(value));
  const checked = lists.filter(([name]) => {
    if (!schema?.hasInputNames) return true;
    const spec = schema.inputs.find((input) => input.name === name);
    return spec !== undefined && spec.isRequired && !(spec instanceof ColSpec && spec.type instanceof ArrayType);
  });
  let expected: number | undefined;
  for (const [, value] of checked) {
    const length = lengthOf(value as unknown[] | NdArray);
    expected ??= length;
    if (length !== expected) throw invalidInput('The length of values for each input/column name are not the same');
  }
}
