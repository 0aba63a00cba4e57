import type { JsonObject } from '../../src/core/ports.js';
import { bytes, dict, float, frame, type Random } from './signatureCases.js';

/** One call of the wrapper around a stand-in: tagged values as in signatureCodec.ts. */
export interface WrapperQuestion {
  instanceType: string;
  task: string;
  data: unknown;
  params: JsonObject | null;
  modelConfig: JsonObject | null;
  flavorConfig: JsonObject;
  promptTemplate: string | null;
  /** What the pipeline answers; `{ raise }` is an error of its own. */
  reply: unknown;
}

interface Kind {
  instanceType: string;
  task: string;
  /** Keys that inputs of the kind have. */
  keys: readonly unknown[];
  reply: (random: Random) => unknown;
  isRemovedIn5?: boolean;
}

const texts = [
  'hello',
  ' a  b\n',
  '',
  "it's",
  'é中',
  '[MASK] x',
  "{'text': 'x', 'text_pair': \"y's\"}",
  '["a", "b"]',
  '{"q"',
  'no',
  '👍',
];
const text = (random: Random): string => random.pick(texts);
const score = (random: Random): unknown => float(random.pick([0, 1, 0.5, 0.25]));

function list<T>(random: Random, limit: number, make: () => T): T[] {
  return Array.from({ length: random.integer(limit + 1) }, make);
}

/** Records in lists, as a pipeline answers for one input or for several. */
function records(random: Random, make: () => unknown): unknown {
  const one = () => Array.from({ length: 1 + random.integer(2) }, make);
  return random.pick<() => unknown>([one, () => list(random, 3, one), () => make(), () => [one(), make()], () => []])();
}

const fields = (random: Random, ...names: string[]): unknown =>
  dict(names.map((name) => [name, name === 'score' ? score(random) : text(random)]));

const labels = (random: Random): unknown => records(random, () => fields(random, 'label', 'score'));

export const kinds: readonly Kind[] = [
  {
    instanceType: 'TextGenerationPipeline',
    task: 'text-generation',
    keys: [0, 'text'],
    reply: (random) => records(random, () => fields(random, 'generated_text')),
  },
  {
    instanceType: 'InstructionTextGenerationPipeline',
    task: 'text-generation',
    keys: [0, 'text'],
    reply: (random) => {
      const answer = () => dict([['generated_text', `${text(random)}\n\nA: ${text(random)} \n x`]]);
      return records(random, answer);
    },
  },
  {
    instanceType: 'Text2TextGenerationPipeline',
    task: 'text2text-generation',
    keys: [0, 'text', 'inputs', 'context'],
    reply: (random) => records(random, () => fields(random, 'generated_text', 'other')),
    isRemovedIn5: true,
  },
  {
    instanceType: 'SummarizationPipeline',
    task: 'summarization',
    keys: [0, 'text'],
    reply: (random) => records(random, () => fields(random, 'summary_text')),
    isRemovedIn5: true,
  },
  {
    instanceType: 'TranslationPipeline',
    task: 'translation_en_to_de',
    keys: [0, 'text'],
    reply: (random) => records(random, () => fields(random, 'translation_text')),
    isRemovedIn5: true,
  },
  {
    instanceType: 'QuestionAnsweringPipeline',
    task: 'question-answering',
    keys: ['question', 'context', 'question', 'context', 'id'],
    reply: (random) => records(random, () => fields(random, 'answer', 'score')),
    isRemovedIn5: true,
  },
  {
    instanceType: 'FillMaskPipeline',
    task: 'fill-mask',
    keys: [0, 'text'],
    reply: (random) => {
      const one = () => Array.from({ length: 1 + random.integer(2) }, () => fields(random, 'token_str', 'score'));
      return random.pick<() => unknown>([one, () => list(random, 2, one), () => [list(random, 2, one), one()]])();
    },
  },
  {
    instanceType: 'TextClassificationPipeline',
    task: 'text-classification',
    keys: [0, 'text', 'text_pair', 'text'],
    reply: labels,
  },
  {
    instanceType: 'TokenClassificationPipeline',
    task: 'token-classification',
    keys: [0, 'text'],
    reply: (random) => {
      const name = random.pick(['entity', 'entity_group']);
      return records(random, () => fields(random, name, 'word'));
    },
  },
  {
    instanceType: 'ZeroShotClassificationPipeline',
    task: 'zero-shot-classification',
    keys: ['sequences', 'candidate_labels', 'hypothesis_template', 'candidate_labels'],
    reply: (random) => {
      const answer = () => {
        const names = list(random, 3, () => text(random));
        return dict([
          ['sequence', text(random)],
          ['labels', names],
          ['scores', names.map(() => score(random))],
        ]);
      };
      return random.pick<() => unknown>([answer, () => list(random, 2, answer), () => ['x']])();
    },
  },
  {
    instanceType: 'FeatureExtractionPipeline',
    task: 'feature-extraction',
    keys: [0, 'text'],
    reply: (random) => {
      const vector = () => [score(random), score(random)];
      const matrix = () => Array.from({ length: 1 + random.integer(2) }, vector);
      return random.pick<() => unknown>([() => [matrix()], () => [[matrix()], [matrix()]]])();
    },
  },
  {
    instanceType: 'ImageClassificationPipeline',
    task: 'image-classification',
    keys: [0, 'image'],
    reply: labels,
  },
  {
    instanceType: 'AudioClassificationPipeline',
    task: 'audio-classification',
    keys: [0, 'audio'],
    reply: (random) => records(random, () => fields(random, 'score', 'label')),
  },
  {
    instanceType: 'AutomaticSpeechRecognitionPipeline',
    task: 'automatic-speech-recognition',
    keys: [0, 'audio'],
    reply: (random) => {
      const chunk = () => fields(random, 'text');
      return random.pick<() => unknown>([
        chunk,
        () => list(random, 2, chunk),
        () =>
          dict([
            ['text', ' a'],
            [
              'chunks',
              [
                dict([
                  ['text', ' a'],
                  ['timestamp', [float(0), float(1.5)]],
                ]),
              ],
            ],
          ]),
      ])();
    },
  },
  { instanceType: 'DepthEstimationPipeline', task: 'depth-estimation', keys: [0], reply: () => [] },
];

