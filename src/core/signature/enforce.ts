import { MlflowError } from '../errors.js';
import type { Compatibility, CompatibilityOptions } from './compatibility.js';
import { DataFrame, Series, type ColumnName } from './dataFrame.js';
import { ArrayType, ObjectType } from './dataTypes.js';
import { enforceDataType } from './enforceColumn.js';
import { enforceType } from './enforceCompound.js';
import { dictNames, enforceTensorSchema } from './enforceTensor.js';
import { frameFromArray, frameFromDict, frameFromList, frameFromRecords } from './frameConstruction.js';
import { inferSeries } from './seriesConstruction.js';
import { NdArray, NumpyScalar } from './ndArray.js';
import { errorText, withMlflowErrors } from './pythonError.js';
import { listRepr } from './pythonText.js';
import {
  copyContainers,
  dictEntries,
  dictFrom,
  isScalar,
  normalize,
  pythonKind,
  seriesItems,
  typeName,
} from './pythonValue.js';
import type { ColSpec, Schema } from './schema.js';

export interface EnforceOptions extends CompatibilityOptions {
  /** Hears what Python would log: columns that are not in the signature. */
  onWarning?: ((message: string) => void) | undefined;
  /** `MLFLOW_DISABLE_SCHEMA_DETAILS` (3.17): messages that name no column. */
  hideSchemaDetails?: boolean | undefined;
}

/** What a model receives: a frame for column schemas, arrays for tensor schemas. */
export type EnforcedInput = DataFrame | NdArray | Record<string, NdArray>;

/**
 * Data as the model's schema wants it: columns in its order, types converted where nothing is lost.
 * Source: mlflow.models.utils._enforce_schema.
 * @throws MlflowError with the cause alone; validatePredictionInput puts the sentence around it that `predict` shows.
 */
export function enforceSchema(data: unknown, schema: Schema, options: EnforceOptions = {}): EnforcedInput {
  return enforceInPlace(copyContainers(data), schema, options);
}

/** {@link enforceSchema} on data of one's own: dicts of object types are changed, as messages then show. */
export function enforceInPlace(data: unknown, schema: Schema, options: EnforceOptions): EnforcedInput {
  return withMlflowErrors(() => enforce(normalize(data), schema, options));
}

function enforce(data: unknown, schema: Schema, options: EnforceOptions): EnforcedInput {
  const compatibility = options.compatibility ?? '3';
  let input = data instanceof Series ? new DataFrame([data]) : data;
  if (!schema.isTensorSpec) input = toFrame(input, schema, compatibility);
  if (schema.hasInputNames) input = checkNames(input, schema, options);
  if (schema.isTensorSpec) return enforceTensorSchema(input, schema, compatibility);
  const frame = input as DataFrame;
  return schema.hasInputNames
    ? enforceNamed(frame, schema, compatibility)
    : enforceUnnamed(frame, schema, compatibility);
}

/** Any input of a column model as a frame (signature.md 4.1). */
function toFrame(input: unknown, schema: Schema, compatibility: Compatibility): DataFrame {
  if (input instanceof DataFrame) return input;
  if (isScalar(input)) return frameFromList([input], compatibility);
  if (pythonKind(input) === 'dict') return dictToFrame(input, schema, compatibility);
  if (Array.isArray(input)) return frameFromList(input, compatibility);
  if (input instanceof NdArray) return frameFromArray(input, compatibility);
  throw new MlflowError(`Expected input to be DataFrame. Found: ${typeName(input)}`);
}

function dictToFrame(dict: unknown, schema: Schema, compatibility: Compatibility): DataFrame {
  const values = dictEntries(dict).map(([, value]) => normalize(value));
  const hasCompound = schema.columns.some(({ type }) => type instanceof ArrayType || type instanceof ObjectType);
  if (hasCompound || values.every(isOneCell)) return frameFromRecords([dict], compatibility);
  try {
    if (values.every((value) => value instanceof NdArray && value.dtype === 'str' && value.ndim === 0)) {
      return frameFromRecords([dict], compatibility);
    }
    const entries = dictEntries(dict).map(([key, item]): [unknown, unknown] => {
      const value = normalize(item);
      return [key, value instanceof NdArray && value.ndim > 1 ? value.toList() : value];
    });
    return frameFromDict(dictFrom(entries), compatibility);
  } catch (error) {
    throw new MlflowError(
      'This model contains a column-based signature, which suggests a DataFrame' +
        ` input. There was an error casting the input data to a DataFrame: ${errorText(error)}`,
    );
  }
}

function isOneCell(value: unknown): boolean {
  if (isScalar(value) || value === null || value === undefined) return true;
  return Array.isArray(value) && value.every((item) => typeof item === 'string' || isNumpyText(item));
}

function isNumpyText(value: unknown): boolean {
  return value instanceof NumpyScalar && value.dtype === 'str';
}

