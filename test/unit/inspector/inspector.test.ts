import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { compareOutput } from '../../../src/core/inspector/compareOutput.js';
import { inspectModel } from '../../../src/core/inspector/inspectModel.js';
import { safeJoin } from '../../../src/core/inspector/modelFolder.js';
import { signatureView } from '../../../src/core/inspector/signatureView.js';
import { exampleInput, trialData, trialParams } from '../../../src/core/inspector/trialInput.js';
import { summarizeMlmodel } from '../../../src/core/mlmodel/modelSummary.js';

const outputs = (specs: unknown) => ({ inputs: null, outputs: JSON.stringify(specs), params: null });

describe('the signature table', () => {
  it('shows columns, properties of objects inside lists, tensors and params', () => {
    const view = signatureView({
      inputs: JSON.stringify([
        { type: 'string', name: 'text' },
        {
          type: 'array',
          items: {
            type: 'object',
            properties: { role: { type: 'string' }, note: { type: 'string', required: false } },
          },
          name: 'messages',
          required: false,
        },
      ]),
      outputs: JSON.stringify([{ type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, 384] } }]),
      params: JSON.stringify([{ name: 'stop', default: ['a'], shape: [-1], type: 'string' }]),
    });
    assert.equal(view.error, null);
    assert.deepEqual(
      view.inputs.map(({ name, type, isRequired, depth }) => [name, type, isRequired, depth]),
      [
        ['text', 'string', true, 0],
        ['messages', 'array of object', false, 0],
        ['role', 'string', true, 1],
        ['note', 'string', false, 1],
      ],
    );
    assert.deepEqual(
      view.outputs.map(({ name, type }) => [name, type]),
      [[null, 'tensor float32 (-1, 384)']],
    );
    assert.deepEqual(
      view.params.map(({ type, defaultValue }) => [type, defaultValue]),
      [['list of string', '["a"]']],
    );
  });

  it('shows the parts that can be read beside one that cannot', () => {
    const view = signatureView({ inputs: '[{"type": "string"}]', outputs: '{', params: null });
    assert.equal(view.inputs.length, 1);
    assert.match(view.error ?? '', /^The outputs of the signature cannot be read/);
  });
});

describe('comparing an answer with the signature', () => {
  const labels = outputs([
    { type: 'string', name: 'label', required: true },
    { type: 'double', name: 'score', required: true },
  ]);

  it('accepts whole numbers for doubles', () => {
    assert.deepEqual(compareOutput(labels, [{ label: 'POSITIVE', score: 1 }]), { matches: true, differences: [] });
  });
  it('names missing, unknown and mistyped columns once', () => {
    const answer = [
      { label: 3, extra: 1 },
      { label: 3, extra: 1 },
    ];
    assert.deepEqual(compareOutput(labels, answer)?.differences, [
      "Column 'label' is a whole number, the signature promises string.",
      "Column 'score' is missing.",
      "Column 'extra' is not in the signature.",
    ]);
  });
  it('takes plain values for a single unnamed column', () => {
    assert.equal(compareOutput(outputs([{ type: 'string' }]), ['a', 'b'])?.matches, true);
    assert.equal(compareOutput(outputs([{ type: 'long' }]), [1.5])?.matches, false);
  });
  it('compares shapes of tensors, free dimensions aside', () => {
    const tensor = outputs([{ type: 'tensor', 'tensor-spec': { dtype: 'float64', shape: [-1, 2] } }]);
    assert.equal(
      compareOutput(tensor, [
        [1, 2],
        [3, 4],
      ])?.matches,
      true,
    );
    assert.equal(compareOutput(tensor, [[1, 2, 3]])?.matches, false);
  });
  it('is none without output columns', () => {
    assert.equal(compareOutput({ inputs: null, outputs: null, params: null }, 1), null);
  });
});

describe('the input of a trial', () => {
  it('is JSON when it is an object, a list or a quoted text, and the text itself otherwise', () => {
    assert.deepEqual(trialData(' {"question": "q"}'), { question: 'q' });
    assert.deepEqual(trialData('["a"]'), ['a']);
    assert.equal(trialData('"a"'), 'a');
    assert.equal(trialData('[MASK] is a word'), '[MASK] is a word');
    assert.equal(trialData('12'), '12');
  });
  it('refuses params that are no object', () => {
    assert.equal(trialParams(' '), undefined);
    assert.deepEqual(trialParams('{"top_k": 2}'), { top_k: 2 });
    assert.throws(() => trialParams('[1]'), { errorCode: 'INVALID_PARAMETER_VALUE' });
  });
});

