import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import { readAdapter } from '../../../src/core/graph/adapter.js';
import { headFor } from '../../../src/core/graph/heads.js';
import { ModelConfig } from '../../../src/core/graph/modelConfig.js';
import { encodeOnnxModel } from '../../../src/core/graph/onnxModel.js';
import { graphFor, supportedArchitectures } from '../../../src/core/graph/registry.js';
import { ropeTable } from '../../../src/core/graph/rope.js';
import type { JsonObject } from '../../../src/core/ports.js';
import type { CheckpointTensor, CheckpointTensors } from '../../../src/core/safetensors/checkpoint.js';

const config: JsonObject = { model_type: 'gpt2', n_embd: 8, n_layer: 1, n_head: 1, n_positions: 16, vocab_size: 10 };

/** A checkpoint of one GPT-2 layer; only its header exists. */
function checkpoint(prefix = '', wrapped = false): CheckpointTensors {
  const shapes: Record<string, number[]> = {
    'wte.weight': [10, 8],
    'wpe.weight': [16, 8],
    'ln_f.weight': [8],
    'ln_f.bias': [8],
    'h.0.attn.c_attn.weight': [8, 24],
    'h.0.attn.c_attn.bias': [24],
    'h.0.attn.c_proj.weight': [8, 8],
    'h.0.attn.c_proj.bias': [8],
    'h.0.mlp.c_fc.weight': [8, 32],
    'h.0.mlp.c_fc.bias': [32],
    'h.0.mlp.c_proj.weight': [32, 8],
    'h.0.mlp.c_proj.bias': [8],
  };
  for (const norm of ['ln_1', 'ln_2']) shapes[`h.0.${norm}.weight`] = shapes[`h.0.${norm}.bias`] = [8];
  const tensors = new Map<string, CheckpointTensor>();
  let offsetBytes = 100;
  for (const [plain, shape] of Object.entries(shapes)) {
    const name = prefix + (wrapped ? plain.replace('c_attn.', 'c_attn.base_layer.') : plain);
    const lengthBytes = shape.reduce((a, b) => a * b, 4);
    tensors.set(name, { name, dtype: 'F32', shape, offsetBytes, lengthBytes, file: '/models/model.safetensors' });
    offsetBytes += lengthBytes;
  }
  if (wrapped) {
    const name = `${prefix}h.0.attn.c_attn.lora_A.default.weight`;
    tensors.set(name, {
      name,
      dtype: 'F32',
      shape: [2, 8],
      offsetBytes,
      lengthBytes: 64,
      file: '/models/model.safetensors',
    });
  }
  return { tensors, files: [], parameterCount: 0, weightsBytes: 0, parametersByDtype: {}, metadata: {} };
}

function graph(overrides: { config?: JsonObject; modelClass?: string | null; checkpoint?: CheckpointTensors } = {}) {
  return graphFor({
    transformersVersion: null,
    config: overrides.config ?? config,
    modelClass: overrides.modelClass === undefined ? 'GPT2LMHeadModel' : overrides.modelClass,
    task: 'text-generation',
    folder: '/models',
    checkpoint: overrides.checkpoint ?? checkpoint(),
    adapter: null,
    options: { target: 'cpu', quantization: null },
  });
}

