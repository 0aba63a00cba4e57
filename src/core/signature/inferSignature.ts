import type { CompatibilityOptions } from './compatibility.js';
import { DataClass } from './dataClass.js';
import { AnyType } from './dataTypes.js';
import { inferParamSchema } from './inferParams.js';
import { inferSchema, UninferableObjectError } from './inferSchema.js';
import { ModelSignature } from './modelSignature.js';
import { withMlflowErrors } from './pythonError.js';
import { dictEntries, pythonKind } from './pythonValue.js';
import { ColSpec, Schema } from './schema.js';

export interface InferSignatureOptions extends CompatibilityOptions {
  /** Hears what Python would log: integer columns, a side that became `any`. */
  onWarning?: ((message: string) => void) | undefined;
}

/**
 * The signature of an input, what the model gave for it, and the params it takes. How JavaScript values stand for Python's
 * is said in pythonValue.ts: whole numbers are ints (`long`), all others floats (`double`).
 * In 3.17 a side that cannot be inferred becomes one unnamed `any` column with a warning; in 2.16 it is an error.
 * Source: mlflow.models.signature.infer_signature.
 * @throws MlflowError INVALID_PARAMETER_VALUE for params, for all sides missing, and in 2.16 for data.
 */
export function inferSignature(
  input: unknown,
  output?: unknown,
  params?: unknown,
  options: InferSignatureOptions = {},
): ModelSignature {
  const compatibility = options.compatibility ?? '3';
  return withMlflowErrors(() => {
    const inputs = inferSide('inputs', input, options);
    const outputs = inferSide('outputs', output, options);
    return new ModelSignature(inputs, outputs, isEmptyParams(params) ? null : inferParamSchema(params, compatibility));
  });
}

function inferSide(side: 'inputs' | 'outputs', data: unknown, options: InferSignatureOptions): Schema | null {
  if (data === null || data === undefined) return null;
  const compatibility = options.compatibility ?? '3';
  try {
    const isDeclared = data instanceof DataClass && compatibility === '3';
    return isDeclared ? data.toSchema() : inferSchema(data, compatibility, options.onWarning);
  } catch (error) {
    if (compatibility === '2' || error instanceof UninferableObjectError) throw error;
    const note = side === 'inputs' ? "Note that MLflow doesn't validate data types during inference for AnyType. " : '';
    options.onWarning?.(
      `Failed to infer schema for ${side}. ` +
        `Setting schema to \`Schema([ColSpec(type=AnyType())]\` as default. ${note}` +
        'To see the full traceback, set logging level to DEBUG.',
    );
    return new Schema([new ColSpec(new AnyType())]);
  }
}

function isEmptyParams(params: unknown): boolean {
  if (params === null || params === undefined || params === false || params === 0 || params === '') return true;
  if (Array.isArray(params)) return params.length === 0;
  return pythonKind(params) === 'dict' && dictEntries(params).length === 0;
}