const media = [
  'YWJj',
  'notafile',
  'https://example.com/a.png',
  'https:///x',
  '//host/x',
  '/no/such/file',
  'ab\ncd',
  '{"a"',
];

function scalarFor(random: Random, kind: Kind): unknown {
  if (/Image|Audio|Speech/.test(kind.instanceType)) {
    return random.pick<() => unknown>([
      () => random.pick(media),
      () => bytes(random.pick(['abc', 'YWJj', 'RIFF\n', ''])),
      () => ({ $: 'array', dtype: 'float32', shape: [2], v: [float(0.5), float(0.25)] }),
    ])();
  }
  return text(random);
}

function oddValue(random: Random): unknown {
  return random.pick<() => unknown>([
    () => 7,
    () => null,
    () => true,
    () => float(1.5),
    () => bytes('abc'),
    () => ({ $: 'set', v: ['a'] }),
    () => [1, 'a'],
    () => [['a'], ['b']],
    () => dict([['a', dict([['b', 1]])]]),
    () => [],
    () => dict([]),
  ])();
}

function recordFor(random: Random, kind: Kind): unknown {
  const names = [...new Set(kind.keys.filter(() => random.chance(0.75)))];
  const cell = () => {
    if (random.chance(0.08)) return oddValue(random);
    return random.chance(0.75) ? scalarFor(random, kind) : list(random, 2, () => scalarFor(random, kind));
  };
  const chosen = names.length > 0 ? names : [kind.keys[0]];
  return dict([
    ...chosen.map((name): [unknown, unknown] => [name, cell()]),
    ...(random.chance(0.1) ? [['extra', 'x'] as [unknown, unknown]] : []),
  ]);
}

function frameFor(random: Random, kind: Kind): unknown {
  const rows = 1 + random.integer(3);
  const names = random.chance(0.5) ? [0] : [...new Set(kind.keys.filter((name) => typeof name === 'string'))];
  const chosen = names.length > 0 ? names : ['text'];
  const shared = text(random);
  const columns = chosen.map((name) => ({
    name: name as string | number,
    dtype: null,
    v: Array.from({ length: rows }, () => (random.chance(0.3) ? shared : scalarFor(random, kind))),
  }));
  return frame(...columns);
}

export function dataFor(random: Random, kind: Kind): unknown {
  if (random.chance(0.1)) return oddValue(random);
  return random.pick<() => unknown>([
    () => scalarFor(random, kind),
    () => list(random, 3, () => scalarFor(random, kind)),
    () => recordFor(random, kind),
    () => list(random, 3, () => recordFor(random, kind)),
    () => frameFor(random, kind),
    () => frameFor(random, kind),
  ])();
}

