import path from 'node:path';
import type { JsonObject } from '../ports.js';
import type { ComponentName } from '../mlmodel/transformersFlavor.js';
import { readJsonFile } from './jsonFile.js';
import type { ModelSource, SourceComponent } from './modelSource.js';
import type { TransformersGeneration } from './tasks.js';
import { tokenizerClassOf } from './tokenizerClass.js';

/** A component with the class name that MLmodel records. */
export interface DescribedComponent extends SourceComponent {
  className: string;
}

export type DescribedComponents = Partial<Record<ComponentName, DescribedComponent>>;

const imageTasks =
  /image|object-detection|depth|segmentation|video|mask-generation|keypoint|visual|document|any-to-any/;
const audioTasks = /audio|speech/;

/**
 * The components a pipeline of this task has, in Python's order (feature extractor, tokenizer, image processor), with their
 * classes: those given, else what the model's folder holds.
 */
export async function describeComponents(
  source: ModelSource,
  task: string,
  config: JsonObject | null,
  generation: TransformersGeneration | 'both',
): Promise<DescribedComponents> {
  const described: DescribedComponents = {};
  const given = source.components;
  const extractorFolder =
    given.feature_extractor ?? (audioTasks.test(task) ? { folder: source.modelFolder } : undefined);
  const extractor = extractorFolder && (await featureExtractorClassOf(extractorFolder.folder));
  if (extractorFolder && extractor)
    described.feature_extractor = { ...extractorFolder, className: extractorFolder.className ?? extractor };
  const tokenizerFolder = given.tokenizer ?? { folder: source.modelFolder };
  const tokenizer = await tokenizerClassOf(tokenizerFolder.folder, config, generation);
  if (tokenizer && (given.tokenizer || needsTokenizer(task))) {
    described.tokenizer = { ...tokenizerFolder, className: tokenizerFolder.className ?? tokenizer };
  }
  const imageFolder = given.image_processor ?? (imageTasks.test(task) ? { folder: source.modelFolder } : undefined);
  const image = imageFolder && (await imageProcessorClassOf(imageFolder.folder, generation));
  if (imageFolder && image) described.image_processor = { ...imageFolder, className: imageFolder.className ?? image };
  return described;
}

/** Python's class of the processor in a folder. */
export async function processorClassOf(folder: string): Promise<string | null> {
  for (const name of ['processor_config.json', 'preprocessor_config.json', 'tokenizer_config.json']) {
    const className = (await readJsonFile(path.join(folder, name)))?.['processor_class'];
    if (typeof className === 'string') return className;
  }
  return null;
}

function needsTokenizer(task: string): boolean {
  return (
    task !== 'audio-classification' &&
    !/^(image-classification|image-feature-extraction|image-segmentation|object-detection|depth-estimation|video-classification|mask-generation|image-to-image|keypoint-matching)$/.test(
      task,
    )
  );
}

async function featureExtractorClassOf(folder: string): Promise<string | null> {
  const settings = await readJsonFile(path.join(folder, 'preprocessor_config.json'));
  const nested = (await readJsonFile(path.join(folder, 'processor_config.json')))?.['feature_extractor'] as
    JsonObject | undefined;
  const className = settings?.['feature_extractor_type'] ?? nested?.['feature_extractor_type'];
  return typeof className === 'string' && !/ImageProcessor$/.test(className) ? className : null;
}

/** transformers 5 without torchvision loads the PIL variant; 4 has only the plain name, which both can load. */
async function imageProcessorClassOf(
  folder: string,
  generation: TransformersGeneration | 'both',
): Promise<string | null> {
  const settings = await readJsonFile(path.join(folder, 'preprocessor_config.json'));
  const nested = (await readJsonFile(path.join(folder, 'processor_config.json')))?.['image_processor'] as
    JsonObject | undefined;
  const declared =
    settings?.['image_processor_type'] ?? nested?.['image_processor_type'] ?? settings?.['feature_extractor_type'];
  if (typeof declared !== 'string') return null;
  const plain = declared.replace(/FeatureExtractor$/, 'ImageProcessor').replace(/(Fast|Pil)$/, '');
  return generation === 5 ? `${plain}Pil` : plain;
}
