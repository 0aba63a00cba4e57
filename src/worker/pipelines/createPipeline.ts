import { MlflowError } from '../../core/errors.js';
import type { Pipeline } from '../../core/pyfunc/pipeline.js';
import type { PipelineContext } from './pipelineContext.js';

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
  QuestionAnsweringPipeline: async (context) =>
    new (await import('./questionAnswering.js')).QuestionAnsweringPipeline(context),
  Text2TextGenerationPipeline: text2text,
  SummarizationPipeline: text2text,
  TranslationPipeline: text2text,
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
  'question-answering': 'QuestionAnsweringPipeline',
  'text2text-generation': 'Text2TextGenerationPipeline',
  summarization: 'SummarizationPipeline',
  translation: 'TranslationPipeline',
};

/** Python's pipeline class of a task. */
export function pipelineClassOf(task: string): string {
  return classOfTask[task] ?? (task.startsWith('translation_') ? 'TranslationPipeline' : '');
}

/** Whether {@link createPipeline} can make that pipeline from a model and a tokenizer. */
export function isTextPipeline(task: string, instanceType: string): boolean {
  return instanceType in factories || pipelineClassOf(task) in factories;
}

/** The pipeline of a text task; its code is loaded when it is first needed. @throws MlflowError taskUnsupported. */
export async function createPipeline(context: PipelineContext): Promise<Pipeline> {
  const factory = factories[context.instanceType] ?? factories[pipelineClassOf(context.task)];
  if (factory) return factory(context);
  throw new MlflowError(
    `The task '${context.task}' (${context.instanceType}) cannot be run by the native engine. Use the python engine for it.`,
    'NOT_IMPLEMENTED',
    { reason: 'taskUnsupported', details: { task: context.task } },
  );
}
