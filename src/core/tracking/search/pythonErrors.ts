import { MlflowError } from '../../errors.js';

/** What Python raises as a bare exception (ValueError, TypeError), not as an MlflowException. */
export function bareException(message: string): MlflowError {
  return MlflowError.invalidParameter(message, { details: { isBareException: true } });
}

/** A SQL store's session turns every bare exception inside it into INTERNAL_ERROR. Source: mlflow.store.db.utils */
export function asInSession<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (MlflowError.is(error) && error.details?.['isBareException'] === true) {
      throw new MlflowError(error.message, 'INTERNAL_ERROR');
    }
    throw error;
  }
}
