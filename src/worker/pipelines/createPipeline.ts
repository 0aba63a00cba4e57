import { MlflowError } from '../../core/errors.js';
import type { Pipeline } from '../../core/pyfunc/pipeline.js';
import type { MediaPipelineContext, PipelineContext } from './pipelineContext.js';

type Factory = (context: PipelineContext) => Promise<Pipeline>;

const text2text: Factory = async (context) =>
  new (await import('./text2textGeneration.js')).Text2TextGenerationPipeline(context);

const factories: Readonly<Record<string, Factory>> = {
  TextGenerationPipeline: async (context) => new (await import('./textGeneration.js')).TextGenerationPipeline(context),
  TextClassificationPipeline: async (context) =>
    new (await import('./textClassification.js')).TextClassificationPipeline(context),
  FeatureExtractionPipeline: async (context) =>
    new (await import('./featureExtraction.js')).FeatureExtractionPipeline(context),
  FillMaskPipeline: async (context) => new (await import('./fillMask.js')).FillMaskPipeline(context),
  ZeroShotClassificationPipeline: async (context) =>
    new (await import('./zeroShotClassification.js')).ZeroShotClassificationPipeline(context),
  TokenClassificationPipeline: async (context) =>
    new (await import('./tokenClassification.js')).TokenClassificationPipeline(context),
  NerPipeline: async (context) => new (await import('./tokenClassification.js')).TokenClassificationPipeline(context),
  ConversationalPipeline: async (context) => new (await import('./conversational.js')).ConversationalPipeline(context),
  QuestionAnsweringPipeline: async (context) =>
    new (await import('./questionAnswering.js')).QuestionAnsweringPipeline(context),
  Text2TextGenerationPipeline: text2text,
  SummarizationPipeline: text2text,
  TranslationPipeline: text2text,
};

/** Pipelines that load what reads their input themselves. */
const ownReaderFactories: Readonly<Record<string, (context: MediaPipelineContext) => Promise<Pipeline>>> = {
  ImageClassificationPipeline: async (context) =>
    (await import('./imageClassification.js')).ImageClassificationPipeline.load(context),
  AutomaticSpeechRecognitionPipeline: async (context) =>
    (await import('./speechRecognition.js')).SpeechRecognitionPipeline.load(context),
  AudioClassificationPipeline: async (context) =>
    (await import('./audioClassification.js')).AudioClassificationPipeline.load(context),
  TableQuestionAnsweringPipeline: async (context) =>
    (await import('./tableQuestionAnswering.js')).TableQuestionAnsweringPipeline.load(context),
};

const classOfTask: Readonly<Record<string, string>> = {
  'text-generation': 'TextGenerationPipeline',
  'text-classification': 'TextClassificationPipeline',
  'sentiment-analysis': 'TextClassificationPipeline',
  'feature-extraction': 'FeatureExtractionPipeline',
  'fill-mask': 'FillMaskPipeline',
  'zero-shot-classification': 'ZeroShotClassificationPipeline',
  'token-classification': 'TokenClassificationPipeline',
  ner: 'TokenClassificationPipeline',
  conversational: 'ConversationalPipeline',
  'question-answering': 'QuestionAnsweringPipeline',
  'text2text-generation': 'Text2TextGenerationPipeline',
  summarization: 'SummarizationPipeline',
  translation: 'TranslationPipeline',
  'image-classification': 'ImageClassificationPipeline',
  'automatic-speech-recognition': 'AutomaticSpeechRecognitionPipeline',
  'audio-classification': 'AudioClassificationPipeline',
  'table-question-answering': 'TableQuestionAnsweringPipeline',
};

/** Python's pipeline class of a task. */
function pipelineClassOf(task: string): string {
  return classOfTask[task] ?? (task.startsWith('translation_') ? 'TranslationPipeline' : '');
}

type InputReader = 'tokenizer' | 'image_processor' | 'feature_extractor';

const readerOfClass: Readonly<Record<string, InputReader>> = {
  ImageClassificationPipeline: 'image_processor',
  AutomaticSpeechRecognitionPipeline: 'feature_extractor',
  AudioClassificationPipeline: 'feature_extractor',
};

/** What reads the input of a task's pipeline: a tokenizer, an image processor or a feature extractor. */
export function inputReaderOf(task: string, instanceType: string): InputReader {
  return readerOfClass[builtPipelineClass(task, instanceType)] ?? 'tokenizer';
}

/** Whether the pipeline is handed a tokenizer, to read or to write. */
export function needsTokenizer(task: string, instanceType: string): boolean {
  const name = builtPipelineClass(task, instanceType);
  return !(name in ownReaderFactories) || name === 'AutomaticSpeechRecognitionPipeline';
}

/**
 * The pipeline class that Python builds for a model: one of someone's own is built anew as the task's.
 * @param instanceType the class that MLmodel names.
 */
export function builtPipelineClass(task: string, instanceType: string | null): string {
  if (instanceType && (instanceType in factories || instanceType in ownReaderFactories)) return instanceType;
  return pipelineClassOf(task) || instanceType || '';
}

/**
 * Says before anything is loaded that no pipeline answers the task.
 * @throws MlflowError NOT_IMPLEMENTED, reason `taskUnsupported`.
 */
export function checkTask(task: string, instanceType: string): void {
  const name = builtPipelineClass(task, instanceType);
  if (name in factories || name in ownReaderFactories) return;
  throw new MlflowError(
    `The task '${task}' cannot be run by the native engine, which has no ${name || 'pipeline for it'}; ` +
      'call the model in Python through `mlflow.transformers.load_model`, or load its components for their files.',
    'NOT_IMPLEMENTED',
    { reason: 'taskUnsupported', details: { task } },
  );
}

/**
 * The pipeline of a task; its code is loaded when it is first needed.
 * @throws MlflowError as checkTask, fileMissing without a tokenizer, and what loading its image processor or feature
 * extractor throws.
 */
export async function createPipeline(context: MediaPipelineContext): Promise<Pipeline> {
  const { task, instanceType, tokenizer } = context;
  checkTask(task, instanceType);
  const name = builtPipelineClass(task, instanceType);
  const own = ownReaderFactories[name];
  if (own) return own(context);
  const text = factories[name];
  if (text && tokenizer) return text({ ...context, tokenizer });
  throw MlflowError.invalidParameter(`The task '${task}' needs a tokenizer.`, { reason: 'fileMissing' });
}