const configs: readonly (JsonObject | null)[] = [
  null,
  { max_new_tokens: 3 },
  { include_prompt: false },
  { collapse_whitespace: true, include_prompt: true },
  { return_timestamps: 'word' },
  { top_k: null, nested: { a: [1] } },
];

export function wrapperQuestion(random: Random, isNew: boolean): WrapperQuestion {
  const kind = random.pick(kinds.filter(({ isRemovedIn5 }) => !(isNew && isRemovedIn5)));
  const { instanceType, task } = kind;
  return {
    instanceType,
    task,
    data: dataFor(random, kind),
    params: random.chance(0.3) ? { top_k: 2 } : null,
    modelConfig: random.pick(configs),
    flavorConfig: { instance_type: instanceType, source_model_name: 'acme/tiny' },
    promptTemplate: random.chance(0.25) ? random.pick(['Q: {prompt} A:', '{{x}} {prompt!r:>9}', '{prompt}']) : null,
    reply: random.chance(0.05)
      ? {
          $: 'dict',
          v: [
            [
              'raise',
              random.pick([
                "The following `model_kwargs` are not used by the model: ['x']",
                'Malformed soundfile',
                'Soundfile is either not in the correct format or is malformed.',
                'other',
              ]),
            ],
          ],
        }
      : kind.reply(random),
  };
}

const messages = (random: Random): unknown =>
  random.chance(0.9)
    ? list(random, 3, () =>
        dict([
          ['role', random.pick(['user', 'system'])],
          ['content', text(random)],
        ]),
      )
    : random.pick<() => unknown>([() => 'hi', () => null, () => [text(random)], () => dict([['role', 'user']])])();

const options: readonly [string, readonly unknown[]][] = [
  ['max_tokens', [0, 3, null]],
  ['temperature', [float(0), float(0.5), null]],
  ['top_p', [float(0.5), float('nan')]],
  ['n', [1, 2, null]],
  ['stream', [false, true]],
  ['return_full_text', [true]],
  ['max_length', [9]],
];

/** A call of a model with an `llm/v1` task: ids are the characters of the prompt with some more. */
export function llmQuestion(random: Random): WrapperQuestion {
  const task = random.pick(['llm/v1/chat', 'llm/v1/completions', 'llm/v1/embeddings']);
  const isEmbedding = task.endsWith('embeddings');
  const field = isEmbedding ? 'input' : task.endsWith('chat') ? 'messages' : 'prompt';
  const value = (): unknown => {
    if (field === 'messages') return messages(random);
    return isEmbedding && random.chance(0.4) ? list(random, 2, () => text(random)) : text(random);
  };
  const given = options
    .filter(() => random.chance(0.25))
    .map(([name, values]): [string, unknown] => [name, random.pick(values)]);
  const rows = 1 + random.integer(2);
  const column = (name: string, make: () => unknown) => ({ name, dtype: null, v: Array.from({ length: rows }, make) });
  const data = random.pick<() => unknown>([
    () => dict([[random.chance(0.9) ? field : 'other', value()], ...given]),
    () =>
      frame(
        column(random.chance(0.9) ? field : 'other', value),
        ...given.map(([name, first]) => column(name, () => first)),
      ),
    () => oddValue(random),
  ])();
  const ids = () => Array.from({ length: 2 + random.integer(20) }, () => 97 + random.integer(26));
  const sequences = () => [dict([['generated_token_ids', ids()]])];
  return {
    instanceType: isEmbedding ? 'FeatureExtractionPipeline' : 'TextGenerationPipeline',
    task: isEmbedding ? 'feature-extraction' : 'text-generation',
    data,
    params: random.chance(0.3) ? { temperature: 0.25, max_tokens: 2 } : null,
    modelConfig: random.pick([null, { max_new_tokens: 4 }, { return_full_text: false, temperature: 0.75 }]),
    flavorConfig: {
      instance_type: 'x',
      inference_task: task,
      ...(random.chance(0.7) ? { source_model_name: 'acme/tiny' } : {}),
    },
    promptTemplate: random.chance(0.2) ? 'Q: {prompt}' : null,
    reply: isEmbedding ? [[[[float(0.5), float(1)]]], [[[float(0.25), float(2)]]]] : [sequences(), sequences()],
  };
}
