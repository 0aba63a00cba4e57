import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buildFolder } from '../files/atomicFolder.js';
import { placeTree } from '../files/placeTree.js';
import type { LongRunningOptions } from '../ports.js';
import type { SqliteConnection } from '../tracking/sqlite/connection.js';
import { openSqliteDatabase } from '../tracking/sqlite/sqliteDatabase.js';

const placeholder = '{{workspace}}';

/**
 * Copies the sample workspace to `target` and puts that folder's path where MLflow keeps absolute paths: in the database
 * and in the MLmodel files.
 * @throws MlflowError RESOURCE_ALREADY_EXISTS when `target` exists and is not empty.
 */
export async function laySampleWorkspaceOut(source: string, target: string, options: LongRunningOptions = {}): Promise<void> {
  const folder = path.resolve(target);
  await buildFolder(folder, async (temporary) => {
    await placeTree(source, temporary, options);
    await writePathsIntoDatabase(path.join(temporary, 'mlflow.db'), folder);
    await writePathsIntoMlmodels(temporary, folder);
  });
}

async function writePathsIntoDatabase(file: string, folder: string): Promise<void> {
  const database = await openSqliteDatabase(file);
  try {
    await database.write((connection) => {
      for (const [table, column] of textColumns(connection)) {
        connection.run(`UPDATE "${table}" SET "${column}" = replace("${column}", ?, ?) WHERE instr("${column}", ?) > 0`, [
          placeholder,
          folder,
          placeholder,
        ]);
      }
    });
  } finally {
    await database.close();
  }
}

function textColumns(connection: SqliteConnection): [table: string, column: string][] {
  const tables = connection.all("SELECT name FROM sqlite_master WHERE type = 'table'").map((row) => String(row['name']));
  return tables.flatMap((table) =>
    connection
      .all(`PRAGMA table_info("${table}")`)
      .filter((column) => /CHAR|TEXT/i.test(String(column['type'])))
      .map((column): [string, string] => [table, String(column['name'])]),
  );
}

async function writePathsIntoMlmodels(root: string, folder: string): Promise<void> {
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name !== 'MLmodel') continue;
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    const text = await readFile(file, 'utf8');
    // The value is one plain scalar a line; a JSON string is a YAML string that holds any path.
    const rewritten = text.replace(/^(artifact_path: )\{\{workspace\}\}(.*)$/gm, (_, key: string, tail: string) => {
      const value = `${folder}${tail}`;
      return `${key}${/^[\w/.-]+$/.test(value) ? value : JSON.stringify(value)}`;
    });
    await writeFile(file, rewritten);
  }
}
