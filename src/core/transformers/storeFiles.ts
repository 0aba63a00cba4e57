import { mkdir, readdir, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import { placeTree, treeFiles, type PlacedTree } from '../files/placeTree.js';
import type { JsonObject, LongRunningOptions } from '../ports.js';
import { readCheckpointTensors } from '../safetensors/checkpoint.js';
import type { FloatDtype } from '../safetensors/floatConversion.js';
import { checkpointSizeBytes, writeCheckpoint } from '../safetensors/writeCheckpoint.js';
import { declareDtype, declareVocabularySize, makeConfigBilingual, makeTokenizerBilingual } from './bilingualFiles.js';
import { isModelFile, isPickledWeights, isWholeProcessorFile } from './checkpointFiles.js';
import type { DescribedComponents } from './components.js';
import { customModules } from './customCode.js';
import { readJsonFile } from './jsonFile.js';
import { joinProcessor, splitProcessor, storePartAlone } from './processorFiles.js';
import { resizedEmbeddings, withTensors } from './resizedEmbeddings.js';
import { staysSingle } from './singlePrecision.js';
import { isTokenizerFile } from './tokenizerClass.js';
import { torchNameOf } from './torchDtype.js';

export interface StoreOptions extends LongRunningOptions {
  allowHardLinks?: boolean | undefined;
  /** Whether files written by transformers 5 get what 4 needs. */
  isBilingual: boolean;
  isPreview?: boolean | undefined;
}

export interface StoreModelOptions extends StoreOptions {
  /** Take the whole folder, as Python does for a local checkpoint; else only what belongs to the model. */
  wholeFolder: boolean;
  convertTo?: FloatDtype | undefined;
  maxShardSizeBytes?: number | undefined;
  /** Whether the index of shards tells the number of parameters, as transformers 5 writes it. */
  countsParameters?: boolean | undefined;
  /** Adapter of this base: where it brings embeddings of another size, they are stored as the base's. */
  adapterFolder?: string | undefined;
}

export interface StoredModel extends PlacedTree {
  /** Bytes that a preview counted and did not write. */
  skippedBytes: number;
}

/** A preview stores files up to this size and counts the larger ones. */
const previewLimitBytes = 64 * 1024;

/**
 * Stores a checkpoint as `model/`: its files as they are, or its weights written again where another precision or shard size
 * is wanted, or an adapter has resized them.
 * @throws MlflowError reason `pickledWeights` for a checkpoint whose only weights are pickled; INVALID_STATE when the
 *   checkpoint changes meanwhile.
 */
export async function storeModel(source: string, folder: string, options: StoreModelOptions): Promise<StoredModel> {
  await refusePickledOnly(source);
  const resized =
    options.adapterFolder === undefined
      ? null
      : await resizedEmbeddings(options.adapterFolder, await readCheckpointTensors(source));
  const rewrites = options.convertTo !== undefined || options.maxShardSizeBytes !== undefined || resized !== null;
  const modules = options.wholeFolder ? new Set<string>() : await customModules(source, ['config.json']);
  const belongs = (name: string): boolean =>
    !name.split('/').includes('.git') &&
    (options.wholeFolder || isModelFile(name) || modules.has(name)) &&
    !(rewrites && isWeights(name));
  const files = await treeFiles(source, { filter: belongs, signal: options.signal });
  const skipped = new Map(
    files
      .filter(({ sizeBytes }) => options.isPreview && sizeBytes > previewLimitBytes)
      .map(({ relativePath, sizeBytes }) => [relativePath, sizeBytes]),
  );
  const placed = await placeTree(source, folder, { ...options, filter: (name) => belongs(name) && !skipped.has(name) });
  let skippedBytes = [...skipped.values()].reduce((sum, sizeBytes) => sum + sizeBytes, 0);
  if (rewrites) {
    const own = await readCheckpointTensors(source);
    const tensors = resized === null ? own : withTensors(own, resized.tensors);
    const wanted = {
      dtype: options.convertTo,
      staysSingle: options.convertTo && staysSingle(await readConfig(source), options.convertTo),
      maxShardSizeBytes: options.maxShardSizeBytes,
      countsParameters: options.countsParameters,
    };
    if (options.isPreview) skippedBytes += checkpointSizeBytes(tensors, wanted);
    else {
      await whileUnchanged(source, () =>
        writeCheckpoint(tensors, folder, { ...wanted, signal: options.signal, onProgress: options.onProgress }),
      );
    }
  }
  if (options.isBilingual || rewrites) await ownCopy(folder, 'config.json', source);
  if (resized !== null) await declareVocabularySize(folder, resized.sizes);
  if (options.convertTo !== undefined) await declareDtype(folder, torchNameOf(options.convertTo));
  if (options.isBilingual) await makeConfigBilingual(folder);
  return { ...placed, skippedBytes };
}

async function readConfig(source: string): Promise<JsonObject> {
  return (await readJsonFile(path.join(source, 'config.json'))) ?? {};
}

function isWeights(name: string): boolean {
  return /^model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?$/.test(name);
}

/** Runs `write` and checks that the weights it read are still those of before. */
async function whileUnchanged(source: string, write: () => Promise<unknown>): Promise<void> {
  const state = async (): Promise<string> => {
    const names = (await readdir(source)).filter(isWeights).sort();
    const infos = await Promise.all(names.map((name) => stat(path.join(source, name))));
    return names.map((name, index) => `${name} ${infos[index]!.size} ${infos[index]!.mtimeMs}`).join('\n');
  };
  const before = await state();
  await write();
  if ((await state()) !== before) {
    throw new MlflowError(
      `The weights in ${source} changed while they were being read. Wait until whatever writes them has finished, then try again.`,
      'INVALID_STATE',
      { details: { path: source } },
    );
  }
}

/** Files of components that can name classes of their own. */
const settingsFiles = ['tokenizer_config.json', 'preprocessor_config.json', 'processor_config.json'];

/** Stores tokenizer, processors and the like below `components/`. */
export async function storeComponents(
  components: DescribedComponents,
  folder: string,
  options: StoreOptions,
): Promise<void> {
  for (const [name, component] of Object.entries(components)) {
    const target = path.join(folder, name);
    await mkdir(target, { recursive: true });
    const belongs =
      name === 'tokenizer' ? isTokenizerFile : name === 'processor' ? isWholeProcessorFile : isSettingsOfPart;
    const modules = await customModules(component.folder, settingsFiles.filter(belongs));
    // Small text files that may be edited below: never links to the source.
    await placeTree(component.folder, target, {
      signal: options.signal,
      filter: (file) => belongs(file) || modules.has(file),
    });
    if (name === 'image_processor' || name === 'feature_extractor') await storePartAlone(target, name);
    else if (options.isBilingual && name === 'tokenizer') await makeTokenizerBilingual(target);
    else if (name === 'processor')
      await (options.isBilingual ? splitProcessor : joinProcessor)(target, component.className);
  }
}

function isSettingsOfPart(relativePath: string): boolean {
  return /^(pre)?processor_config\.json$/.test(relativePath);
}

async function refusePickledOnly(source: string): Promise<void> {
  const names = await readdir(source);
  const hasSafeWeights = names.some(
    (name) => name.endsWith('.safetensors') || name.endsWith('.onnx') || name === 'onnx',
  );
  const pickled = names.filter((name) => isPickledWeights(name));
  if (!hasSafeWeights && pickled.length > 0) {
    throw MlflowError.invalidParameter(
      `${source} holds its weights only as ${pickled.join(', ')}, a format that can run code when it is read. ` +
        'Convert them to safetensors first (save_pretrained in Python writes it, the python engine can do it), then save again.',
      { reason: 'pickledWeights', details: { folder: source } },
    );
  }
}

/** A file that is about to be edited must not be a link to the source's. */
async function ownCopy(folder: string, name: string, source: string): Promise<void> {
  await unlink(path.join(folder, name)).catch(() => undefined);
  await placeTree(source, folder, { filter: (relativePath) => relativePath === name });
}
