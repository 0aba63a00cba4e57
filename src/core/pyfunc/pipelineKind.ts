import type { Pipeline } from './pipeline.js';

/** The branches of MLflow's wrapper, in the words of the tasks. */
export type PipelineKind =
  | 'translation'
  | 'summarization'
  | 'text2text-generation'
  | 'text-generation'
  | 'question-answering'
  | 'fill-mask'
  | 'text-classification'
  | 'image-classification'
  | 'zero-shot-classification'
  | 'table-question-answering'
  | 'token-classification'
  | 'feature-extraction'
  | 'conversational'
  | 'instruction'
  | 'automatic-speech-recognition'
  | 'audio-classification'
  | 'other';

const kindOfClass: Readonly<Record<string, PipelineKind>> = {
  TranslationPipeline: 'translation',
  SummarizationPipeline: 'summarization',
  Text2TextGenerationPipeline: 'text2text-generation',
  TextGenerationPipeline: 'text-generation',
  QuestionAnsweringPipeline: 'question-answering',
  FillMaskPipeline: 'fill-mask',
  TextClassificationPipeline: 'text-classification',
  ImageClassificationPipeline: 'image-classification',
  ZeroShotClassificationPipeline: 'zero-shot-classification',
  TableQuestionAnsweringPipeline: 'table-question-answering',
  TokenClassificationPipeline: 'token-classification',
  NerPipeline: 'token-classification',
  FeatureExtractionPipeline: 'feature-extraction',
  ConversationalPipeline: 'conversational',
  InstructionTextGenerationPipeline: 'instruction',
  AutomaticSpeechRecognitionPipeline: 'automatic-speech-recognition',
  AudioClassificationPipeline: 'audio-classification',
};

/** Which branch of the wrapper a pipeline takes: by its class, for question answering also by its task. */
export function pipelineKind(pipeline: Pick<Pipeline, 'task' | 'instanceType'>): PipelineKind {
  const kind = kindOfClass[pipeline.instanceType];
  if (kind) return kind;
  return pipeline.task === 'question-answering' ? 'question-answering' : 'other';
}