describe('a model folder', () => {
  let folder: string;
  const mlmodel = [
    'flavors:',
    '  transformers:',
    '    components:',
    '    - tokenizer',
    '    model_binary: model',
    '    pipeline_model_type: BertForSequenceClassification',
    '    source_model_name: acme/tiny',
    '    task: text-classification',
    '    tokenizer_type: BertTokenizer',
    '    torch_dtype: torch.bfloat16',
    '    transformers_version: 5.23.0',
    'mlflow_version: 3.17.2',
    'model_id: m-0f1e2d3c4b5a69788796a5b4c3d2e1f0',
    'model_size_bytes: 1234',
    'model_uuid: m-0f1e2d3c4b5a69788796a5b4c3d2e1f0',
    'run_id: 5d0c3d1e2f8b4a6f9c7e1a2b3c4d5e6f',
    'saved_input_example_info:',
    '  artifact_path: input_example.json',
    '  type: json_object',
    "utc_time_created: '2026-11-24 07:47:37.509684'",
    '',
  ].join('\n');

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'inspector-'));
    await mkdir(path.join(folder, 'model'));
    await mkdir(path.join(folder, 'components/tokenizer'), { recursive: true });
    const header = JSON.stringify({ 'a.weight': { dtype: 'BF16', shape: [2, 3], data_offsets: [0, 12] } });
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    const write = (name: string, text: string | Buffer) => writeFile(path.join(folder, name), text);
    await write('MLmodel', mlmodel);
    await write('model/model.safetensors', Buffer.concat([length, Buffer.from(header), Buffer.alloc(12)]));
    await write('model/config.json', '{"model_type": "bert", "id2label": {"0": "A"}}');
    await write(
      'components/tokenizer/tokenizer_config.json',
      '{"tokenizer_class": "BertTokenizer", "cls_token": {"content": "[CLS]"}, "model_max_length": 1000000000000000019884624838656}',
    );
    await write(
      'components/tokenizer/tokenizer.json',
      '{"model": {"vocab": {"a": 0, "b": 1}}, "added_tokens": [{"content": "b"}, {"content": "c"}]}',
    );
    await write('components/tokenizer/chat_template.jinja', '{{ x }}');
    await write('requirements.txt', 'mlflow==3.17.2\ntransformers==5.23.0');
    await write('input_example.json', '["I love it", "no"]');
    await write('model_card.md', '# Card');
    await write('model_card_data.yaml', 'license: mit\n');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('is read with its weights by their header alone', async () => {
    const model = await inspectModel(mlmodel, folder, 'tiny');
    assert.deepEqual(model.weights.tensors, [
      { name: 'a.weight', dtype: 'bf16', shape: [2, 3], sizeBytes: 12, file: 'model.safetensors' },
    ]);
    assert.equal(model.facts.parameterCount, 6);
    assert.deepEqual(model.facts.dtypes, ['bf16']);
    assert.equal(model.facts.uri, 'models:/m-0f1e2d3c4b5a69788796a5b4c3d2e1f0');
    assert.deepEqual(model.card, { text: '# Card', metadata: [{ key: 'license', value: 'mit' }] });
    assert.equal(model.files.length, 10);
    assert.equal(exampleInput(model), '[\n  "I love it",\n  "no"\n]');
  });

  it('tells the tokenizer apart: added tokens counted once, no limit where none is meant', async () => {
    const { tokenizer } = await inspectModel(mlmodel, folder, 'tiny');
    assert.equal(tokenizer?.vocabularySize, 3);
    assert.equal(tokenizer.maxLength, null);
    assert.equal(tokenizer.chatTemplate, '{{ x }}');
    assert.deepEqual(tokenizer.specialTokens, [{ key: 'cls_token', value: '[CLS]' }]);
  });

  it('links its source to the Hub and its run to the store', async () => {
    const { provenance } = await inspectModel(mlmodel, folder, 'tiny');
    assert.deepEqual(provenance.find(({ label }) => label === 'Source')?.action, {
      kind: 'link',
      href: 'https://huggingface.co/acme/tiny',
    });
    assert.deepEqual(provenance.find(({ label }) => label === 'Run')?.action, {
      kind: 'run',
      runId: '5d0c3d1e2f8b4a6f9c7e1a2b3c4d5e6f',
    });
  });

  it('keeps every other section when the weights are broken', async () => {
    const broken = mlmodel.replace('model_binary: model', 'model_binary: gone');
    const model = await inspectModel(broken, folder, 'tiny');
    assert.match(model.weights.error ?? '', /gone/);
    assert.equal(model.environment.length, 1);
  });

  it('does not follow a weights folder out of the model', async () => {
    const evil = mlmodel.replace('model_binary: model', 'model_binary: ../../etc');
    assert.match((await inspectModel(evil, folder, 'tiny')).weights.error ?? '', /outside/);
    assert.equal(safeJoin('/m', '../x'), undefined);
    assert.equal(safeJoin('/m', '/etc/passwd'), undefined);
    assert.equal(safeJoin('/m', 'a/../b'), path.resolve('/m/b'));
  });

  it('is refused with its line when the MLmodel is no YAML', async () => {
    await assert.rejects(inspectModel('flavors: [\n', folder, 'tiny'), { reason: 'mlmodelInvalid' });
  });

  it('is read without its files in a virtual workspace', async () => {
    const model = await inspectModel(mlmodel, undefined, 'tiny');
    assert.match(model.weights.note ?? '', /on this machine/);
    assert.deepEqual(model.facts.dtypes, ['bf16']);
  });
});

describe('the summary of a model', () => {
  it('is reference-only by a pinned revision or a local base', () => {
    const text = (line: string) => `flavors:\n  transformers:\n    task: fill-mask\n    ${line}\n`;
    assert.equal(summarizeMlmodel(text('source_model_revision: abc'))?.isReferenceOnly, true);
    assert.equal(summarizeMlmodel(text('local_base_model_path: /base'))?.isReferenceOnly, true);
    assert.equal(summarizeMlmodel(text('model_binary: model'))?.isReferenceOnly, false);
  });
  it('is none for a text that is no mapping', () => {
    assert.equal(summarizeMlmodel('- a'), undefined);
    assert.equal(summarizeMlmodel('a: ['), undefined);
  });
});
