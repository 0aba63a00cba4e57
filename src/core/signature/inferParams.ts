import { MlflowError } from '../errors.js';
import type { Compatibility } from './compatibility.js';
import type { ColumnType } from './dataTypes.js';
import { inferNumpyDtype, inferSchema } from './inferSchema.js';
import { NdArray } from './ndArray.js';
import { arrayFrom } from './ndArrayConstruction.js';
import { isOfDataType } from './paramValue.js';
import { ParamSchema, ParamSpec } from './params.js';
import { errorRepr } from './pythonError.js';
import { pyRepr, pyStr } from './pythonText.js';
import { dictEntries, isScalar, normalize, pythonKind, typeName } from './pythonValue.js';

/**
 * The params schema of a dict of values.
 * Source: mlflow.types.utils._infer_param_schema.
 * @throws MlflowError INVALID_PARAMETER_VALUE that lists every value that cannot be a param.
 */
export function inferParamSchema(params: unknown, compatibility: Compatibility = '3'): ParamSchema {
  if (pythonKind(params) !== 'dict') {
    throw MlflowError.invalidParameter(`Expected parameters to be dict, got ${typeName(normalize(params))}`);
  }
  const invalid: string[] = [];
  const specs = dictEntries(params).flatMap(([name, value]) => {
    try {
      return [inferParam(name, normalize(value), compatibility)];
    } catch (error) {
      invalid.push(`(${pyRepr(name)}, ${pyRepr(value, compatibility)}, ${errorRepr(error)})`);
      return [];
    }
  });
  if (invalid.length > 0) {
    throw MlflowError.invalidParameter(`Failed to infer schema for parameters: [${invalid.join(', ')}]`);
  }
  return new ParamSchema(specs);
}

function inferParam(name: unknown, value: unknown, compatibility: Compatibility): ParamSpec {
  const [type, shape] = inferTypeAndShape(value, compatibility);
  return new ParamSpec(name, type, value, shape, compatibility);
}

function inferTypeAndShape(value: unknown, compatibility: Compatibility): [ColumnType, number[] | null] {
  if (Array.isArray(value) || value instanceof NdArray) return [listType(value, compatibility), [-1]];
  if (isOfDataType(value, 'datetime')) return ['datetime', null];
  if (isScalar(value)) {
    try {
      return [inferNumpyDtype(arrayFrom(value, undefined, compatibility).dtype), null];
    } catch (error) {
      throw MlflowError.invalidParameter(
        `Failed to infer schema for parameter ${pyStr(value, compatibility)}: ${errorRepr(error)}`,
      );
    }
  }
  if (pythonKind(value) === 'dict' && compatibility === '3') {
    const [column] = inferSchema({ value }, compatibility).columns;
    if (column) return [column.type, null];
  }
  throw MlflowError.invalidParameter(
    `Expected parameters to be 1D array or scalar, got ${typeName(value, compatibility)}`,
  );
}

function listType(value: unknown[] | NdArray, compatibility: Compatibility): ColumnType {
  const depth = depthOf(value);
  if (depth !== 1) {
    throw MlflowError.invalidParameter(`Expected parameters to be 1D array or scalar, got ${depth}D array`);
  }
  const items = Array.isArray(value) ? value : Array.from(value.data);
  if (items.every((item) => isOfDataType(item, 'datetime'))) return 'datetime';
  return inferNumpyDtype(arrayFrom(value, undefined, compatibility).dtype);
}

function depthOf(value: unknown): number {
  if (value instanceof NdArray) return value.ndim;
  if (!Array.isArray(value)) return 0;
  return 1 + Math.max(0, ...value.map(depthOf));
}
