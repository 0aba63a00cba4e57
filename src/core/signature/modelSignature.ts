import { MlflowError } from '../errors.js';
import type { CompatibilityOptions } from './compatibility.js';
import { DataClass } from './dataClass.js';
import { ParamSchema } from './params.js';
import { errorText, toMlflowError } from './pythonError.js';
import { pythonJsonLoads } from './pythonJson.js';
import { typeName } from './pythonValue.js';
import { Schema } from './schema.js';

/** The three JSON texts under `signature` in an MLmodel file. */
export interface SignatureDict {
  inputs: string | null;
  outputs: string | null;
  params: string | null;
}

/**
 * What a model takes and gives: schemas of inputs and outputs, and the params.
 * Source: mlflow.models.signature.ModelSignature.
 */
export class ModelSignature {
  readonly inputs: Schema | null;
  readonly outputs: Schema | null;
  readonly params: ParamSchema | null;

  /**
   * Data classes become the schema of their fields.
   * @throws MlflowError INVALID_PARAMETER_VALUE when all parts are missing or one is of a wrong class.
   */
  constructor(
    inputs: Schema | DataClass | null = null,
    outputs: Schema | DataClass | null = null,
    params: ParamSchema | null = null,
  ) {
    if (params !== null && !((params as unknown) instanceof ParamSchema)) {
      throw MlflowError.invalidParameter(
        `If params are provided, they must by of type mlflow.models.signature.ParamSchema, got '${typeName(params)}'`,
      );
    }
    if (inputs === null && outputs === null && params === null) {
      throw MlflowError.invalidParameter('At least one of inputs, outputs or params must be provided');
    }
    this.inputs = schemaOf('inputs', inputs);
    this.outputs = schemaOf('outputs', outputs);
    this.params = params;
  }

  /**
   * The texts that Python's `to_dict` gives, byte for byte. A params part without params is null.
   * @throws MlflowError INVALID_PARAMETER_VALUE for object params with `compatibility: '2'`.
   */
  toDict(options: CompatibilityOptions = {}): SignatureDict {
    const { params } = this;
    return {
      inputs: this.inputs?.toJson() ?? null,
      outputs: this.outputs?.toJson() ?? null,
      params: params === null || params.params.length === 0 ? null : params.toJson(options.compatibility),
    };
  }

  /**
   * Reads the three JSON texts. Without `compatibility` files of every generation since 1.28 are understood; with it,
   * what that generation refuses is refused with its text.
   * @throws MlflowError with reason `signatureInvalid`.
   */
  static fromDict(
    dict: Partial<Readonly<Record<keyof SignatureDict, string | null | undefined>>>,
    options: CompatibilityOptions = {},
  ): ModelSignature {
    const { compatibility } = options;
    const inputs = readPart('inputs', dict.inputs, (json) => Schema.fromDict(json, compatibility));
    const outputs = readPart('outputs', dict.outputs, (json) => Schema.fromDict(json, compatibility));
    const params = readPart('params', dict.params, (json) => ParamSchema.fromDict(json, compatibility ?? '3'));
    return new ModelSignature(inputs, outputs, params);
  }

  /** What `JSON.stringify` writes: the texts of {@link toDict}. */
  toJSON(): SignatureDict {
    return this.toDict();
  }

  equals(other: unknown): boolean {
    if (!(other instanceof ModelSignature)) return false;
    return (
      partsEqual(this.inputs, other.inputs) &&
      partsEqual(this.outputs, other.outputs) &&
      partsEqual(this.params, other.params)
    );
  }

  /** `repr` in Python. */
  toString(): string {
    const part = (value: Schema | ParamSchema | null) => value?.toString() ?? 'None';
    return `inputs: \n  ${part(this.inputs)}\noutputs: \n  ${part(this.outputs)}\nparams: \n  ${part(this.params)}\n`;
  }
}

function schemaOf(part: 'inputs' | 'outputs', value: Schema | DataClass | null): Schema | null {
  if (value instanceof DataClass) return value.toSchema();
  if (value === null || (value as unknown) instanceof Schema) return value;
  throw MlflowError.invalidParameter(
    `${part} must be either None, mlflow.models.signature.Schema, or a dataclass,got '${typeName(value)}'`,
  );
}

function partsEqual(a: Schema | ParamSchema | null, b: Schema | ParamSchema | null): boolean {
  return a === null ? b === null : a.equals(b);
}

function readPart<T>(part: keyof SignatureDict, text: unknown, read: (json: unknown) => T): T | null {
  if (text === null || text === undefined || text === '') return null;
  if (typeof text !== 'string') {
    throw invalid(
      `The ${part} of the model signature must be a JSON text, not ${typeName(text)}.`,
      'INVALID_PARAMETER_VALUE',
    );
  }
  const json = parsePart(part, text);
  try {
    return read(json);
  } catch (error) {
    if (error instanceof RangeError) {
      throw invalid(
        `The ${part} of the model signature are nested too deeply to be read.`,
        'INVALID_PARAMETER_VALUE',
        error,
      );
    }
    const { message, errorCode } = toMlflowError(error);
    throw invalid(message, errorCode, error);
  }
}

/** Schemas hold no floats: the fast parser serves, unless the text has tokens that only Python knows. */
function parsePart(part: keyof SignatureDict, text: string): unknown {
  if (part !== 'params') {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      // The Python reader below says where it stops being JSON.
    }
  }
  try {
    return pythonJsonLoads(text);
  } catch (error) {
    throw invalid(
      `The ${part} of the model signature cannot be read: ${errorText(error)}. Correct the text under ` +
        `signature.${part} in the MLmodel file, or set the signature again.`,
      'INVALID_PARAMETER_VALUE',
      error,
    );
  }
}

function invalid(message: string, errorCode: MlflowError['errorCode'], cause?: unknown): MlflowError {
  return new MlflowError(message, errorCode, { reason: 'signatureInvalid', ...(cause === undefined ? {} : { cause }) });
}
