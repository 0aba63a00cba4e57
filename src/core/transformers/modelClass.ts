import type { JsonObject } from '../ports.js';
import { customClassesOf, customClassOf } from './customCode.js';
import { taskOfModelClass } from './tasks.js';

/** Heads that serve more tasks than the one their name says. */
const sharedHeads: Readonly<Record<string, RegExp>> = {
  'zero-shot-classification': /ForSequenceClassification$/,
  summarization: /ForConditionalGeneration$|MTModel$/,
  translation: /ForConditionalGeneration$|MTModel$/,
  'text2text-generation': /ForConditionalGeneration$|MTModel$/,
  'image-feature-extraction': /Model$/,
};

/** The head `AutoModelFor...` puts on a model for a task. */
const headOfTask: Readonly<Record<string, string>> = {
  'text-classification': 'ForSequenceClassification',
  'zero-shot-classification': 'ForSequenceClassification',
  'token-classification': 'ForTokenClassification',
  'question-answering': 'ForQuestionAnswering',
  'fill-mask': 'ForMaskedLM',
  'image-classification': 'ForImageClassification',
  'audio-classification': 'ForSequenceClassification',
};

/** The auto classes under which `auto_map` can name a class of its own for a task. */
const autoClassesOfTask: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(Object.entries(headOfTask).map(([task, head]) => [task, [`AutoModel${head}`]])),
  'audio-classification': ['AutoModelForAudioClassification'],
  'automatic-speech-recognition': ['AutoModelForSpeechSeq2Seq', 'AutoModelForCTC'],
  'feature-extraction': ['AutoModel'],
  'image-feature-extraction': ['AutoModel'],
  'text-generation': ['AutoModelForCausalLM'],
  summarization: ['AutoModelForSeq2SeqLM'],
  translation: ['AutoModelForSeq2SeqLM'],
  'text2text-generation': ['AutoModelForSeq2SeqLM'],
};

/** The class config.json names first, such as `BertForSequenceClassification`. */
export function declaredModelClass(config: JsonObject): string | null {
  const architectures = config['architectures'];
  const first: unknown = Array.isArray(architectures) ? architectures[0] : undefined;
  return typeof first === 'string' ? first : null;
}

/** The class Python's pipeline loads for a task: the declared one where it serves the task, else the family's class for it. */
export function modelClassForTask(config: JsonObject, task: string): string | null {
  const declared = declaredModelClass(config);
  if (declared === null) return null;
  const plainTask = task.startsWith('translation_') ? 'translation' : task;
  if (taskOfModelClass(declared) === plainTask || sharedHeads[plainTask]?.test(declared)) return declared;
  const custom = customClassOf(config, autoClassesOfTask[plainTask] ?? []);
  if (custom !== undefined) return custom;
  if (customClassesOf(config).includes(declared)) return declared;
  const family = declared.replace(/(For[A-Z]\w*|LMHeadModel|DoubleHeadsModel|MTModel|Model)$/, '');
  if (plainTask === 'feature-extraction') return `${family}Model`;
  const head = headOfTask[plainTask];
  return head === undefined ? declared : `${family}${head}`;
}
