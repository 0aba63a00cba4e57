import { MlflowError } from '../../core/errors.js';
import type { Pipeline } from '../../core/pyfunc/pipeline.js';
import type { MediaPipelineContext, PipelineContext } from './pipelineContext.js';

type Factory = (context: PipelineContext) => Promise<Pipeline>;

const text2text: Factory = async (context) =>
  new (await import('./text2textGeneration.js')).Text2TextGenerationPipeline(context);

const factories: Readonly<Record<string, Factory>> = {
  TextGenerationPipeline: async (context) => new (await import('./textGeneration.js')).TextGenerationPipeline(context),
  InstructionTextGenerationPipeline: async (context) =>
    new (await import('./textGeneration.js')).TextGenerationPipeline(context),
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
  ConversationalPipeline: async (context) =>
    new (await import('./conversational.js')).ConversationalPipeline(context),
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
export function pipelineClassOf(task: string): string {
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
  return readerOfClass[ownClassOf(task, instanceType)] ?? 'tokenizer';
}

/** Whether the pipeline is handed a tokenizer, to read or to write. */
export function needsTokenizer(task: string, instanceType: string): boolean {
  const name = ownClassOf(task, instanceType);
  return !(name in ownReaderFactories) || name === 'AutomaticSpeechRecognitionPipeline';
}

function ownClassOf(task: string, instanceType: string): string {
  return instanceType in ownReaderFactories ? instanceType : pipelineClassOf(task);
}

/**
 * The pipeline of a task; its code is loaded when it is first needed.
 * @throws MlflowError taskUnsupported, and what loading its image processor or feature extractor throws.
 */
export async function createPipeline(context: MediaPipelineContext): Promise<Pipeline> {
  const { task, instanceType, tokenizer } = context;
  const own = ownReaderFactories[ownClassOf(task, instanceType)];
  if (own) return own(context);
  const text = factories[instanceType] ?? factories[pipelineClassOf(task)];
  if (text && tokenizer) return text({ ...context, tokenizer });
  throw new MlflowError(
    `The task '${task}' (${instanceType}) cannot be run by the native engine. Use the python engine for it.`,
    'NOT_IMPLEMENTED',
    { reason: 'taskUnsupported', details: { task } },
  );
}
