import type { Head } from './generatedGraph.js';

/** Endings of transformers' class names, longest first where one ends another. */
const headBySuffix: readonly (readonly [string, Head])[] = [
  ['ForSequenceClassification', 'sequenceClassification'],
  ['ForTokenClassification', 'tokenClassification'],
  ['ForQuestionAnsweringSimple', 'questionAnswering'],
  ['ForQuestionAnswering', 'questionAnswering'],
  ['ForMaskedLM', 'maskedLm'],
  ['ForPreTraining', 'pretraining'],
  ['ForNextSentencePrediction', 'nextSentence'],
  ['ForMultipleChoice', 'multipleChoice'],
  ['ForConditionalGeneration', 'conditionalGeneration'],
  ['ForSpeechSeq2Seq', 'conditionalGeneration'],
  ['MTModel', 'conditionalGeneration'],
  ['DoubleHeadsModel', 'multipleChoice'],
  ['ForImageClassification', 'imageClassification'],
  ['ForAudioClassification', 'audioClassification'],
  ['ForCTC', 'ctc'],
  ['ForCausalLM', 'causalLm'],
  ['LMHeadModel', 'causalLm'],
  ['Model', 'base'],
];

const headByTask: Readonly<Record<string, Head>> = {
  'audio-classification': 'audioClassification',
  'automatic-speech-recognition': 'ctc',
  'feature-extraction': 'base',
  'fill-mask': 'maskedLm',
  'image-classification': 'imageClassification',
  'image-feature-extraction': 'base',
  ner: 'tokenClassification',
  'question-answering': 'questionAnswering',
  'sentiment-analysis': 'sequenceClassification',
  summarization: 'conditionalGeneration',
  'text-classification': 'sequenceClassification',
  'text-generation': 'causalLm',
  'text2text-generation': 'conditionalGeneration',
  'token-classification': 'tokenClassification',
  'zero-shot-classification': 'sequenceClassification',
};

/** The head that a class name says, else the one that the pipeline task needs. */
export function headFor(modelClass: string, task: string): Head {
  const plainClass = modelClass.replace(/^Peft/, '');
  const bySuffix = headBySuffix.find(([suffix]) => plainClass.endsWith(suffix))?.[1];
  if (bySuffix) return bySuffix;
  if (task.startsWith('translation')) return 'conditionalGeneration';
  return headByTask[task] ?? 'base';
}
