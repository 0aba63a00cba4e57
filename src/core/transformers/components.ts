import path from 'node:path';
import type { JsonObject } from '../ports.js';
import type { ComponentName } from '../mlmodel/transformersFlavor.js';
import { autoClasses4 } from './autoClasses4.js';
import { autoClasses5 } from './autoClasses5.js';
import { typeTable } from './autoClassTable.js';
import { customClassOf } from './customCode.js';
import { readJsonFile } from './jsonFile.js';
import type { ModelSource, SourceComponent } from './modelSource.js';
import { generationHasTask, type TransformersGeneration } from './tasks.js';
import { tokenizerClassOf } from './tokenizerClass.js';

/** A component with the class name that MLmodel records. */
export interface DescribedComponent extends SourceComponent {
  className: string;
}

export type DescribedComponents = Partial<Record<ComponentName, DescribedComponent>>;

interface Wanted {
  tokenizer: boolean;
  featureExtractor: boolean;
  imageProcessor: boolean;
}

/**
 * The components a pipeline of this task has, in Python's order (feature extractor, tokenizer, image processor), with their
 * classes: those given, else those the pipeline would load from the model's folder.
 * Source: transformers.pipeline of both generations.
 */
export async function describeComponents(
  source: ModelSource,
  task: string,
  config: JsonObject | null,
  generation: TransformersGeneration | 'both',
): Promise<DescribedComponents> {
  const wanted = wantedComponents(task, config, generation);
  const described: DescribedComponents = {};
  const describe = async (
    name: ComponentName,
    isWanted: boolean,
    classOf: (folder: string) => Promise<string | null>,
  ): Promise<void> => {
    const given = source.components[name];
    if (!given && !isWanted) return;
    const component = given ?? { folder: source.modelFolder };
    const className = component.className ?? (await classOf(component.folder));
    if (className !== null) described[name] = { ...component, className };
  };
  await describe('feature_extractor', wanted.featureExtractor, (folder) => featureExtractorClassOf(folder, config));
  await describe('tokenizer', wanted.tokenizer, (folder) => tokenizerClassOf(folder, config, generation));
  await describe('image_processor', wanted.imageProcessor, (folder) =>
    imageProcessorClassOf(folder, config, generation),
  );
  return described;
}

/**
 * Python's class of the processor in a folder, as `AutoProcessor.from_pretrained` chooses it: the one that the settings name, else
 * that of the model type; `null` when neither tells.
 */
export async function processorClassOf(folder: string): Promise<string | null> {
  for (const name of ['processor_config.json', 'preprocessor_config.json', 'tokenizer_config.json']) {
    const settings = await readJsonFile(path.join(folder, name));
    const className = customClassOf(settings, ['AutoProcessor']) ?? settings?.['processor_class'];
    if (typeof className === 'string') return className;
  }
  const type = String((await readJsonFile(path.join(folder, 'config.json')))?.['model_type'] ?? '');
  return processors5.get(type) ?? processors4.get(type) ?? null;
}

const imageProcessors4 = typeTable(autoClasses4.imageProcessors);
const imageProcessors5 = typeTable(autoClasses5.imageProcessors);
const imageProcessorNames5 = new Set(imageProcessors5.values());
const featureExtractors4 = typeTable(autoClasses4.featureExtractors);
const featureExtractors5 = typeTable(autoClasses5.featureExtractors);
const processors4 = typeTable(autoClasses4.processors);
const processors5 = typeTable(autoClasses5.processors);

const withoutTokenizer =
  /^(audio-classification|image-classification|image-feature-extraction|depth-estimation|image-to-image|video-classification|keypoint-matching|mask-generation)$/;
const withFeatureExtractor5 =
  /^(audio-classification|automatic-speech-recognition|zero-shot-audio-classification|document-question-answering)$/;
