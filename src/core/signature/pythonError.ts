import { MlflowError } from '../errors.js';
import { stringRepr } from '../serialization/pythonRepr.js';

/** An exception of Python itself or of pandas and numpy, on its way to become part of an MLflow message. */
export class PythonError extends Error {
  constructor(
    /** Python's class name, such as `ValueError`. */
    readonly pythonType: string,
    message: string,
    /** `repr(error)` where it is not the class with the text. */
    readonly repr?: string,
  ) {
    super(message);
  }
}

export function valueError(message: string): PythonError {
  return new PythonError('ValueError', message);
}

export function typeError(message: string): PythonError {
  return new PythonError('TypeError', message);
}

/** Errors that never leave this library as they are become `INVALID_PARAMETER_VALUE` with the same text. */
export function toMlflowError(error: unknown): MlflowError {
  if (error instanceof PythonError) return MlflowError.invalidParameter(error.message, { cause: error });
  return MlflowError.from(error);
}

/** Calls `action`; Python's own exceptions come out as `MlflowError`. */
export function withMlflowErrors<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw toMlflowError(error);
  }
}

/** The text of any thrown value, as `str(error)`. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `repr(error)`. */
export function errorRepr(error: unknown): string {
  if (error instanceof PythonError && error.repr !== undefined) return error.repr;
  return `${errorTypeName(error)}(${stringRepr(errorText(error))})`;
}

/** The class name that Python would show. */
export function errorTypeName(error: unknown): string {
  if (error instanceof PythonError) return error.pythonType;
  return MlflowError.is(error) ? 'MlflowException' : 'Exception';
}
