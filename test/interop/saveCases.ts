import type { PythonGeneration } from '../helpers/environment.js';

/** One save that Python and we do alike. Options are Python's, with the marks of test/fixtures/flavor/session.py and folders. */
export interface SaveCase {
  name: string;
  /** Checkpoint of test/fixtures/flavor/checkpoints.py or mediaCheckpoints.py. */
  checkpoint: string;
  how?: 'pipeline' | 'dict' | 'path';
  /** Makes it a model of this repository. */
  nameOrPath?: string;
  options?: Record<string, unknown>;
  only?: PythonGeneration;
}

const requirements = { pip_requirements: ['some-package==1.0', 'other>2,<3'] };
const bert = 'text-classification-bert';
const gpt2 = 'text-generation-gpt2';
const signature = {
  inputs: '[{"type": "string", "name": "text", "required": true}]',
  outputs: '[{"type": "string", "required": true}]',
  params: '[{"name": "top_k", "default": 2, "shape": null, "type": "long"}]',
};

const example = (name: string, checkpoint: string, input: unknown, more: Record<string, unknown> = {}): SaveCase => ({
  name: `example ${name}`,
  checkpoint,
  options: { ...requirements, input_example: input, ...more },
});

/** Saves of one model after the other, with many combinations of arguments. */
export const saveCases: SaveCase[] = [
  { name: 'explicit signature', checkpoint: bert, options: { ...requirements, signature } },
  { name: 'signature False: the default (V4, J1)', checkpoint: bert, options: { ...requirements, signature: false } },
  example('of text', bert, 'the quick brown fox'),
  example('of texts', bert, ['the quick brown fox', 'dog']),
  example('of a record', bert, { text: 'the dog', text_pair: 'the fox' }),
  example('of records', bert, [
    { text: 'the dog', text_pair: 'the fox' },
    { text: 'a', text_pair: 'b' },
  ]),
  example('with params', bert, { $pair: ['the dog', { top_k: 2 }] }),
  example('with params that are none (V7)', bert, { $pair: ['the dog', {}] }),
  example('of a frame', bert, { $frame: { columns: ['text'], data: [['the dog'], ['caf\u00e9']] } }),
  example('of a frame without names', bert, { $frame: { columns: [0], data: [['the dog']] } }),
  example('that the pipeline refuses (J4)', bert, 3),
  example('of texts with top_k', bert, ['the dog'], { model_config: { top_k: null } }),
  example('for tokens', 'token-classification-bert', 'my name is Wolfgang'),
  example('for masks', 'fill-mask-bert', ['the [MASK] fox', 'the [MASK] dog']),
  example('for features (J8)', 'feature-extraction-bert', ['hello world']),
  example('for zero shot (J2, J5)', 'zero-shot-bert', {
    sequences: 'the quick fox',
    candidate_labels: ['sports', 'politics'],
    hypothesis_template: 'This example is {}.',
  }),
  example('for zero shot with many sequences', 'zero-shot-bert', {
    sequences: ['the quick fox', 'dog'],
    candidate_labels: ['sports', 'politics'],
    hypothesis_template: 'About {}',
  }),
  example('for generation', gpt2, 'the quick', { model_config: { max_new_tokens: 3, do_sample: false } }),
  example('for generation with params', gpt2, {
    $pair: [['the quick', 'dog'], { max_new_tokens: 3, do_sample: false, temperature: 0.5, stop: ['a', 'b'] }],
  }),
  example('for audio (J9)', 'asr-wav2vec2', { $array: Array.from({ length: 400 }, (_, index) => (index % 8) / 8) }),
  example('of audio bytes', 'audio-classification-wav2vec2', { $bytes: 'AAECAw==' }),
  example('for tables', 'table-qa-tapas', {
    query: 'how many Stars',
    table: '{"Repository": ["fox", "dog"], "Stars": ["36542", "4512"]}',
  }),
  example('for questions', 'question-answering-bert', { question: 'where ?', context: 'in Berlin' }),
  example('for summaries', 'summarization-bart', ['the quick brown fox'], { model_config: { max_new_tokens: 3 } }),
  example('for translation', 'translation-marian', 'hello world', { model_config: { max_new_tokens: 3 } }),
  example('for text2text', 'text2text-t5', 'hello world', { model_config: { max_new_tokens: 3 } }),
  { name: 'dictionary of components', checkpoint: bert, how: 'dict', options: requirements },
  {
    name: 'dictionary with an image processor',
    checkpoint: 'image-classification-vit',
    how: 'dict',
    options: requirements,
  },
  { name: 'dictionary for speech', checkpoint: 'asr-whisper', how: 'dict', options: requirements },
  {
    name: 'nested model_config',
    checkpoint: gpt2,
    options: { ...requirements, model_config: { b: { x: [1, 2.5, null] }, a: 'caf\u00e9', t: true } },
  },
  {
    name: 'metadata',
    checkpoint: bert,
    options: {
      ...requirements,
      metadata: { team: 'search', n: { b: 1, a: [1, 'x'] }, '\u00fcn\u00ef': '\u00e9\u4e2d x' },
    },
  },
  {
    name: 'prompt template (K3, G3)',
    checkpoint: gpt2,
    options: { ...requirements, prompt_template: 'Answer {{kindly}}: {prompt}' },
  },
  {
    name: 'prompt template, return_full_text kept (K4)',
    checkpoint: gpt2,
    options: { ...requirements, prompt_template: '{prompt}', model_config: { return_full_text: true } },
  },
  {
    name: 'prompt template for masks',
    checkpoint: 'fill-mask-bert',
    options: { ...requirements, prompt_template: 'a {prompt} b', metadata: { x: 1 } },
  },
  { name: 'chat (P1)', checkpoint: gpt2, options: { ...requirements, task: 'llm/v1/chat' } },
  {
    name: 'chat with an example (P1)',
    checkpoint: gpt2,
    options: {
      ...requirements,
      task: 'llm/v1/chat',
      input_example: { messages: [{ role: 'user', content: 'hello' }], max_tokens: 2 },
    },
  },
  {
    name: 'chat with metadata',
    checkpoint: gpt2,
    options: { ...requirements, task: 'llm/v1/chat', metadata: { task: 'llm/v1/chat', y: 2 } },
  },
  {
    name: 'completions',
    checkpoint: gpt2,
    options: { ...requirements, task: 'llm/v1/completions', prompt_template: 'Q: {prompt}' },
  },
  {
    name: 'embeddings',
    checkpoint: 'feature-extraction-bert',
    options: { ...requirements, task: 'llm/v1/embeddings', input_example: { input: ['a', 'b'] } },
  },
  { name: 'task of a pipeline is its own (B26)', checkpoint: bert, options: { ...requirements, task: 'fill-mask' } },
  { name: 'torch_dtype (A4)', checkpoint: bert, options: { ...requirements, torch_dtype: 'float16' } },
  {
    name: 'model card (C2)',
    checkpoint: bert,
    options: {
      ...requirements,
      model_card: '---\nlicense: mit\ntags:\n- b\n- a\nlanguage: en\n---\n\n# Card \u00e9\n\ntext\n',
    },
  },
  {
    name: 'model card without licence',
    checkpoint: bert,
    options: { ...requirements, model_card: '---\ntags:\n- x\n---\n# Card' },
  },
  {
    name: 'model card of another licence',
    checkpoint: bert,
    options: { ...requirements, model_card: '---\nlicense: other\nlicense_name: x\n---\n# Card' },
  },
  { name: 'default requirements (H1, H5, H6)', checkpoint: bert },
  {
    name: 'extra requirements (G4)',
    checkpoint: bert,
    options: { extra_pip_requirements: ['zzz==1', 'aaa', 'torch'] },
  },
  {
    name: 'constraints',
    checkpoint: bert,
    options: { pip_requirements: ['x==1', '-c $FOLDER/constraints.txt', 'mlflow'] },
  },
  { name: 'requirements from a file (H8, H9)', checkpoint: bert, options: { pip_requirements: '$FOLDER/reqs.txt' } },
  {
    name: 'conda environment (G5)',
    checkpoint: bert,
    options: {
      conda_env: { name: 'mine', channels: ['defaults'], dependencies: ['python=3.11.7', 'numpy', { pip: ['x==1'] }] },
    },
  },
  {
    name: 'conda environment without pip',
    checkpoint: bert,
    options: { conda_env: { name: 'mine', dependencies: ['python=3.10'] } },
  },
  { name: 'conda environment from a file', checkpoint: bert, options: { conda_env: '$FOLDER/env.yaml' } },
  {
    name: 'code paths (B23)',
    checkpoint: bert,
    options: { ...requirements, code_paths: ['$FOLDER/code/a.py', '$FOLDER/code/pkg'] },
  },
  { name: 'model of a repository', checkpoint: bert, nameOrPath: 'acme/tiny-bert', options: requirements },
  {
    name: 'reference only',
    checkpoint: bert,
    nameOrPath: 'acme/tiny-bert',
    options: { ...requirements, save_pretrained: false },
  },
  {
    name: 'reference only, question answering (A1)',
    checkpoint: 'question-answering-bert',
    nameOrPath: 'acme/tiny-bert',
    options: { ...requirements, save_pretrained: false },
  },
  {
    name: 'reference only, speech (D2)',
    checkpoint: 'asr-whisper',
    nameOrPath: 'acme/tiny',
    options: { ...requirements, save_pretrained: false },
  },
  {
    name: 'reference only of a path stores the weights',
    checkpoint: bert,
    options: { ...requirements, save_pretrained: false },
  },
  {
    name: 'inference_config',
    checkpoint: gpt2,
    only: 'old',
    options: { ...requirements, inference_config: { max_new_tokens: 3, b: 'caf\u00e9' } },
  },
  { name: 'checkpoint path (B13, B25)', checkpoint: bert, how: 'path', only: 'old', options: requirements },
  {
    name: 'checkpoint path with an example (B14)',
    checkpoint: bert,
    how: 'path',
    only: 'old',
    options: { ...requirements, input_example: ['the dog'], model_config: { top_k: 2 } },
  },
  { name: 'checkpoint path, default requirements (B15)', checkpoint: bert, how: 'path', only: 'old' },
  {
    name: 'checkpoint path as chat (B18)',
    checkpoint: gpt2,
    how: 'path',
    only: 'old',
    options: { ...requirements, task: 'llm/v1/chat' },
  },
  {
    name: 'processor beside a classifier',
    checkpoint: bert,
    options: { ...requirements, processor: '$CHECKPOINT/../image-to-text-blip' },
  },
  {
    name: 'processor for speech',
    checkpoint: 'asr-whisper',
    only: 'new',
    options: { ...requirements, processor: '$CHECKPOINT' },
  },
  {
    name: 'processor for speech, default requirements',
    checkpoint: 'asr-wav2vec2',
    options: { processor: '$CHECKPOINT' },
  },
  {
    name: 'dictionary and processor for speech',
    checkpoint: 'asr-whisper',
    how: 'dict',
    only: 'new',
    options: { ...requirements, processor: '$CHECKPOINT', metadata: { x: 1 } },
  },
  {
    name: 'dictionary and processor for images and text',
    checkpoint: 'zero-shot-image-clip',
    how: 'dict',
    options: { ...requirements, processor: '$CHECKPOINT' },
  },
  {
    name: 'processor of a multimodal pipeline',
    checkpoint: 'image-to-text-blip',
    options: { ...requirements, processor: '$CHECKPOINT' },
  },
  {
    name: 'processor of a vision-language pipeline',
    checkpoint: 'image-text-to-text-llava',
    options: { ...requirements, processor: '$CHECKPOINT', model_config: { max_new_tokens: 3 } },
  },
  {
    name: 'reference only with a processor',
    checkpoint: 'asr-whisper',
    nameOrPath: 'acme/tiny',
    options: { ...requirements, save_pretrained: false, processor: '$CHECKPOINT' },
  },
  { name: 'dictionary for images and text', checkpoint: 'zero-shot-image-clip', how: 'dict', options: requirements },
  {
    name: 'dictionary for objects in images',
    checkpoint: 'zero-shot-object-detection-owlvit',
    how: 'dict',
    options: requirements,
  },
  { name: 'dictionary for sounds', checkpoint: 'audio-classification-ast', how: 'dict', options: requirements },
  {
    name: 'example for a pipeline without pyfunc',
    checkpoint: 'object-detection-yolos',
    options: { ...requirements, input_example: 'https://example.org/a.png' },
  },
  {
    name: 'reference only, images',
    checkpoint: 'image-classification-vit',
    nameOrPath: 'acme/tiny',
    options: { ...requirements, save_pretrained: false },
  },
  ...['text-classification-lora', 'text-generation-rslora', 'text-generation-prompt-tuning'].flatMap(
    (checkpoint): SaveCase[] => [
      { name: `dictionary with the adapter of ${checkpoint}`, checkpoint, how: 'dict', options: requirements },
      {
        name: `adapter of ${checkpoint} on a repository's base`,
        checkpoint,
        nameOrPath: 'acme/tiny',
        options: requirements,
      },
      {
        name: `adapter of ${checkpoint} on the base in a folder`,
        checkpoint,
        only: 'new',
        options: { ...requirements, base_model_path: '$CHECKPOINT' },
      },
    ],
  ),
  { name: 'adapter with default requirements', checkpoint: 'text-generation-ia3' },
  {
    name: 'adapter as chat',
    checkpoint: 'text-generation-dora',
    options: { ...requirements, task: 'llm/v1/chat', metadata: { x: 1 } },
  },
  {
    name: 'checkpoint path with a dtype',
    checkpoint: gpt2,
    how: 'path',
    only: 'old',
    options: { ...requirements, torch_dtype: 'float32' },
  },
];

