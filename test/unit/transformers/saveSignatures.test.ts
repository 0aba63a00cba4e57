import assert from 'node:assert/strict';
import path from 'node:path';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { exampleWithParams, tensorExample } from '../../../src/core/mlmodel/exampleTypes.js';
import { silentLog } from '../../../src/core/ports.js';
import type { Pipeline } from '../../../src/core/pyfunc/pipeline.js';
import { defaultSignature } from '../../../src/core/signature/defaultSignatures.js';
import { inferSignature } from '../../../src/core/signature/inferSignature.js';
import { llmSignature } from '../../../src/core/signature/llmSchemas.js';
import { ModelSignature } from '../../../src/core/signature/modelSignature.js';
import { NdArray } from '../../../src/core/signature/ndArray.js';
import { prepareInput } from '../../../src/core/signature/prepareInput.js';
import { formatExampleForTask, signatureOfExample } from '../../../src/core/transformers/exampleSignature.js';
import { ShapePipeline } from '../../../src/core/transformers/shapePipeline.js';
import { withinSeconds } from '../../../src/core/transformers/timeLimit.js';
import { TinySaves } from '../../helpers/tinySaves.js';

const saves = await TinySaves.open();

/** An example of each task, such that its signature is the task's default one. */
const examples: Record<string, unknown> = {
  'question-answering': { question: 'a', context: 'b' },
  'zero-shot-classification': { sequences: 'a', candidate_labels: ['b', 'c'], hypothesis_template: 'about {}' },
  'text-classification': 'a',
  'table-question-answering': { query: 'a', table: '{"b": ["c"]}' },
  summarization: 'a',
  translation_en_to_de: 'a',
  'text-generation': ['a'],
  'text2text-generation': 'a',
  'fill-mask': 'a [MASK]',
  'token-classification': 'a',
};

describe('signatures of saved models', () => {
  for (const [task, inputExample] of Object.entries(examples)) {
    it(`${task}: the default signature is the one that an example gives (J1)`, async () => {
      const withExample = await saves.save(saves.pipeline(task), { inputExample: inputExample as string });
      const without = await saves.save(saves.pipeline(task));
      assert.ok(without.model.signature);
      assert.deepEqual(withExample.model.signature, without.model.signature);
    });
  }
  it('conversations, which no transformers here has, keep their default signature (J1)', () => {
    assert.deepEqual(defaultSignature('conversational'), defaultSignature('translation'));
  });
  it('labels given as a list are text in the signature, as JSON in the example (J2)', async () => {
    const inputExample = examples['zero-shot-classification'] as Record<string, string>;
    const { model } = await saves.save(saves.pipeline('zero-shot-classification'), { inputExample });
    const inputs = JSON.parse(model.signature!.inputs!) as { name: string; type: string }[];
    assert.deepEqual(
      inputs.map(({ name, type }) => [name, type]),
      ['sequences', 'candidate_labels', 'hypothesis_template'].map((name) => [name, 'string']),
    );
    const stored = JSON.parse(await readFile(path.join(saves.target, 'input_example.json'), 'utf8')) as object;
    assert.deepEqual(stored, { ...inputExample, candidate_labels: '["b", "c"]' });
  });
  it('special formatting leaves params with their data (J5)', () => {
    const data = { sequences: 'a', candidate_labels: ['b'], hypothesis_template: 'about {}' };
    const formatted = formatExampleForTask(exampleWithParams(data, { top_k: 2 }), 'zero-shot-classification');
    assert.deepEqual(formatted, exampleWithParams({ ...data, candidate_labels: '["b"]' }, { top_k: 2 }));
    const other = exampleWithParams(['a'], { top_k: 2 });
    assert.deepEqual(formatExampleForTask(other, 'fill-mask'), other);
  });
  it('an llm task sets the signature; the same explicit one is fine, another is refused (J7)', async () => {
    const save = (task: string, signature?: ModelSignature) =>
      saves.save(saves.pipeline('text-generation'), { task, signature });
    for (const task of ['llm/v1/completions', 'llm/v1/chat']) {
      const first = await save(task);
      const again = await save(task, ModelSignature.fromDict(first.model.signature!));
      assert.deepEqual(again.model.signature, first.model.signature);
      await saves.refuses(
        save(task, inferSignature('a', 'b')),
        `When \`task\` is specified as \`${task}\`, the signature would be set by MLflow. Please do not set the signature.`,
        'INTERNAL_ERROR',
      );
    }
  });
  it('features: the default output is a tensor named `double`, that of an example has no name (J8)', async () => {
    const byDefault = await saves.save(saves.pipeline('feature-extraction'));
    const tensor = '"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]';
    assert.equal(byDefault.model.signature!.outputs, `[{"name": "double", ${tensor}`);
    const byExample = await saves.save(saves.pipeline('feature-extraction'), { inputExample: 'hello' });
    assert.equal(byExample.model.signature!.outputs, `[{${tensor}`);
  });
  it('sounds: an array as example makes a tensor, without one they are bytes and arrays are refused (J9)', async () => {
    await saves.ofClass('Wav2Vec2ForCTC', 'wav2vec2');
    const samples = Array.from({ length: 400 }, (_, index) => (index % 8) / 8);
    const task = 'automatic-speech-recognition';
    const inputExample = tensorExample(samples, { dtype: 'float32' });
    const byExample = await saves.save(saves.pipeline(task), { inputExample });
    const tensor = '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1]}}]';
    assert.equal(byExample.model.signature!.inputs, tensor);
    const byDefault = await saves.save(saves.pipeline(task));
    assert.equal(byDefault.model.signature!.inputs, '[{"type": "binary", "required": true}]');
    const array = new NdArray('float32', [samples.length], samples);
    prepareInput(array, ModelSignature.fromDict(byExample.model.signature!));
    assert.throws(() => prepareInput(array, ModelSignature.fromDict(byDefault.model.signature!)), {
      message: /^Failed to enforce schema of data/,
    });
  });
  it('the chat schema of 2.16 requires the content and has no tools; completions and embeddings are equal (J10)', () => {
    interface Column {
      name: string;
      type: string;
      items?: { properties: Record<string, { type: string; required: boolean }> };
    }
    const columns = (generation: '3' | '2') =>
      JSON.parse(llmSignature('llm/v1/chat', generation).toDict({ compatibility: generation }).inputs!) as Column[];
    const content = (generation: '3' | '2') =>
      columns(generation).find(({ name }) => name === 'messages')!.items!.properties['content']!;
    assert.deepEqual([content('2').required, content('3').required], [true, false]);
    const names = (generation: '3' | '2') => columns(generation).map(({ name }) => name);
    assert.deepEqual([names('2').includes('tools'), names('3').includes('tools')], [false, true]);
    for (const task of ['llm/v1/completions', 'llm/v1/embeddings'])
      assert.deepEqual(llmSignature(task, '2').toDict(), llmSignature(task, '3').toDict());
  });
  it('no signature that is meant for both generations holds the type any', async () => {
    const { model } = await saves.save(saves.pipeline('text-generation'), { task: 'llm/v1/chat' });
    assert.ok(!JSON.stringify(model.signature).includes('"any"'));
  });
});

