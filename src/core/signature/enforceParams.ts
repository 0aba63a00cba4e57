import { MlflowError } from '../errors.js';
import type { CompatibilityOptions } from './compatibility.js';
import type { ParamSchema } from './params.js';
import { stringRepr } from '../serialization/pythonRepr.js';
import { listRepr, pyRepr, pyStr, setRepr } from './pythonText.js';
import { dictEntries, dictFrom, pythonKind, toPlain, typeName } from './pythonValue.js';

export interface EnforcedParams {
  /** Plain JavaScript values; dates are PyDateTime. `null` only when none were given to a model without params. */
  params: Record<string, unknown> | null;
  warnings: string[];
}

/**
 * Params as the model's params schema wants them: unknown ones are dropped with a warning, missing ones get their default.
 * Source: mlflow.models.utils._enforce_params_schema.
 * @throws MlflowError INVALID_PARAMETER_VALUE that lists every param whose value does not fit.
 */
export function enforceParams(
  params: unknown,
  schema: ParamSchema | null,
  options: CompatibilityOptions = {},
): EnforcedParams {
  const isDict = pythonKind(params) === 'dict';
  if (schema === null) return withoutSchema(params, isDict);
  const given = params === null || params === undefined ? {} : params;
  if (pythonKind(given) !== 'dict') {
    throw MlflowError.invalidParameter(`Parameters must be a dictionary. Got type '${typeName(given)}'.`);
  }
  const warnings: string[] = [];
  const entries = textKeys(dictEntries(given), warnings);
  const specs = new Map(schema.params.map((spec) => [spec.name, spec]));
  const ignored = entries.map(([key]) => key).filter((key) => !specs.has(key));
  if (ignored.length > 0) {
    warnings.push(
      `Unrecognized params ${listRepr(ignored)} are ignored for inference. ` +
        `Supported params are: ${setRepr([...specs.keys()])}. ` +
        'To enable them, please add corresponding schema in ModelSignature.',
    );
  }
  const values = new Map(entries.filter(([key]) => specs.has(key)));
  const invalid: string[] = [];
  for (const [name, spec] of specs) {
    try {
      values.set(name, values.has(name) ? spec.validate(values.get(name), options.compatibility ?? '3') : spec.default);
    } catch (error) {
      if (!MlflowError.is(error)) throw error;
      invalid.push(`(${pyRepr(name)}, ${stringRepr(error.message)})`);
    }
  }
  if (invalid.length > 0) {
    throw MlflowError.invalidParameter(`Invalid parameters found: {${invalid.join(', ')}}`);
  }
  return { params: plainRecord([...values]), warnings };
}

function textKeys(entries: readonly [unknown, unknown][], warnings: string[]): [string, unknown][] {
  if (entries.some(([key]) => typeof key !== 'string')) {
    warnings.push(
      'Keys in parameters should be of type `str`, but received non-string keys.Converting all keys to string...',
    );
  }
  return entries.map(([key, value]) => [pyStr(key), value]);
}

function withoutSchema(params: unknown, isDict: boolean): EnforcedParams {
  if (params === null || params === undefined) return { params: null, warnings: [] };
  if (isDict && dictEntries(params).length === 0) return { params: {}, warnings: [] };
  const info = isDict
    ? `Ignoring provided params: ${listRepr(dictEntries(params).map(([key]) => key))}`
    : 'Ignoring invalid params (not a dictionary).';
  const warning =
    '`params` can only be specified at inference time if the model signature ' +
    `defines a params schema. This model does not define a params schema. ${info}`;
  return { params: {}, warnings: [warning] };
}

function plainRecord(entries: readonly [string, unknown][]): Record<string, unknown> {
  return dictFrom(entries.map(([key, value]) => [key, toPlain(value)])) as Record<string, unknown>;
}