/** Arguments that both refuse, with the same words. */
export const refusedCases: SaveCase[] = [
  {
    name: 'several environment arguments (B29)',
    checkpoint: bert,
    options: { pip_requirements: ['x'], conda_env: {} },
  },
  {
    name: 'three environment arguments',
    checkpoint: bert,
    options: { pip_requirements: ['x'], conda_env: {}, extra_pip_requirements: ['y'] },
  },
  { name: 'code_paths that is no list', checkpoint: bert, options: { ...requirements, code_paths: 'x' } },
  {
    name: 'a code path that does not exist',
    checkpoint: bert,
    options: { ...requirements, code_paths: ['/nowhere/at-all'] },
  },
  { name: 'pip_requirements of a wrong type', checkpoint: bert, options: { pip_requirements: 3 } },
  { name: 'conda_env of a wrong type', checkpoint: bert, options: { conda_env: 3 } },
  {
    name: 'a constraints file that does not exist',
    checkpoint: bert,
    options: { pip_requirements: ['-c /nowhere/x.txt'] },
  },
  {
    name: 'an llm task for another pipeline (P2)',
    checkpoint: bert,
    options: { ...requirements, task: 'llm/v1/chat' },
  },
  { name: 'an unknown llm task (P2)', checkpoint: gpt2, options: { ...requirements, task: 'llm/v1/foo' } },
  { name: 'embeddings of a generator', checkpoint: gpt2, options: { ...requirements, task: 'llm/v1/embeddings' } },
  {
    name: 'an llm task with another signature (J7)',
    checkpoint: gpt2,
    options: { ...requirements, task: 'llm/v1/completions', signature },
  },
  {
    name: 'metadata of another task (G7)',
    checkpoint: gpt2,
    options: { ...requirements, metadata: { task: 'llm/v1/chat' } },
  },
  {
    name: 'metadata of another llm task',
    checkpoint: gpt2,
    options: { ...requirements, task: 'llm/v1/completions', metadata: { task: 'llm/v1/chat' } },
  },
  ...['{a} {prompt}', '{prompt} {prompt}', 'nothing', '{}', '{other}', '{prompt.x}', '{prompt[0]}', '{0}'].map(
    (template) => ({
      name: `the template ${template} (K1)`,
      checkpoint: gpt2,
      options: { ...requirements, prompt_template: template },
    }),
  ),
  { name: 'a template that is no text', checkpoint: gpt2, options: { ...requirements, prompt_template: 3 } },
  { name: 'a template with an open brace', checkpoint: gpt2, options: { ...requirements, prompt_template: '{prompt' } },
  {
    name: 'a template for a classifier (K5)',
    checkpoint: bert,
    options: { ...requirements, prompt_template: '{prompt}' },
  },
  {
    name: 'an example that is none',
    checkpoint: bert,
    options: { ...requirements, input_example: { $set: ['x'] } },
  },
  {
    name: 'a checkpoint path without weights to store',
    checkpoint: bert,
    how: 'path',
    options: { ...requirements, save_pretrained: false },
  },
];
