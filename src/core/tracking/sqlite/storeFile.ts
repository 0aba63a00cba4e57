import type { SqliteConnection } from './connection.js';
import type { SqliteDatabase } from './sqliteDatabase.js';
import { notAnMlflowDatabase, storeSchemaUnknown } from './storeErrors.js';
import { StoreSchema } from './storeSchema.js';

/** What a store's queries work on: one connection inside one transaction, and what the database has. */
export interface Session {
  readonly connection: SqliteConnection;
  readonly schema: StoreSchema;
}

/** A session that may write, under the rules of the generation that the database belongs to. */
export interface WriteSession extends Session {
  readonly generation: 2 | 3;
}

/** An MLflow database. Its schema is looked at again whenever it has changed, as after `mlflow db upgrade`. */
export class StoreFile {
  readonly database: SqliteDatabase;
  #known: { schemaVersion: unknown; schema: StoreSchema } | undefined;

  constructor(database: SqliteDatabase) {
    this.database = database;
  }

  /** @throws storeForeign when the file has no MLflow tables. */
  read<T>(action: (session: Session) => T): Promise<T> {
    return this.database.read((connection) => action({ connection, schema: this.#schemaOf(connection) }));
  }

  /** One transaction. @throws storeSchemaUnknown when the revision is not one that is written to. */
  write<T>(action: (session: WriteSession) => T): Promise<T> {
    return this.database.write((connection) => {
      const schema = this.#schemaOf(connection);
      const generation = schema.writableGeneration;
      if (generation === null) throw storeSchemaUnknown(this.database.file, schema.revision);
      return action({ connection, schema, generation });
    });
  }

  #schemaOf(connection: SqliteConnection): StoreSchema {
    const schemaVersion = connection.get('PRAGMA schema_version')?.['schema_version'];
    if (this.#known?.schemaVersion === schemaVersion && this.#known !== undefined) return this.#known.schema;
    const schema = StoreSchema.read(connection);
    if (!schema.isMlflow) throw notAnMlflowDatabase(this.database.file);
    this.#known = { schemaVersion, schema };
    return schema;
  }
}
