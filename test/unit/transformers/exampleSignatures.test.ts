import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { tensorExample, type InputExample } from '../../../src/core/mlmodel/exampleTypes.js';
import { silentLog } from '../../../src/core/ports.js';
import { defaultSignature } from '../../../src/core/signature/defaultSignatures.js';
import { inferSignature } from '../../../src/core/signature/inferSignature.js';
import { llmSignature } from '../../../src/core/signature/llmSchemas.js';
import { TinySaves } from '../../helpers/tinySaves.js';

const saves = await TinySaves.open();

describe('an example and the signature', () => {
  it('the signature is that of the example and of what the model answers to it (V4)', async () => {
    const inputExample = [{ text: 'the dog', text_pair: 'the fox' }];
    const { model } = await saves.save(saves.pipeline(), { inputExample });
    const expected = inferSignature(inputExample).toDict().inputs;
    assert.equal(model.signature?.inputs, expected);
    assert.equal(model.signature?.outputs, defaultSignature('text-classification')?.toDict().outputs);
    assert.equal(model.savedInputExampleInfo?.['artifact_path'], 'input_example.json');
  });

  it('a signature that is given is kept, whatever the example says (V4)', async () => {
    const signature = inferSignature({ given: 'x' }, 'y');
    const { model } = await saves.save(saves.pipeline(), { inputExample: 'the dog', signature });
    assert.deepEqual(model.signature, signature.toDict());
  });

  it('`signature: false` gives none of its own; of a task with a default signature that one stays (V4)', async () => {
    const { model } = await saves.save(saves.pipeline(), { signature: false });
    assert.deepEqual(model.signature, defaultSignature('text-classification')?.toDict());
    const other = await saves.save(saves.pipeline('mask-generation'), { signature: false });
    assert.equal(other.model.signature, null);
  });

  it('what the pipelines themselves refuse gives the default signature: arrays, bytes of images, empty lists (V5)', async () => {
    for (const [task, inputExample] of [
      ['feature-extraction', tensorExample(['a', 'b'])],
      ['image-classification', new Uint8Array([137, 80, 78, 71])],
      ['image-classification', tensorExample([[1, 2]])],
      ['text-classification', []],
    ] as const) {
      const { model } = await saves.save(saves.pipeline(task), { inputExample: inputExample as InputExample });
      assert.deepEqual(model.signature, defaultSignature(task)?.toDict(), task);
    }
  });

  it('where the model refuses the example there is a warning, and no signature for a task without a default (V5)', async () => {
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (message: string) => void warnings.push(message) };
    const { model } = await saves.save(saves.pipeline('mask-generation'), { inputExample: 'a' }, { log });
    assert.equal(model.signature, null);
    assert.match(
      warnings[0] ?? '',
      /^Attempted to generate a signature for the saved pipeline but encountered an error\./,
    );
    assert.match(warnings[0] ?? '', /is not enabled for pyfunc predict functionality\.$/);
    assert.match(warnings[1] ?? '', /^An unsupported task type was supplied for signature inference\./);
    assert.equal(JSON.parse(await readFile(path.join(saves.target, 'input_example.json'), 'utf8')), 'a');
  });
});

describe('llm/v1 tasks at save', () => {
  for (const [task, pipelineTask, inputExample] of [
    ['llm/v1/chat', 'text-generation', { messages: [{ role: 'user', content: 'hello' }], max_tokens: 2 }],
    ['llm/v1/completions', 'text-generation', { prompt: 'hello' }],
    ['llm/v1/embeddings', 'feature-extraction', { input: ['a', 'b'] }],
  ] as const) {
    it(`${task} is the inference_task, the task in the metadata, and decides the signature; the example stays as it is (P1)`, async () => {
      const { model } = await saves.save(saves.pipeline(pipelineTask), { task, inputExample, compatibility: '3' });
      const flavor = model.flavors['transformers'];
      assert.equal(flavor?.['inference_task'], task);
      assert.equal(flavor?.['task'], pipelineTask);
      assert.deepEqual(model.metadata, { task });
      assert.deepEqual(model.signature, llmSignature(task).toDict());
      const stored: unknown = JSON.parse(await readFile(path.join(saves.target, 'input_example.json'), 'utf8'));
      assert.deepEqual(stored, inputExample);
    });
  }

  for (const [task, pipelineTask, allowed] of [
    ['llm/v1/foo', 'text-generation', "['llm/v1/completions', 'llm/v1/chat']"],
    ['llm/v1/embeddings', 'text-generation', "['llm/v1/completions', 'llm/v1/chat']"],
    ['llm/v1/chat', 'feature-extraction', "['llm/v1/embeddings']"],
    ['llm/v1/chat', 'text-classification', '[]'],
  ] as const) {
    it(`${task} is refused for ${pipelineTask} with the tasks that are allowed (P2)`, () =>
      saves.refuses(
        saves.save(saves.pipeline(pipelineTask), { task }),
        `The task provided is invalid. '${task}' is not a supported task for the ${pipelineTask} pipeline. Must be one of ${allowed}`,
      ));
  }
});
