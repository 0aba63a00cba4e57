import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { persistedFlavorConfig } from '../../../src/core/transformers/flavorConfig.js';

const reference = {
  components: ['tokenizer'],
  source_model_name: 'acme/tiny',
  source_model_revision: 'a'.repeat(40),
  task: 'text-classification',
  tokenizer_name: 'acme/tiny',
  tokenizer_revision: 'a'.repeat(40),
  tokenizer_type: 'BertTokenizerFast',
};

describe('flavor settings after the weights of a reference were stored', () => {
  it('model_binary comes, the revision and the tokenizer name and revision go (A9, E4)', () => {
    assert.deepEqual(persistedFlavorConfig(reference), {
      components: ['tokenizer'],
      model_binary: 'model',
      source_model_name: 'acme/tiny',
      task: 'text-classification',
      tokenizer_type: 'BertTokenizerFast',
    });
  });
  it('image processor and processor lose theirs too (A10)', () => {
    const persisted = persistedFlavorConfig({
      ...reference,
      components: ['tokenizer', 'image_processor'],
      image_processor_type: 'ViTImageProcessor',
      image_processor_name: 'acme/tiny',
      image_processor_revision: 'b',
      processor_type: 'CLIPProcessor',
      processor_name: 'acme/tiny',
      processor_revision: 'b',
    });
    assert.deepEqual(
      Object.keys(persisted).filter((key) => /_(name|revision)$/.test(key)),
      ['source_model_name'],
    );
    assert.equal(persisted['processor_type'], 'CLIPProcessor');
  });
  it('settings that have model_binary already are refused (A11)', () => {
    assert.throws(() => persistedFlavorConfig({ ...reference, model_binary: 'model' }), {
      errorCode: 'ALREADY_EXISTS',
      message: 'It appears that the pretrained model weight is already saved to the artifact path.',
    });
  });
});