describe('a prediction for the signature that cannot be used', () => {
  const infer = async (pipeline: Pipeline, seconds?: string) => {
    const warnings: string[] = [];
    const signature = await signatureOfExample('hello', {
      pipeline,
      flavorConfig: {},
      compatibility: '3',
      environment: seconds === undefined ? {} : { MLFLOW_INPUT_EXAMPLE_INFERENCE_TIMEOUT: seconds },
      log: { ...silentLog, warn: (message) => void warnings.push(message) },
    });
    return { signature, warnings };
  };
  const answering = (call: Pipeline['call']): Pipeline =>
    Object.assign(new ShapePipeline('text-classification', 'TextClassificationPipeline', {}, '5.0.0'), { call });

  it('one that is slower than the time limit gives none, with a warning (J3)', async () => {
    const hanging = answering(() => new Promise(() => undefined));
    const { signature, warnings } = await infer(hanging, '1');
    assert.equal(signature, null);
    assert.deepEqual(warnings, [
      'Attempted to generate a signature for the saved pipeline but prediction timed out after 1 seconds. Falling back to the ' +
        'default signature for the pipeline. You can specify a signature manually or increase the timeout by setting the ' +
        'environment variable MLFLOW_INPUT_EXAMPLE_INFERENCE_TIMEOUT',
    ]);
    assert.ok(
      (
        await infer(
          answering(async () => [{ label: 'A', score: 0.5 }]),
          '0',
        )
      ).signature,
    );
  });
  it('what never waits is measured too; the limit is told to what runs (J3)', async () => {
    const busy = async (): Promise<void> => {
      const until = performance.now() + 20;
      while (performance.now() < until);
    };
    await assert.rejects(withinSeconds(0.01, busy), { message: 'Operation timed out after 0.01 seconds' });
    let stopped = false;
    const waits = (signal: AbortSignal) =>
      new Promise<void>(() => signal.addEventListener('abort', () => (stopped = true)));
    await assert.rejects(withinSeconds(0.01, waits));
    assert.equal(stopped, true);
  });
  it('a limit that is no number is an error like any other (J4)', async () => {
    const { signature, warnings } = await infer(
      answering(async () => [{ label: 'A', score: 0.5 }]),
      '1.5',
    );
    assert.equal(signature, null);
    assert.match(
      warnings.join(),
      /Error: Failed to convert '1\.5' for MLFLOW_INPUT_EXAMPLE_INFERENCE_TIMEOUT: invalid literal/,
    );
  });
  it('one that fails leaves the default signature, with a warning (J4)', async () => {
    const { model, warnings } = await saves.save(saves.pipeline(), { inputExample: 3 });
    assert.deepEqual(model.signature, defaultSignature('text-classification')!.toDict());
    assert.match(
      warnings.join(),
      /^Attempted to generate a signature for the saved pipeline but encountered an error\. Fall back/,
    );
  });
});
