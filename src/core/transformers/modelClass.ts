import type { JsonObject } from '../ports.js';
import { autoModels4, autoModels5, irregularFamilies } from './autoModels.js';
import { words } from './autoClassTable.js';
import { customClassOf } from './customCode.js';
import { generationHasTask, type TransformersGeneration } from './tasks.js';

/** The model classes of one generation: which auto classes a task's pipeline tries, and what each gives for a model type. */
interface AutoModels {
  tasks: Readonly<Record<string, string>>;
  models: Readonly<Record<string, { heads: Readonly<Record<string, string>>; whole: string }>>;
}

const generations: Readonly<Record<TransformersGeneration, AutoModels>> = { 4: autoModels4, 5: autoModels5 };
const familyByType = pairs(irregularFamilies);

/** The class config.json names first, such as `BertForSequenceClassification`. */
export function declaredModelClass(config: JsonObject): string | null {
  return architecturesOf(config)[0] ?? null;
}

/**
 * The class that Python's pipeline loads for a task: what the task's auto classes have for the model type, else the class of the
 * model's own that `auto_map` has for them, else the one that config.json names; `null` when nothing tells. An encoder alone
 * (`T5EncoderModel`) keeps its class: the auto class would invent a decoder.
 * Source: transformers.pipelines.base (load_model, infer_framework_load_model); auto_factory._get_model_class.
 */
export function modelClassForTask(
  config: JsonObject,
  task: string,
  generation: TransformersGeneration | 'both',
): string | null {
  const plainTask = task.startsWith('translation_') ? 'translation' : task;
  const { tasks, models } = generations[generation === 'both' ? (generationHasTask(task, 5) ? 5 : 4) : generation];
  const type = String(config['model_type'] ?? '');
  const architectures = architecturesOf(config);
  if (plainTask === 'feature-extraction' && architectures[0]?.endsWith('EncoderModel')) return architectures[0];
  for (const autoClass of words(tasks[plainTask] ?? '')) {
    const classes = classesOf(models[autoClass]!, type);
    if (classes.length > 0) return architectures.find((name) => classes.includes(name)) ?? classes[0]!;
  }
  return customClassOf(config, [...words(tasks[plainTask] ?? '')]) ?? architectures[0] ?? null;
}

function classesOf({ heads, whole }: AutoModels['models'][string], type: string): readonly string[] {
  const irregular = pairs(whole).get(type);
  if (irregular !== undefined) return irregular.split('|');
  const head = Object.keys(heads).find((name) => words(heads[name]!).has(type));
  return head === undefined ? [] : [`${familyOf(type)}${head}`];
}

function familyOf(type: string): string {
  return (
    familyByType.get(type) ??
    type.replace(/(?:^|[-_])(.)?/g, (_, letter: string | undefined) => letter?.toUpperCase() ?? '')
  );
}

function architecturesOf(config: JsonObject): string[] {
  const architectures = config['architectures'];
  return Array.isArray(architectures) ? architectures.filter((name): name is string => typeof name === 'string') : [];
}

/** `bert=A gpt2=B` as a map. */
function pairs(text: string): Map<string, string> {
  return new Map([...words(text)].map((pair) => pair.split('=') as [string, string]));
}
