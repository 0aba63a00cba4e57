import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { modelClassForTask } from '../../../src/core/transformers/modelClass.js';
import { wantedComponents } from '../../../src/core/transformers/wantedComponents.js';

const of = (type: string, ...architectures: string[]) => ({ model_type: type, architectures });

describe('model classes', () => {
  it('are those of the auto class of the task, whatever head the checkpoint was saved with', () => {
    assert.equal(modelClassForTask(of('bert', 'BertForMaskedLM'), 'text-generation', 5), 'BertLMHeadModel');
    assert.equal(modelClassForTask(of('bart', 'BartModel'), 'fill-mask', 4), 'BartForConditionalGeneration');
    assert.equal(modelClassForTask(of('xlm-roberta'), 'token-classification', 4), 'XLMRobertaForTokenClassification');
    assert.equal(modelClassForTask(of('dpr'), 'feature-extraction', 5), 'DPRQuestionEncoder');
    assert.equal(
      modelClassForTask(of('whisper'), 'automatic-speech-recognition', 5),
      'WhisperForConditionalGeneration',
    );
    assert.equal(modelClassForTask(of('t5'), 'translation_en_to_de', 4), 'T5ForConditionalGeneration');
  });

  it('of several for one model type are the one that config.json names, else the first', () => {
    const withTeacher = of('deit', 'DeiTForImageClassificationWithTeacher');
    assert.equal(modelClassForTask(withTeacher, 'image-classification', 5), 'DeiTForImageClassificationWithTeacher');
    assert.equal(modelClassForTask(of('deit', 'DeiTModel'), 'image-classification', 5), 'DeiTForImageClassification');
  });

  it('are the declared ones where no auto class knows the model type', () => {
    assert.equal(modelClassForTask(of('mine', 'MineForMaskedLM'), 'fill-mask', 'both'), 'MineForMaskedLM');
    assert.equal(modelClassForTask(of('mine'), 'fill-mask', 'both'), null);
  });

  it('follow the generation: only 5 knows newer types, only 4 has the dropped tasks', () => {
    const qwen3 = of('qwen3', 'Qwen3Model');
    assert.equal(modelClassForTask(qwen3, 'text-generation', 5), 'Qwen3ForCausalLM');
    assert.equal(modelClassForTask(qwen3, 'text-generation', 4), 'Qwen3Model');
    assert.equal(modelClassForTask(of('bert'), 'question-answering', 'both'), 'BertForQuestionAnswering');
  });
});

describe('components of a pipeline', () => {
  it('of transformers 4 have a tokenizer only where the model type or config.json names one', () => {
    assert.ok(!wantedComponents('feature-extraction', of('clip_vision_model'), 4).tokenizer);
    assert.ok(wantedComponents('feature-extraction', of('clip_vision_model'), 5).tokenizer);
    const declared = { ...of('clip_vision_model'), tokenizer_class: 'CLIPTokenizer' };
    assert.ok(wantedComponents('feature-extraction', declared, 4).tokenizer);
  });

  it('of transformers 4 are those of both models where a model is made of two', () => {
    assert.deepEqual(wantedComponents('image-to-text', of('vision-encoder-decoder'), 4), {
      tokenizer: true,
      featureExtractor: false,
      imageProcessor: true,
    });
    assert.deepEqual(wantedComponents('automatic-speech-recognition', of('speech-encoder-decoder'), 4), {
      tokenizer: true,
      featureExtractor: true,
      imageProcessor: false,
    });
  });

  it('of transformers 5 are all parts of the processor where the pipeline loads one', () => {
    const all = { tokenizer: true, featureExtractor: true, imageProcessor: true };
    assert.deepEqual(wantedComponents('image-text-to-text', of('llava'), 5), all);
    assert.deepEqual(wantedComponents('any-to-any', of('qwen2_5_omni'), 'both'), all);
  });
});
