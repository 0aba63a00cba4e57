import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { DownloadSize } from '../hub/downloadSize.js';
import type { LongRunningOptions } from '../ports.js';
import { isCheckpointFile } from './checkpointFiles.js';
import type { HubAccess } from './hubAccess.js';
import type { HubSizes } from './persistPlan.js';
import { resolveSource } from './resolveSource.js';
import { detectTask } from './taskDetection.js';

/** What can be said of a checkpoint before it is saved. */
export interface SourceDescription {
  /** The folder, or the repository id. */
  nameOrPath: string;
  modelClass: string | null;
  /** Pipeline task; `null` when nothing tells. */
  task: string | null;
  /** Bytes that a save stores. */
  sizeBytes: number;
  /** What a save would bring from the Hub; `null` for a folder. */
  download: DownloadSize | null;
}

/**
 * Reads the small files of a checkpoint folder or of a Hub repository; no weights are fetched.
 * @throws MlflowError reason `fileMissing` for a folder without config.json, `pickledWeights`, or as the Hub answers.
 */
export async function describeSource(
  nameOrPath: string,
  services: { hub: HubAccess & HubSizes },
  options: LongRunningOptions = {},
): Promise<SourceDescription> {
  const source = await resolveSource(nameOrPath, { ...options, hub: services.hub, withWeights: false });
  const [modelClass] = Array.isArray(source.config['architectures']) ? source.config['architectures'] : [];
  const download =
    source.revision === undefined || source.adapterFolder !== undefined
      ? null
      : await services.hub.sizeBeforeDownload(source.nameOrPath, source.revision, options);
  return {
    nameOrPath,
    modelClass: typeof modelClass === 'string' ? modelClass : null,
    task: await detectTask(source.modelFolder, source.config),
    sizeBytes: download?.sizeBytes ?? (await checkpointSizeBytes(source.adapterFolder ?? source.modelFolder)),
    download,
  };
}

async function checkpointSizeBytes(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter(isCheckpointFile);
  const sizes = await Promise.all(names.map(async (name) => (await stat(path.join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
