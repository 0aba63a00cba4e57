import path from 'node:path';
import type { JsonObject } from '../ports.js';
import type { ComponentName } from '../mlmodel/transformersFlavor.js';
import { autoClasses4 } from './autoClasses4.js';
import { autoClasses5 } from './autoClasses5.js';
import { typeTable } from './autoClassTable.js';
import { customClassOf } from './customCode.js';
import { readJsonFile } from './jsonFile.js';
import type { ModelSource, SourceComponent } from './modelSource.js';
import type { TransformersGeneration } from './tasks.js';
import { tokenizerClassOf } from './tokenizerClass.js';
import { followsFive, wantedComponents } from './wantedComponents.js';

/** A component with the class name that MLmodel records. */
export interface DescribedComponent extends SourceComponent {
  className: string;
}

export type DescribedComponents = Partial<Record<ComponentName, DescribedComponent>>;

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
  await describe('feature_extractor', wanted.featureExtractor, (folder) =>
    featureExtractorClassOf(folder, config, followsFive(task, generation)),
  );
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
const imageProcessorNames = new Set([...imageProcessors4.values(), ...imageProcessors5.values()]);
const featureExtractors4 = typeTable(autoClasses4.featureExtractors);
const featureExtractors5 = typeTable(autoClasses5.featureExtractors);
const processors4 = typeTable(autoClasses4.processors);
const processors5 = typeTable(autoClasses5.processors);

/** Before image processors had classes of their own they were feature extractors; 5 knows only those of sounds. */
async function featureExtractorClassOf(
  folder: string,
  config: JsonObject | null,
  usesFive: boolean,
): Promise<string | null> {
  const settings = await readJsonFile(path.join(folder, 'preprocessor_config.json'));
  const nested = await nestedSettings(folder, 'feature_extractor');
  if (settings === null && nested === undefined) return null;
  const custom = customClassOf(settings, ['AutoFeatureExtractor']);
  if (custom !== undefined) return custom;
  const declared = nested?.['feature_extractor_type'] ?? settings?.['feature_extractor_type'];
  if (typeof declared === 'string' && !(usesFive && isImageProcessorName(declared))) return declared;
  const type = String(config?.['model_type'] ?? '');
  return (usesFive ? featureExtractors5 : featureExtractors4).get(type) ?? null;
}

/** Whether a class processes images, also under the name it had as a feature extractor. */
export function isImageProcessorName(name: string): boolean {
  return (
    name.endsWith('ImageProcessor') || imageProcessorNames.has(name.replace(/FeatureExtractor$/, 'ImageProcessor'))
  );
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
