import { existsSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { dumpPyYaml } from '../serialization/pyYaml.js';

const registeredModelMetaFile = 'registered_model_meta';

/** What `registered_model_meta` says of a downloaded model. */
export interface RegisteredModelMeta {
  modelName: string | null;
  /** A number where the version was found through an alias, else text: as Python writes it for its own stores. */
  modelVersion: string | number | null;
}

/** Of a model that was reached by its own id. */
export const loggedModelMeta: RegisteredModelMeta = { modelName: null, modelVersion: null };

/** Written into model folders only, and never in the way of the download: a read-only folder stays as it is. */
export async function writeRegisteredModelMeta(folder: string, meta: RegisteredModelMeta): Promise<void> {
  if (!statSync(folder).isDirectory() || !existsSync(path.join(folder, 'MLmodel'))) return;
  const text = dumpPyYaml(
    { model_name: meta.modelName, model_version: meta.modelVersion },
    { allowUnicode: true, emitter: 'libyaml' },
  );
  try {
    await writeFile(path.join(folder, registeredModelMetaFile), text);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'EACCES' && code !== 'EROFS' && code !== 'EPERM') throw error;
  }
}
