import { readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { FlavorSettings } from '../mlmodel/model.js';
import { parseShardSize } from '../safetensors/writeCheckpoint.js';
import { dumpPythonJson } from '../serialization/pythonJson.js';
import type { JsonObject } from '../ports.js';
import type { DescribedComponents } from './components.js';
import { customClassesOf, declareArchitecture } from './customCode.js';
import { isFolder } from './modelSource.js';
import { isRepositoryId } from './hubAccess.js';
import { writeLicense } from './license.js';
import { cardDataFileName, cardDataText, cardTextFileName, parseModelCard, type ModelCard } from './modelCard.js';
import { declaredModelClass } from './modelClass.js';
import type { Save } from './saveContext.js';
import type { SavedModel } from './saveOptions.js';
import { storeAdapter } from './storeAdapter.js';
import { storeComponents, storeModel } from './storeFiles.js';
import { floatDtypeOf } from './torchDtype.js';

export interface StoredPayload {
  bytesByPlacement: SavedModel['bytesByPlacement'];
  /** Bytes that a preview did not write. */
  skippedBytes: number;
}

/** Stores adapter, weights and components, as far as the flavor's settings say that they are stored. */
export async function storePayload(
  save: Save,
  components: DescribedComponents,
  flavor: FlavorSettings,
): Promise<StoredPayload> {
  const { folder, source, options } = save;
  const shared = {
    signal: options.signal,
    onProgress: options.onProgress,
    allowHardLinks: options.allowHardLinks,
    isBilingual: save.nameGeneration !== 5,
    isPreview: save.isPreview,
  };
  // Side by side: the small files' time is hidden behind the weights'.
  const [weights] = await allDone([
    save.savePretrained
      ? storeModel(source.modelFolder, path.join(folder, 'model'), {
          ...shared,
          wholeFolder: source.kind === 'checkpoint',
          convertTo: options.torchDtype === undefined ? undefined : floatDtypeOf(options.torchDtype),
          maxShardSizeBytes: options.maxShardSize === undefined ? undefined : parseShardSize(options.maxShardSize),
          countsParameters: save.nameGeneration !== 4,
          adapterFolder: source.adapterFolder,
        })
      : Promise.resolve(null),
    source.adapterFolder === undefined
      ? Promise.resolve()
      : storeAdapter(source.adapterFolder, path.join(folder, 'peft'), shared),
    'model_binary' in flavor || 'local_base_model_path' in flavor
      ? storeComponents(withProcessor(save, components, flavor), path.join(folder, 'components'), shared)
      : Promise.resolve(),
  ]);
  const modelClass = String(flavor['pipeline_model_type']);
  if (save.savePretrained && isCustomClass(source.config, modelClass))
    await declareArchitecture(path.join(folder, 'model'), modelClass);
  if (options.inferenceConfig !== undefined && save.generation === '2') {
    await writeFile(path.join(folder, 'inference_config.txt'), dumpPythonJson(options.inferenceConfig, { indent: 2 }));
  }
  return { bytesByPlacement: weights?.bytesByPlacement ?? null, skippedBytes: weights?.skippedBytes ?? 0 };
}

/** Whether a class comes with the model and is another than the one that its configuration names first. */
function isCustomClass(config: JsonObject, modelClass: string): boolean {
  return customClassesOf(config).includes(modelClass) && declaredModelClass(config) !== modelClass;
}

function withProcessor(
  { processorFolder }: Save,
  components: DescribedComponents,
  flavor: FlavorSettings,
): DescribedComponents {
  if (processorFolder === undefined) return components;
  return { ...components, processor: { folder: processorFolder, className: String(flavor['processor_type']) } };
}

/** Waits for all, also when one fails: whoever cleans up must not meet another that still writes. */
async function allDone<T extends readonly unknown[]>(tasks: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  const results = await Promise.allSettled(tasks);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return Promise.all(tasks) as unknown as Promise<T>;
}

/** Writes the licence, and the model card where one was given or the Hub has one. */
export async function writeCardAndLicense(save: Save): Promise<void> {
  const { folder, source, options, log } = save;
  const card = await cardOf(save);
  if (options.baseModelPath === undefined)
    await writeLicense(folder, source.nameOrPath, card, await hubOf(save), log, options);
  if (!card) return;
  await writeFile(path.join(folder, cardTextFileName), card.text);
  await writeFile(path.join(folder, cardDataFileName), cardDataText(card));
}

/** The Hub, where the model can be on it: the relative path of a folder reads like a repository's id. */
async function hubOf({ source, services }: Save): Promise<Save['services']['hub']> {
  return (await isFolder(source.nameOrPath)) ? undefined : services.hub;
}

async function cardOf(save: Save): Promise<ModelCard | null> {
  const { source, options, log } = save;
  if (typeof options.modelCard === 'string') return parseModelCard(options.modelCard);
  if (options.modelCard !== undefined) return options.modelCard;
  const hub = await hubOf(save);
  if (!hub || options.baseModelPath !== undefined || !isRepositoryId(source.nameOrPath)) return null;
  try {
    const text = await hub.modelCard(source.nameOrPath, options);
    return text === null ? null : parseModelCard(text);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    log.warn(
      `The model card could not be retrieved from the hub due to ${error instanceof Error ? error.message : String(error)}`,
    );
    return null;
  }
}

/** Bytes of all files below a folder. */
export async function folderSizeBytes(folder: string): Promise<number> {
  let sizeBytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) sizeBytes += (await stat(path.join(entry.parentPath ?? entry.path, entry.name))).size;
  }
  return sizeBytes;
}
