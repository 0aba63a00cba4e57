import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { staysSingle } from '../../../src/core/transformers/singlePrecision.js';

describe('tensors that stay in single precision', () => {
  it('are parts of the model type, by whole segments of their names', () => {
    const stays = staysSingle({ model_type: 't5' }, 'F16');
    assert.ok(stays('encoder.block.0.layer.1.DenseReluDense.wo.weight'));
    assert.ok(!stays('encoder.block.0.layer.1.DenseReluDense.wi.weight') && !stays('two.weight'));
    assert.ok(!staysSingle({ model_type: 'bert' }, 'F16')('encoder.wo.weight'));
  });

  it('are fewer beside bfloat16, and none where the precision does not fall', () => {
    const name = 'decoder.block.0.layer.2.DenseReluDense.wo.weight';
    assert.ok(!staysSingle({ model_type: 't5' }, 'BF16')(name) && !staysSingle({ model_type: 't5' }, 'F32')(name));
    assert.ok(staysSingle({ model_type: 'deepseek_v3' }, 'BF16')('model.layers.1.mlp.gate.e_score_correction_bias'));
  });

  it('are those of the models inside a model too', () => {
    const stays = staysSingle({ model_type: 'blip-2', text_config: { model_type: 't5' } }, 'F16');
    assert.ok(stays('query_tokens') && stays('language_model.encoder.block.0.layer.1.DenseReluDense.wo.weight'));
  });
});
