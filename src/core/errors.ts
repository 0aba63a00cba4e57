/**
 * MLflow's own error codes, as its REST API and `MlflowException` name them.
 * Source: MLflow protos/databricks.proto (ErrorCode).
 */
export type ErrorCode =
  | 'ABORTED'
  | 'ALREADY_EXISTS'
  | 'BAD_REQUEST'
  | 'CANCELLED'
  | 'CUSTOMER_UNAUTHORIZED'
  | 'DATA_LOSS'
  | 'DEADLINE_EXCEEDED'
  | 'ENDPOINT_NOT_FOUND'
  | 'INTERNAL_ERROR'
  | 'INVALID_PARAMETER_VALUE'
  | 'INVALID_STATE'
  | 'NOT_FOUND'
  | 'NOT_IMPLEMENTED'
  | 'PERMISSION_DENIED'
  | 'REQUEST_LIMIT_EXCEEDED'
  | 'RESOURCE_ALREADY_EXISTS'
  | 'RESOURCE_CONFLICT'
  | 'RESOURCE_DOES_NOT_EXIST'
  | 'RESOURCE_EXHAUSTED'
  | 'TEMPORARILY_UNAVAILABLE'
  | 'UNAUTHENTICATED';

/**
 * What exactly went wrong where MLflow's code alone does not say it. The host maps a reason to the actions it offers;
 * the message is always a whole sentence of its own.
 */
export type ErrorReason =
  | 'architectureUnsupported'
  | 'artifactSchemeUnsupported'
  | 'codeExecutionRefused'
  | 'deviceUnavailable'
  | 'diskFull'
  | 'fileMissing'
  | 'fileUnreadable'
  | 'flavorMissing'
  | 'hubOffline'
  | 'hubRateLimited'
  | 'mlmodelInvalid'
  | 'pickledWeights'
  | 'referenceOnly'
  | 'safetensorsInvalid'
  | 'shardMissing'
  | 'signatureInvalid'
  | 'storeForeign'
  | 'storeLocked'
  | 'storeMissing'
  | 'storeSchemaUnknown'
  | 'targetExists'
  | 'taskUnsupported'
  | 'tokenizerMissing'
  | 'tokenizerUnsupported'
  | 'untrusted'
  | 'workerDied';

export interface MlflowErrorOptions {
  /** Finer than the code; see {@link ErrorReason}. */
  reason?: ErrorReason | undefined;
  /** Values the reason speaks of: a path, a task, an architecture. */
  details?: Readonly<Record<string, string | number | boolean | null>> | undefined;
  cause?: unknown;
}

/** The shape in which an error crosses a process, a thread or a webview. */
export interface WireError {
  message: string;
  errorCode: ErrorCode;
  reason?: ErrorReason;
  details?: Readonly<Record<string, string | number | boolean | null>>;
  stack?: string;
}

/**
 * The one error class of this project, the counterpart of Python's `MlflowException`.
 * Recognise it with {@link MlflowError.is}: `instanceof` does not survive a process or bundle border.
 */
export class MlflowError extends Error {
  override readonly name = 'MlflowError';
  readonly errorCode: ErrorCode;
  readonly reason: ErrorReason | undefined;
  readonly details: Readonly<Record<string, string | number | boolean | null>> | undefined;

  constructor(message: string, errorCode: ErrorCode = 'INTERNAL_ERROR', options: MlflowErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.errorCode = errorCode;
    this.reason = options.reason;
    this.details = options.details;
  }

  static is(error: unknown, errorCode?: ErrorCode): error is MlflowError {
    return (
      error instanceof Error &&
      error.name === 'MlflowError' &&
      (errorCode === undefined || (error as MlflowError).errorCode === errorCode)
    );
  }

  static invalidParameter(message: string, options?: MlflowErrorOptions): MlflowError {
    return new MlflowError(message, 'INVALID_PARAMETER_VALUE', options);
  }

  static doesNotExist(message: string, options?: MlflowErrorOptions): MlflowError {
    return new MlflowError(message, 'RESOURCE_DOES_NOT_EXIST', options);
  }

  static cancelled(message = 'The operation was cancelled.'): MlflowError {
    return new MlflowError(message, 'CANCELLED');
  }

  /** Any thrown value as an `MlflowError`; an `AbortError` becomes `CANCELLED`. */
  static from(error: unknown): MlflowError {
    if (MlflowError.is(error)) return error;
    if (error instanceof Error && error.name === 'AbortError') return MlflowError.cancelled();
    const message = error instanceof Error ? error.message : String(error);
    return new MlflowError(message, 'INTERNAL_ERROR', { cause: error });
  }

  static toWire(error: unknown): WireError {
    const { message, errorCode, reason, details, stack } = MlflowError.from(error);
    return {
      message,
      errorCode,
      ...(reason === undefined ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      ...(stack === undefined ? {} : { stack }),
    };
  }

  static fromWire(wire: WireError): MlflowError {
    const error = new MlflowError(wire.message, wire.errorCode, { reason: wire.reason, details: wire.details });
    if (wire.stack !== undefined) error.stack = wire.stack;
    return error;
  }
}

/** Throws `CANCELLED` when the signal has been aborted. Call it between the steps of long work. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw MlflowError.cancelled();
}