function checkNames(input: unknown, schema: Schema, options: EnforceOptions): unknown {
  const required = schema.requiredInputNames;
  const [only] = required;
  const isSingle = required.length === 1 && input instanceof NdArray;
  const named = isSingle ? { [only as string]: input } : input;
  const actual = named instanceof DataFrame ? named.columnNames : pythonKind(named) === 'dict' ? dictNames(named) : [];
  const known = new Set<unknown>([...required, ...schema.optionalInputNames]);
  const missing = required.filter((name) => !actual.includes(name));
  const extra = [...new Set(actual)].filter((name) => !known.has(name));
  if (missing.length > 0) throw new MlflowError(missingMessage(missing, extra, options));
  if (extra.length > 0 && options.compatibility !== '2') {
    options.onWarning?.(
      'Found extra inputs in the model input that are not defined in the model ' +
        `signature: \`${listRepr(extra)}\`. These inputs will be ignored.`,
    );
  }
  return named;
}

function missingMessage(missing: readonly ColumnName[], extra: readonly unknown[], options: EnforceOptions): string {
  if (options.hideSchemaDetails && options.compatibility !== '2') {
    const note = extra.length > 0 ? ' Note that there were extra inputs provided.' : '';
    return `Input schema validation failed. Mismatched or missing input(s).${note}`;
  }
  const stop = options.compatibility === '2' ? '' : '.';
  const note = extra.length > 0 ? ` Note that there were extra inputs: ${listRepr(extra)}${stop}` : '';
  return `Model is missing inputs ${listRepr(missing)}.${note}`;
}

function enforceNamed(frame: DataFrame, schema: Schema, compatibility: Compatibility): DataFrame {
  const columns = schema.columns.flatMap((spec) => {
    const column = frame.column(spec.name as ColumnName);
    return column ? [enforceColumn(column, spec, spec.isRequired, compatibility)] : [];
  });
  if (columns.length === 0) return new DataFrame([], []);
  return framed(columns, frame, schema, compatibility);
}

function enforceUnnamed(frame: DataFrame, schema: Schema, compatibility: Compatibility): DataFrame {
  const expected = schema.inputs.length;
  if (frame.columns.length < expected) {
    throw new MlflowError(
      'Model inference is missing inputs. The model signature declares ' +
        `${expected} inputs  but the provided value only has ` +
        `${frame.columns.length} inputs. Note: the inputs were not named in the signature so we can ` +
        'only verify their count.',
    );
  }
  const columns = schema.columns.map((spec, i) => enforceColumn(frame.columns[i] as Series, spec, true, compatibility));
  return framed(columns, frame, schema, compatibility);
}

/** 2.16 loses the row labels of compound columns: the rows of all columns are then put together by label. */
function framed(columns: readonly Series[], frame: DataFrame, schema: Schema, compatibility: Compatibility): DataFrame {
  const isPlain = (i: number) => typeof schema.columns[i]?.type === 'string';
  const positions = frame.index.map((_, i) => i);
  const isLabelled = frame.index.some((label, i) => label !== i);
  const names = schema.columns.map(({ name }) => name);
  const keeps = columns.map((column, i) => isPlain(schema.hasInputNames ? names.indexOf(column.name) : i));
  if (compatibility === '3' || !isLabelled || keeps.every(Boolean)) return new DataFrame(columns, frame.index);
  if (!keeps.some(Boolean)) return new DataFrame(columns, positions);
  const indexes = keeps.map((isKept) => (isKept ? frame.index : positions));
  const labels = sortedLabels([...new Set(indexes.flat())]);
  const aligned = columns.map((column, i) => {
    const values = labels.map((label) => valueAt(column, (indexes[i] as unknown[]).indexOf(label)));
    const isChanged = /^(bool|u?int)/.test(column.dtype);
    const dtype = !isChanged ? column.dtype : column.dtype === 'bool' ? 'object' : 'float64';
    return new Series(dtype, dtype === 'float64' ? values.map(Number) : values, column.name);
  });
  return new DataFrame(aligned, labels);
}

function sortedLabels(labels: unknown[]): unknown[] {
  const isNumbers = labels.every((label) => typeof label === 'number');
  return isNumbers ? labels.sort((a, b) => Number(a) - Number(b)) : labels;
}

function valueAt(column: Series, row: number): unknown {
  if (row !== -1) return column.values[row];
  return column.dtype.startsWith('datetime64') ? null : NaN;
}

function enforceColumn(column: Series, spec: ColSpec, required: boolean, compatibility: Compatibility): Series {
  const name = column.name as ColumnName;
  const { type } = spec;
  if (typeof type === 'string') {
    const enforced = enforceDataType(name, column, type, compatibility);
    return new Series(enforced.dtype.startsWith('|S') ? 'object' : enforced.dtype, enforced.values, name);
  }
  const values = seriesItems(column).map((value) => enforceType(value, type, required, compatibility));
  return inferSeries(values, compatibility, name);
}
