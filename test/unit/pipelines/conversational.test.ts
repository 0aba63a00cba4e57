import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '../../../src/core/ports.js';
import type { Pipeline } from '../../../src/core/pyfunc/pipeline.js';
import { PyfuncWrapper } from '../../../src/core/pyfunc/pyfuncWrapper.js';
import { InferenceEngine } from '../../../src/worker/engine/inferenceEngine.js';
import { readModelFolder } from '../../../src/worker/engine/modelFolder.js';
import { openPipeline } from '../../../src/worker/engine/openPipeline.js';

/** What transformers 4.41.2, the last release with the pipeline, answered with the models beside it. */
interface PythonConversation {
  turns: unknown[];
  replies: string[];
  calls: { input: JsonObject[]; kwargs: JsonObject; messages: unknown }[];
}

const fixtures = fileURLToPath(new URL('../../fixtures/conversational', import.meta.url));
const answers = JSON.parse(await readFile(path.join(fixtures, 'answers.json'), 'utf8')) as Record<
  string,
  PythonConversation
>;
const engine = new InferenceEngine();
const request = (modelPath: string) => ({
  modelPath,
  modelUri: modelPath,
  device: 'cpu' as const,
  precision: 'fp32' as const,
});

describe('the conversational pipeline of transformers before 4.42', () => {
  for (const [name, { turns, replies, calls }] of Object.entries(answers)) {
    it(`${name}: the loaded model keeps the history between calls and answers as Python (N14)`, async () => {
      const { handle } = await engine.load(request(path.join(fixtures, name)));
      const found: unknown[] = [];
      for (const data of turns) found.push((await engine.predict({ handle, data })).predictions);
      await engine.unload({ handle });
      assert.deepEqual(found, replies);
    });

    it(`${name}: a model that is loaded again begins anew`, async () => {
      const { handle } = await engine.load(request(path.join(fixtures, name)));
      assert.deepEqual((await engine.predict({ handle, data: turns[0] })).predictions, replies[0]);
      await engine.unload({ handle });
    });

    it(`${name}: the pipeline itself takes one conversation or several, and options of generation`, async () => {
      const folder = path.join(fixtures, name);
      const onWarning = (): void => undefined;
      const model = await readModelFolder(folder, { modelUri: folder, isPyfunc: true, onWarning });
      const opened = await openPipeline(model, { ...request(folder), onWarning });
      for (const { input, kwargs, messages } of calls) {
        const result = await opened.pipeline.call(input, kwargs);
        const found = Array.isArray(result) ? (result as JsonObject[]).map((one) => one['messages']) : result;
        assert.deepEqual(Array.isArray(result) ? found : (found as JsonObject)['messages'], messages);
      }
      await opened.model.dispose();
    });
  }
});

describe('a conversational model of a later release', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'conversational-'));
  });
  after(() => rm(folder, { recursive: true }));

  for (const version of ['4.42.0', '4.43.4', '5.23.0']) {
    it(`is refused for ${version}, with what to do`, async () => {
      const copy = path.join(folder, version);
      await cp(path.join(fixtures, 'gpt2'), copy, { recursive: true });
      const file = path.join(copy, 'MLmodel');
      await writeFile(file, (await readFile(file, 'utf8')).replace('4.41.2', version));
      await assert.rejects(engine.load(request(copy)), {
        errorCode: 'INVALID_PARAMETER_VALUE',
        reason: 'taskUnsupported',
        message: /ended with transformers 4\.41.*Log the model for the task text-generation/,
      });
    });
  }
});

describe('a conversation whose last text got no answer', () => {
  it('answers that text first: the next one is not taken, and a warning says so', async () => {
    const asked: unknown[] = [];
    const warnings: string[] = [];
    let isFailing = true;
    const pipeline: Pipeline = {
      task: 'conversational',
      instanceType: 'ConversationalPipeline',
      tokenizer: undefined,
      generationConfig: {},
      call: async (input) => {
        if (isFailing) throw new Error('no memory');
        asked.push(input);
        return { generated_responses: ['reply'] };
      },
    };
    const wrapper = new PyfuncWrapper({ pipeline, onWarning: (message) => warnings.push(message) });
    await assert.rejects(wrapper.predict('first'), /no memory/);
    isFailing = false;
    assert.equal((await wrapper.predict('second')).output, 'reply');
    assert.deepEqual(asked, [[{ role: 'user', content: 'first' }]]);
    assert.match(warnings.join(), /new input ignored: "second"/);
  });
});