const withImageProcessor5 =
  /^(depth-estimation|image-(classification|feature-extraction|segmentation)|keypoint-matching|mask-generation|(zero-shot-)?object-detection|zero-shot-image-classification|document-question-answering|video-classification|image-text-to-text|any-to-any)$/;
const multimodal4 =
  /^(automatic-speech-recognition|feature-extraction|(visual|document)-question-answering|zero-shot-(image|audio)-classification|image-segmentation|image-to-text|(zero-shot-)?object-detection|mask-generation)$/;
const vision4 =
  /^(image-classification|image-feature-extraction|depth-estimation|image-to-image|video-classification)$/;

function wantedComponents(
  task: string,
  config: JsonObject | null,
  generation: TransformersGeneration | 'both',
): Wanted {
  const usesFive = generation === 5 || (generation === 'both' && generationHasTask(task, 5));
  if (usesFive) {
    return {
      tokenizer: !withoutTokenizer.test(task),
      featureExtractor: withFeatureExtractor5.test(task),
      imageProcessor: withImageProcessor5.test(task),
    };
  }
  const type = String(config?.['model_type'] ?? '');
  const isMultimodal = multimodal4.test(task);
  const hasImageProcessor = imageProcessors4.has(type) || type.startsWith('vision-');
  return {
    tokenizer: (!withoutTokenizer.test(task) || isMultimodal) && (task !== 'mask-generation' || !hasImageProcessor),
    featureExtractor:
      (task === 'audio-classification' || isMultimodal) && featureExtractors4.has(type) && !hasImageProcessor,
    imageProcessor: (isMultimodal || vision4.test(task)) && hasImageProcessor,
  };
}

async function featureExtractorClassOf(folder: string, config: JsonObject | null): Promise<string | null> {
  const settings = await readJsonFile(path.join(folder, 'preprocessor_config.json'));
  const nested = await nestedSettings(folder, 'feature_extractor');
  if (settings === null && nested === undefined) return null;
  const custom = customClassOf(settings, ['AutoFeatureExtractor']);
  if (custom !== undefined) return custom;
  const type = String(config?.['model_type'] ?? '');
  const declared =
    settings?.['feature_extractor_type'] ??
    nested?.['feature_extractor_type'] ??
    (settings?.['image_processor_type'] === undefined
      ? (featureExtractors5.get(type) ?? featureExtractors4.get(type))
      : undefined);
  return typeof declared === 'string' && !/ImageProcessor$/.test(declared) ? declared : null;
}

/** transformers 5 without torchvision loads the PIL variant; under the plain name both load theirs. */
async function imageProcessorClassOf(
  folder: string,
  config: JsonObject | null,
  generation: TransformersGeneration | 'both',
): Promise<string | null> {
  const settings = await readJsonFile(path.join(folder, 'preprocessor_config.json'));
  const nested = await nestedSettings(folder, 'image_processor');
  if (settings === null && nested === undefined) return null;
  const custom = customClassOf(settings, ['AutoImageProcessor']);
  if (custom !== undefined) return custom;
  const type = String(config?.['model_type'] ?? '');
  const declared =
    settings?.['image_processor_type'] ??
    nested?.['image_processor_type'] ??
    settings?.['feature_extractor_type'] ??
    imageProcessors4.get(type) ??
    imageProcessors5.get(type);
  if (typeof declared !== 'string') return null;
  const plain = declared.replace(/FeatureExtractor$/, 'ImageProcessor').replace(/(Fast|Pil)$/, '');
  return generation === 5 && imageProcessorNames5.has(`${plain}Pil`) ? `${plain}Pil` : plain;
}

/** transformers 5 keeps the settings of a processor's parts inside processor_config.json. */
async function nestedSettings(folder: string, part: string): Promise<JsonObject | undefined> {
  const nested = (await readJsonFile(path.join(folder, 'processor_config.json')))?.[part];
  return typeof nested === 'object' && nested !== null && !Array.isArray(nested) ? nested : undefined;
}
