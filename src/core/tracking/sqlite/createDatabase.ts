import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { appendToUriPath } from '../../artifacts/uri.js';
import { MlflowError } from '../../errors.js';
import type { SqliteConnection, SqliteDriver } from './connection.js';
import schema from './schema-3.17.json' with { type: 'json' };
import { diskFull, storeNotWritable } from './storeErrors.js';

/**
 * Makes a database as MLflow 3.17 makes it: all tables, the revision, the experiment Default and the workspace. It is made
 * beside its place and then moved there, so that nobody sees half of it. A database that is there already, or is put there
 * by somebody else meanwhile, is left as it is.
 */
export function createDatabase(file: string, driver: SqliteDriver, artifactRoot: string): void {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0) return;
  const temporary = `${file}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    const connection = driver.open(temporary, { mode: 'create' });
    try {
      fill(connection, artifactRoot);
    } finally {
      connection.close();
    }
    moveIntoPlace(temporary, file);
  } catch (error) {
    throw creationError(file, error);
  } finally {
    rmSync(temporary, { force: true });
    rmSync(`${temporary}-journal`, { force: true });
  }
}

function fill(connection: SqliteConnection, artifactRoot: string): void {
  const now = Date.now();
  // Nobody else knows the file yet, and it is synced as a whole before it gets its name.
  connection.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;');
  connection.exec('BEGIN');
  for (const statement of schema.statements) connection.exec(statement);
  connection.run('INSERT INTO alembic_version (version_num) VALUES (?)', [schema.revision]);
  connection.run(
    `INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time, workspace)
     VALUES (0, 'Default', ?, 'active', ?, ?, 'default')`,
    [appendToUriPath(artifactRoot, '0'), now, now],
  );
  connection.run('INSERT INTO workspaces (name, description) VALUES (?, ?)', [
    'default',
    'Default workspace for legacy resources',
  ]);
  connection.exec('COMMIT');
}

/** A link fails where something is already; file systems without links get a rename. */
function moveIntoPlace(temporary: string, file: string): void {
  const descriptor = openSync(temporary, 'r+');
  fsyncSync(descriptor);
  closeSync(descriptor);
  const isEmptyFile = statSync(file, { throwIfNoEntry: false })?.size === 0;
  if (isEmptyFile) {
    renameSync(temporary, file);
    return;
  }
  try {
    linkSync(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    if (!existsSync(file)) renameSync(temporary, file);
  }
}

function creationError(file: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (MlflowError.is(error)) return error;
  if (code === 'ENOSPC' || /full/.test((error as Error).message)) return diskFull(file, error);
  return storeNotWritable(file, error);
}
