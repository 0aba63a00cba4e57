import type { ModelSpec } from '../graphModels.js';

export type Config = Record<string, unknown>;

/** Draws from a seed; equal seeds draw equally. */
export class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  }

  number(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  of<T>(...values: readonly T[]): T {
    return values[Math.floor(this.number() * values.length)] as T;
  }

  chance(probability: number): boolean {
    return this.number() < probability;
  }

  /** The settings, or none of them. */
  maybe(probability: number, settings: () => Config): Config {
    return this.chance(probability) ? settings() : {};
  }
}

export interface Family {
  configClass: string;
  /** Class names behind the family's prefix, and their tasks. */
  classes: Readonly<Record<string, string>>;
  config: (draw: Draw) => Config;
  spec: (draw: Draw, config: Config) => Partial<ModelSpec>;
  generations?: ModelSpec['generations'];
}

export const activations = [
  'gelu',
  'gelu_new',
  'gelu_fast',
  'gelu_pytorch_tanh',
  'gelu_python',
  'gelu_10',
  'gelu_accurate',
  'relu',
  'relu2',
  'relu6',
  'silu',
  'swish',
  'quick_gelu',
  'leaky_relu',
  'mish',
  'tanh',
  'sigmoid',
  'linear',
  'laplace',
];

export const labels = (draw: Draw): Config =>
  draw.of<Config>(
    {},
    { num_labels: 1 },
    { num_labels: 5 },
    { id2label: { 0: 'a', 1: 'b', 2: 'c' }, label2id: { a: 0, b: 1, c: 2 } },
    { num_labels: 3, problem_type: 'multi_label_classification' },
    { num_labels: 1, problem_type: 'regression' },
  );

/** Hidden size, heads and head size that agree. */
export function sizes(draw: Draw, headSizes: readonly number[]): { hidden: number; heads: number; headSize: number } {
  const heads = draw.of(1, 2, 3, 4, 6);
  const headSize = draw.of(...headSizes);
  return { hidden: heads * headSize, heads, headSize };
}

export const encoderClasses = (family: string, ...extra: string[]): Record<string, string> => ({
  [`${family}Model`]: 'feature-extraction',
  [`${family}ForSequenceClassification`]: 'text-classification',
  [`${family}ForTokenClassification`]: 'token-classification',
  [`${family}ForQuestionAnswering`]: 'question-answering',
  [`${family}ForMaskedLM`]: 'fill-mask',
  ...Object.fromEntries(extra.map((name) => [`${family}${name}`, 'feature-extraction'])),
});

export const decoderClasses = (family: string, ...heads: string[]): Record<string, string> => ({
  [`${family}ForCausalLM`]: 'text-generation',
  [`${family}Model`]: 'feature-extraction',
  ...Object.fromEntries(
    heads.map((head) => [
      `${family}For${head}`,
      head === 'SequenceClassification'
        ? 'text-classification'
        : head === 'TokenClassification'
          ? 'token-classification'
          : 'question-answering',
    ]),
  ),
});

export const stored = (draw: Draw): Partial<ModelSpec> => ({
  ...(draw.chance(0.2) ? { dtype: draw.of('float16', 'bfloat16') } : {}),
  ...(draw.chance(0.2) ? { shard: '20KB' } : {}),
  ...(draw.chance(0.2) ? { isMinimal: true } : {}),
});

export const specialIds = (draw: Draw): Config => ({
  pad_token_id: draw.of<number | null>(null, 0, 2),
  bos_token_id: 1,
  eos_token_id: draw.of<number | number[]>(3, 3, [3, 17]),
});

export const decoderSpec = (draw: Draw): Partial<ModelSpec> => ({
  kind: 'decoder',
  lengths: draw.of([6, 4, 9], [20, 7, 13], [17, 17, 17]),
  isAlone: true,
  options: [{ max_new_tokens: 6 }],
  ...stored(draw),
});

/** What classes accept that read no more than this. */
export const plainScaling = (draw: Draw): Config => ({
  rope_scaling: { type: draw.of('linear', 'dynamic'), factor: draw.of(1.5, 2.5) },
});

export const textHeads = ['SequenceClassification', 'TokenClassification', 'QuestionAnswering'];
