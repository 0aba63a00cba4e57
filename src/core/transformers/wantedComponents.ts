import type { JsonObject } from '../ports.js';
import { autoClasses4 } from './autoClasses4.js';
import { typeTable } from './autoClassTable.js';
import { generationHasTask, type TransformersGeneration } from './tasks.js';

/** Which components a pipeline loads; those that the folder does not hold stay away. */
export interface WantedComponents {
  tokenizer: boolean;
  featureExtractor: boolean;
  imageProcessor: boolean;
}

/** Whether the rules of transformers 5 decide: for files that both read, wherever 5 has the task. */
export function followsFive(task: string, generation: TransformersGeneration | 'both'): boolean {
  return generation === 5 || (generation === 'both' && generationHasTask(task, 5));
}

/**
 * The components that a pipeline of this task loads from a model's folder.
 * Source: transformers.pipeline of both generations.
 */
export function wantedComponents(
  task: string,
  config: JsonObject | null,
  generation: TransformersGeneration | 'both',
): WantedComponents {
  return followsFive(task, generation) ? wantedBy5(task) : wantedBy4(task, config ?? {});
}

const withoutTokenizer5 =
  /^(audio-classification|image-classification|image-feature-extraction|depth-estimation|video-classification|keypoint-matching|mask-generation)$/;
const withFeatureExtractor5 =
  /^(audio-classification|automatic-speech-recognition|zero-shot-audio-classification|document-question-answering)$/;
const withImageProcessor5 =
  /^(depth-estimation|image-(classification|feature-extraction|segmentation)|keypoint-matching|mask-generation|(zero-shot-)?object-detection|zero-shot-image-classification|document-question-answering|video-classification)$/;
/** These load a processor and take all of its parts. */
const withProcessor5 = /^(image-text-to-text|any-to-any)$/;

/** Each pipeline class says what it loads. */
function wantedBy5(task: string): WantedComponents {
  const takesAll = withProcessor5.test(task);
  return {
    tokenizer: !withoutTokenizer5.test(task),
    featureExtractor: takesAll || withFeatureExtractor5.test(task),
    imageProcessor: takesAll || withImageProcessor5.test(task),
  };
}

const imageTasks4 =
  /^(image-classification|image-feature-extraction|depth-estimation|image-to-image|video-classification)$/;
const audioTasks4 = /^audio-classification$/;
const multimodalTasks4 =
  /^(automatic-speech-recognition|feature-extraction|(visual|document)-question-answering|zero-shot-(image|audio)-classification|image-segmentation|image-to-text|(zero-shot-)?object-detection|mask-generation)$/;

const tokenizerTypes4 = typeTable(autoClasses4.tokenizers);
const featureExtractorTypes4 = typeTable(autoClasses4.featureExtractors);
const imageProcessorTypes4 = typeTable(autoClasses4.imageProcessors);
const visionOfTwoModels4 = new Set(['vision-encoder-decoder', 'vision-text-dual-encoder']);
const audioOfTwoModels4 = new Set(['speech-encoder-decoder']);

/** What the Auto classes have for the model type, less what the kind of task excludes. */
function wantedBy4(task: string, config: JsonObject): WantedComponents {
  const type = String(config['model_type'] ?? '');
  const isVisual = imageTasks4.test(task);
  const isAudio = audioTasks4.test(task);
  const isText = !isVisual && !isAudio && !multimodalTasks4.test(task);
  const ofTwo = visionOfTwoModels4.has(type) || audioOfTwoModels4.has(type);
  const hasImageProcessor = imageProcessorTypes4.has(type);
  return {
    tokenizer: !isVisual && !isAudio && (tokenizerTypes4.has(type) || config['tokenizer_class'] != null || ofTwo),
    featureExtractor:
      !isText && ((featureExtractorTypes4.has(type) && !hasImageProcessor) || audioOfTwoModels4.has(type)),
    imageProcessor: !isText && !isAudio && (hasImageProcessor || visionOfTwoModels4.has(type)),
  };
}
