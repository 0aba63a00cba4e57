import path from 'node:path';
import { MlflowError } from '../../errors.js';

const sqliteUri = /^sqlite(?:\+[a-z]+)?:\/\/(?:\/([^?]*))?(?:\?(.*))?$/s;

/** Whether a tracking or registry URI names a SQLite database. */
export function isSqliteUri(uri: string): boolean {
  return /^sqlite(\+[a-z]+)?:\/\//.test(uri);
}

/**
 * The file a `sqlite:` URI names, absolute: three slashes before a path relative to `workingDirectory` (or a Windows
 * path with a drive letter), four before an absolute one. The database part is not percent-decoded, and what follows
 * `?` configures Python's driver. Source: SQLAlchemy engine URLs.
 * @throws INVALID_PARAMETER_VALUE for another scheme and for databases in memory.
 */
export function sqliteFileOfUri(uri: string, workingDirectory: string): string {
  const match = sqliteUri.exec(uri);
  if (match === null) {
    throw MlflowError.invalidParameter(
      `'${uri}' is not a SQLite URI. Write sqlite:///mlflow.db or sqlite:////home/me/mlflow.db.`,
    );
  }
  const database = match[1] ?? '';
  const query = new URLSearchParams(match[2] ?? '');
  if (database === '' || database === ':memory:' || query.get('mode') === 'memory') {
    throw MlflowError.invalidParameter(
      `'${uri}' names a database in Python's memory, which no other program can open. Name a file, such as sqlite:///mlflow.db.`,
    );
  }
  const isFileUri = database.startsWith('file:') && query.get('uri') === 'true';
  return path.resolve(
    workingDirectory,
    isFileUri ? database.slice('file:'.length).replace(/^\/\/(?=\/)/, '') : database,
  );
}

/** The URI of a database file as MLflow writes it: `sqlite:////home/me/mlflow.db`, `sqlite:///C:/me/mlflow.db`. */
export function sqliteUriOfFile(file: string): string {
  const posix = file.replaceAll('\\', '/');
  return `sqlite:///${posix}`;
}
