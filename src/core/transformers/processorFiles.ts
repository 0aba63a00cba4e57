import { readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { PyRecord } from '../serialization/pyValue.js';
import { makeTokenizerBilingual } from './bilingualFiles.js';
import { isImageProcessorName } from './components.js';
import { editJson, isRecord, readPythonJson, writeJson } from './editJson.js';

/**
 * Where the two generations keep the parts of a processor: 5 all in processor_config.json, 4 the settings of the one part that is
 * no tokenizer in preprocessor_config.json. 5 reads either.
 */
const processorFile = 'processor_config.json';
const partFile = 'preprocessor_config.json';

type ProcessorPart = 'image_processor' | 'feature_extractor';

/**
 * Leaves of a processor's files only the settings of one part, in preprocessor_config.json, where either generation looks for a
 * part that is stored by itself.
 */
export async function storePartAlone(folder: string, part: ProcessorPart): Promise<void> {
  const nested = (await nestedParts(folder))[part];
  if (nested !== undefined) await writeJson(path.join(folder, partFile), nested);
  await unlink(path.join(folder, processorFile)).catch(() => undefined);
}

/** Gives a processor the form that 5 writes: the settings of its part beside its own, the chat template as text. */
export async function joinProcessor(folder: string, className: string): Promise<void> {
  const settings = await readPythonJson(path.join(folder, partFile));
  const own = (await readPythonJson(path.join(folder, processorFile))) ?? {};
  const part = settings && partOf(settings);
  if (settings && part && own[part] === undefined) {
    const nested = without(settings, 'processor_class');
    await writeJson(path.join(folder, processorFile), sorted({ processor_class: className, ...own, [part]: nested }));
    await unlink(path.join(folder, partFile));
  }
  const template = (await readPythonJson(path.join(folder, 'chat_template.json')))?.['chat_template'];
  if (typeof template !== 'string') return;
  await writeFile(path.join(folder, 'chat_template.jinja'), template);
  await unlink(path.join(folder, 'chat_template.json'));
}

/**
 * Gives a processor what 4 needs and 5 reads as well: its tokenizers, the settings of its one other part in a file of its own
 * under the name of a class that both know, and the chat template where 4 looks for it. Of two such parts 4 cannot have either.
 */
export async function splitProcessor(folder: string, className: string): Promise<void> {
  const names = await readdir(folder);
  for (const name of ['.', ...names.filter((entry) => entry.endsWith('tokenizer'))])
    await makeTokenizerBilingual(path.join(folder, name));
  if (!names.includes('vocab.json')) await writeVocabularyFiles(folder);
  const parts = Object.entries(await nestedParts(folder));
  const [only] = parts;
  if (only !== undefined && parts.length === 1) {
    await editJson(path.join(folder, processorFile), (settings) => without(settings, only[0]));
    await writeJson(path.join(folder, partFile), withCommonClass(only[1]));
  } else {
    await editJson(path.join(folder, partFile), (settings) =>
      'processor_class' in settings ? undefined : sorted({ ...settings, processor_class: className }),
    );
  }
  const template = await readFile(path.join(folder, 'chat_template.jinja'), 'utf8').catch(() => undefined);
  if (template !== undefined && !names.includes('chat_template.json'))
    await writeJson(path.join(folder, 'chat_template.json'), { chat_template: template });
}

/** vocab.json and merges.txt, from which processors of 4 build their tokenizers; 5 writes tokenizer.json alone. */
async function writeVocabularyFiles(folder: string): Promise<void> {
  const text = await readFile(path.join(folder, 'tokenizer.json'), 'utf8').catch(() => '{}');
  const { model } = JSON.parse(text) as {
    model?: { type?: string; vocab?: Record<string, number>; merges?: string[] };
  };
  if (model?.type !== 'BPE' || !model.vocab || !model.merges?.every((merge) => typeof merge === 'string')) return;
  await writeFile(path.join(folder, 'vocab.json'), JSON.stringify(model.vocab));
  await writeFile(path.join(folder, 'merges.txt'), `#version: 0.2\n${model.merges.join('\n')}\n`);
}

/** The parts whose settings processor_config.json holds. */
async function nestedParts(folder: string): Promise<Partial<Record<ProcessorPart, PyRecord>>> {
  const settings = (await readPythonJson(path.join(folder, processorFile))) ?? {};
  const found: Partial<Record<ProcessorPart, PyRecord>> = {};
  for (const part of ['image_processor', 'feature_extractor'] as const) {
    const nested = settings[part];
    if (isRecord(nested)) found[part] = nested;
  }
  return found;
}

/** Which part the settings of preprocessor_config.json are; `undefined` where they do not tell, or are of two. */
function partOf(settings: PyRecord): ProcessorPart | undefined {
  const { image_processor_type: images, feature_extractor_type: features } = settings;
  if (typeof images === 'string') return typeof features === 'string' ? undefined : 'image_processor';
  if (typeof features !== 'string') return undefined;
  return isImageProcessorName(features) ? undefined : 'feature_extractor';
}

/** 5 names image processors after what computes them (`CLIPImageProcessorPil`); it reads the plain name as well. */
function withCommonClass(settings: PyRecord): PyRecord {
  const type = settings['image_processor_type'];
  return typeof type === 'string' ? { ...settings, image_processor_type: type.replace(/(Fast|Pil)$/, '') } : settings;
}

function without(settings: PyRecord, key: string): PyRecord {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => name !== key));
}

function sorted(settings: PyRecord): PyRecord {
  return Object.fromEntries(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)));
}
