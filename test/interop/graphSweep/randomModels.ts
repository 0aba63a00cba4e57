import type { ModelSpec } from '../graphModels.js';
import { Draw, type Config, type Family } from './draw.js';
import { encoders } from './encoders.js';
import { llamaRelatives } from './llamaRelatives.js';
import { media } from './media.js';
import { otherDecoders } from './otherDecoders.js';
import { sequenceToSequence } from './sequenceToSequence.js';

/** Every architecture of the registry, and how its configurations are drawn. */
export const families: Readonly<Record<string, Family>> = {
  ...encoders,
  ...llamaRelatives,
  ...otherDecoders,
  ...sequenceToSequence,
  ...media,
};

/** Random tiny checkpoints of one family: number `index` is always the same one. */
export function randomModel(family: string, index: number): ModelSpec {
  const { configClass, classes, config: drawConfig, spec, generations = ['new', 'old'] } = families[family] as Family;
  const draw = new Draw(index * 1009 + family.length * 31 + family.charCodeAt(0));
  const names = Object.keys(classes);
  const modelClass = names[index % names.length] as string;
  const task = classes[modelClass] as string;
  const config = drawConfig(draw);
  const drawn = spec(draw, config);
  return {
    name: `${modelClass}-${index}`,
    configClass,
    config: modelClass.endsWith('QuestionAnswering') ? withTwoLabels(config) : config,
    modelClass,
    task,
    generations,
    ...drawn,
    ...readAs(drawn.kind ?? 'encoder', modelClass),
  };
}

/** A tiny checkpoint of a class, with a configuration of its family that PyTorch accepts. */
export function modelOfClass(family: string, modelClass: string, task: string): ModelSpec {
  const { configClass, config: drawConfig, spec } = families[family] as Family;
  const draw = new Draw(0);
  const config = drawConfig(draw);
  return {
    name: modelClass,
    configClass,
    config: modelClass.endsWith('QuestionAnswering') ? withTwoLabels(config) : config,
    modelClass,
    task,
    generations: ['new', 'old'],
    ...readAs(spec(draw, config).kind ?? 'encoder', modelClass),
    isAlone: true,
    options: [{ max_new_tokens: 4 }],
  };
}

/** How Python is asked: classes that do not generate read one batch, and some of them want an end token. */
function readAs(kind: ModelSpec['kind'], modelClass: string): Pick<ModelSpec, 'kind' | 'hasEnd'> {
  const generates = /(ForCausalLM|LMHeadModel|ForConditionalGeneration|MTModel)$/.test(modelClass);
  if (kind === 'decoder' && !generates) return { kind: 'encoder' };
  if (kind === 'seq2seq' && !generates) return { kind: 'encoder', hasEnd: true };
  return { kind };
}

function withTwoLabels(config: Config): Config {
  const named = ['id2label', 'label2id'];
  const rest = Object.entries(config).filter(([key]) => !named.includes(key));
  return { ...Object.fromEntries(rest), num_labels: 2 };
}
