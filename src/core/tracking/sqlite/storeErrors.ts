import { MlflowError } from '../../errors.js';
import { SqliteError } from './connection.js';

export function storeMissing(file: string): MlflowError {
  return MlflowError.doesNotExist(`There is no database at ${file}.`, {
    reason: 'storeMissing',
    details: { path: file },
  });
}

export function notADatabase(file: string): MlflowError {
  return MlflowError.invalidParameter(`${file} is not a SQLite database.`, {
    reason: 'storeForeign',
    details: { path: file },
  });
}

export function notAnMlflowDatabase(file: string): MlflowError {
  return MlflowError.invalidParameter(
    `${file} is a SQLite database, but not one of MLflow: it has no tables for experiments and runs.`,
    { reason: 'storeForeign', details: { path: file } },
  );
}

export function storeLocked(file: string, cause?: unknown): MlflowError {
  return new MlflowError(
    `${file} is locked by another program that is writing to it. Try again when that program has finished.`,
    'TEMPORARILY_UNAVAILABLE',
    { reason: 'storeLocked', details: { path: file }, cause },
  );
}

export function storeInterrupted(file: string, cause?: unknown): MlflowError {
  return new MlflowError(
    `A program died while writing to ${file}, and the file can only be put right where it may be written. Make the file and its folder writable, or open it once with MLflow.`,
    'TEMPORARILY_UNAVAILABLE',
    { reason: 'storeLocked', details: { path: file }, cause },
  );
}

export function walNeedsNativeSqlite(file: string): MlflowError {
  return new MlflowError(
    `${file} is in write-ahead-log mode and in use. Reading it takes Node.js 22.13 or later, this is ${process.version}.`,
    'NOT_IMPLEMENTED',
    { reason: 'storeLocked', details: { path: file } },
  );
}

export function writingNeedsNativeSqlite(file: string): MlflowError {
  return new MlflowError(
    `${file} cannot be written safely: Node.js ${process.version} has no SQLite of its own, and neither perl nor python3 is there to lock the file with. Use Node.js 22.13 or later.`,
    'NOT_IMPLEMENTED',
    { reason: 'storeLocked', details: { path: file } },
  );
}

export function storeNotWritable(file: string, cause?: unknown): MlflowError {
  return new MlflowError(`${file} cannot be written: the file or its folder is read-only.`, 'PERMISSION_DENIED', {
    details: { path: file },
    cause,
  });
}

export function storeSchemaUnknown(file: string, revision: string | null): MlflowError {
  return MlflowError.invalidParameter(
    `${file} has MLflow's database schema ${revision ?? 'of a time before revisions were recorded'}, which is read but not written here. Back it up and run \`mlflow db upgrade\` on it with a current MLflow.`,
    { reason: 'storeSchemaUnknown', details: { path: file, revision } },
  );
}

export function diskFull(file: string, cause?: unknown): MlflowError {
  return new MlflowError(`There is no space left on the disk of ${file}.`, 'INTERNAL_ERROR', {
    reason: 'diskFull',
    details: { path: file },
    cause,
  });
}

/**
 * What an error of SQLite means for the caller. Constraint violations that no store method foresaw become BAD_REQUEST
 * with Python's prefix, as MLflow's session does. Other errors pass through.
 */
export function translateSqliteError(file: string, error: unknown): unknown {
  if (!(error instanceof SqliteError)) return error;
  if (error.isBusy) return storeLocked(file, error);
  if (error.isNotADatabase) return notADatabase(file);
  if (error.isConstraint) {
    return new MlflowError(`(sqlite3.IntegrityError) ${error.message}`, 'BAD_REQUEST', { cause: error });
  }
  if (error.message === 'database or disk is full') return diskFull(file, error);
  if (error.message === 'attempt to write a readonly database') return storeNotWritable(file, error);
  if (/^(unable to open database file|Could not open the database)/.test(error.message))
    return storeNotWritable(file, error);
  if (error.message === 'database disk image is malformed') {
    return new MlflowError(
      `${file} is damaged: SQLite says that it is malformed. Restore it from a copy.`,
      'DATA_LOSS',
      {
        reason: 'fileUnreadable',
        details: { path: file },
        cause: error,
      },
    );
  }
  return new MlflowError(`SQLite could not work on ${file}: ${error.message}.`, 'INTERNAL_ERROR', { cause: error });
}