describe('generated graphs', () => {
  it('are the same bytes every time and stay small: weights are pointed to', () => {
    const encode = () => encodeOnnxModel(graph().main.model, () => 'model.safetensors');
    assert.deepEqual(encode(), encode());
    assert.ok(encode().length < 10_000);
  });

  it('point to the tensors of the safetensors file by offset and length', () => {
    const initializer = graph().main.model.initializers.find(({ name }) => name === 'wpe.weight');
    assert.deepEqual(initializer?.data, { file: '/models/model.safetensors', offsetBytes: 420, lengthBytes: 512 });
  });

  it('do not depend on the prefix under which a class saves its base model', () => {
    const names = (tensors: CheckpointTensors) =>
      graph({ checkpoint: tensors }).main.model.nodes.map(({ opType }) => opType);
    assert.deepEqual(names(checkpoint('transformer.')), names(checkpoint()));
    assert.deepEqual(names(checkpoint('base_model.model.transformer.', true)), names(checkpoint()));
  });

  it('name the architecture, and what else can be done, when it is unknown', () => {
    const unknown = { model_type: 'mamba', architectures: ['MambaForCausalLM'] };
    assert.throws(
      () => graph({ config: unknown, modelClass: null }),
      (error: unknown) => {
        assert.ok(MlflowError.is(error, 'NOT_IMPLEMENTED'));
        assert.equal(error.reason, 'architectureUnsupported');
        assert.match(error.message, /MambaForCausalLM.*ONNX export.*python engine/);
        return true;
      },
    );
  });

  it('do not take a model_type for a property of objects', () => {
    assert.throws(() => graph({ config: { model_type: 'constructor' } }), /cannot be run from its weights/);
  });

  it('name the tensor that a checkpoint lacks', () => {
    const tensors = checkpoint();
    (tensors.tensors as Map<string, CheckpointTensor>).delete('h.0.mlp.c_fc.weight');
    assert.throws(() => graph({ checkpoint: tensors }), /no tensor "h\.0\.mlp\.c_fc\.weight"/);
  });

  it('refuse quantized weights by their type', () => {
    const tensors = checkpoint();
    const tensor = tensors.tensors.get('h.0.mlp.c_fc.weight') as CheckpointTensor;
    (tensors.tensors as Map<string, CheckpointTensor>).set(tensor.name, { ...tensor, dtype: 'U8' });
    assert.throws(() => graph({ checkpoint: tensors }), /stored as U8/);
  });

  it('cover the families that people log', () => {
    for (const name of ['bert', 'distilbert', 'roberta', 'gpt2', 'llama', 'qwen2', 't5', 'bart', 'whisper', 'vit']) {
      assert.ok(supportedArchitectures.includes(name), name);
    }
  });
});

describe('heads', () => {
  const cases: [string, string, string][] = [
    ['BertForSequenceClassification', 'fill-mask', 'sequenceClassification'],
    ['GPT2LMHeadModel', 'text-generation', 'causalLm'],
    ['MarianMTModel', 'translation_en_to_de', 'conditionalGeneration'],
    ['PeftModelForCausalLM', 'text-generation', 'causalLm'],
    ['BertModel', 'feature-extraction', 'base'],
    ['', 'question-answering', 'questionAnswering'],
    ['', 'translation_xx_to_yy', 'conditionalGeneration'],
  ];
  for (const [modelClass, task, head] of cases) {
    it(`${modelClass || 'no class'} for ${task} has the head ${head}`, () =>
      assert.equal(headFor(modelClass, task), head));
  }
});

describe('rotary settings', () => {
  const first = (json: JsonObject) => [...ropeTable(new ModelConfig(json), 8).frequencies(4).inverse];
  it('are read from both generations of config.json', () => {
    const old = { model_type: 'llama', rope_theta: 500, rope_scaling: { type: 'linear', factor: 2 } };
    const recent = { model_type: 'llama', rope_parameters: { rope_theta: 500, rope_type: 'linear', factor: 2 } };
    assert.deepEqual(first(old), first(recent));
    assert.equal(first(old)[0], 0.5);
  });

  it('are refused by name when the kind is unknown', () => {
    assert.throws(() => first({ model_type: 'llama', rope_scaling: { rope_type: 'spiral' } }), /rope_type = spiral/);
  });
});

describe('adapters', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(path.join(tmpdir(), 'adapter-'))));
  after(() => rm(folder, { recursive: true }));

  for (const [settings, text] of [
    [{ peft_type: 'IA3' }, /PEFT kind IA3/],
    [{ peft_type: 'PROMPT_TUNING' }, /PROMPT_TUNING/],
    [{ peft_type: 'LORA', use_dora: true }, /DoRA/],
    [{ peft_type: 'LORA', trainable_token_indices: [1] }, /trainable_token_indices/],
  ] as const) {
    it(`of the kind ${JSON.stringify(settings)} are refused with what to do`, async () => {
      await writeFile(path.join(folder, 'adapter_config.json'), JSON.stringify(settings));
      await assert.rejects(readAdapter(folder), (error: unknown) => {
        assert.ok(MlflowError.is(error, 'NOT_IMPLEMENTED'));
        assert.match(error.message, text);
        assert.match(error.message, /merge_and_unload/);
        return true;
      });
    });
  }
});
