import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '../../src/core/ports.js';
import { Model } from '../../src/core/mlmodel/model.js';
import { PyfuncModel } from '../../src/core/pyfunc/pyfuncModel.js';
import { Channel } from '../../src/protocol/channel.js';
import type { InferenceMethods, InferenceNotifications, PredictEvent } from '../../src/protocol/inference.js';
import { childTransport } from '../../src/protocol/processTransport.js';
import { InferenceEngine } from '../../src/worker/engine/inferenceEngine.js';
import { runPython } from '../helpers/python.js';

const script = await readFile(new URL('./scripts/engineModels.py', import.meta.url), 'utf8');
const folder = await mkdtemp(path.join(tmpdir(), 'engine-'));
const answers = await runPython<Record<string, string[]>>('new', script, { folder });
const messages: string[] = [];
const note = (message: string): void => void messages.push(message);
const engine = new InferenceEngine({ debug: note, info: note, warn: note, error: note });

const request = (name: string, modelConfig?: JsonObject) => ({
  modelPath: path.join(folder, name),
  modelUri: `models:/${name}`,
  device: 'cpu' as const,
  precision: 'fp32' as const,
  modelConfig,
});

async function answer(name: string, modelConfig?: JsonObject): Promise<unknown> {
  const { handle } = await engine.load(request(name, modelConfig));
  const { predictions } = await engine.predict({ handle, data: 'hello world' });
  await engine.unload({ handle });
  return predictions;
}

after(() => rm(folder, { recursive: true, force: true }));

describe('loading', () => {
  it('a model in its old layout (weights in pipeline/) answers as Python', async () => {
    assert.deepEqual(await answer('legacy'), answers['legacy']);
  });

  it('components/inference_config.txt replaces the saved config', async () => {
    assert.deepEqual(await answer('configFile'), answers['configFile']);
    assert.notDeepEqual(answers['configFile'], answers['plain']);
  });

  it('a load-time config overrides saved keys only, and says so', async () => {
    messages.length = 0;
    assert.deepEqual(await answer('plain', { max_new_tokens: 3, nothing: 1 }), answers['override']);
    assert.match(messages.join('\n'), /Argument\(s\) nothing were ignored since they are not valid keys/);
  });

  it('an adapter on a base model in another folder answers as Python', async () => {
    assert.deepEqual(await answer('adapter'), answers['adapter']);
  });

  it('a code folder beside a class of transformers is no reason to refuse', async () => {
    assert.deepEqual(await answer('code'), answers['code']);
  });

  for (const [name, reason] of [
    ['reference', 'referenceOnly'],
    ['sklearn', 'flavorMissing'],
    ['noPyfunc', 'flavorMissing'],
    ['remoteCode', 'codeExecutionRefused'],
    ['weightsGone', 'fileMissing'],
    ['otherTask', 'taskUnsupported'],
  ] as const) {
    it(`refuses '${name}' with the reason ${reason}`, async () => {
      await assert.rejects(engine.load(request(name)), { name: 'MlflowError', reason });
    });
  }

  it('describes the loaded model', async () => {
    const model = await engine.load(request('plain'));
    assert.equal(model.task, 'text-generation');
    assert.equal(model.architecture, 'GPT2LMHeadModel');
    assert.equal(model.contextLength, 256);
    assert.equal(model.hasChatTemplate, false);
    assert.ok(model.loadMs > 0 && model.memoryBytes > 0 && model.parameterCount > 0);
    assert.deepEqual(
      (await engine.status()).models.map(({ handle }) => handle),
      [model.handle],
    );
    await engine.unload({ handle: model.handle });
    await assert.rejects(engine.predict({ handle: model.handle, data: 'x' }), { errorCode: 'INVALID_STATE' });
  });
});

describe('predicting', () => {
  it('tells the prompt, then each token whose texts add up to the new text, then the end', async () => {
    const { handle } = await engine.load(request('plain'));
    const events: PredictEvent[] = [];
    const prediction = await engine.predict(
      { handle, data: 'hello world' },
      { onEvent: (event) => events.push(event) },
    );
    assert.deepEqual([...new Set(events.map(({ type }) => type))], ['prompt', 'token', 'end']);
    const text = events.map((event) => (event.type === 'token' ? event.text : '')).join('');
    assert.equal(`hello world${text}`.trim(), answers['plain']?.[0]);
    assert.equal(prediction.stats.completionTokens, 8);
    assert.ok((prediction.stats.timeToFirstTokenMs ?? 0) > 0);
    assert.equal(prediction.finishReason, 'length');
    await engine.unload({ handle });
  });

  it('cancelled between tokens it resolves with what it has', async () => {
    const { handle } = await engine.load(request('long'));
    const stop = new AbortController();
    let tokens = 0;
    const prediction = await engine.predict(
      { handle, data: 'hello world' },
      {
        signal: stop.signal,
        onEvent: ({ type }) => {
          if (type === 'token' && ++tokens === 5) stop.abort();
        },
      },
    );
    assert.equal(prediction.finishReason, 'cancelled');
    assert.ok((prediction.stats.completionTokens ?? 0) < 20);
    await engine.unload({ handle });
  });

  it('the library model streams, ends with the answer, and cancels when the loop is left', async () => {
    const loaded = await engine.load(request('long'));
    const model = new PyfuncModel(engine, loaded.handle, await Model.load(path.join(folder, 'long')), loaded);
    let tokens = 0;
    for await (const event of model.predictStream('hello world')) {
      if (event.type === 'token' && ++tokens === 3) break;
    }
    const types: string[] = [];
    for await (const { type } of model.predictStream('hello')) types.push(type);
    assert.equal(types.at(-1), 'end');
    await model.unload();
    await assert.rejects(model.predict('x'), { errorCode: 'INVALID_STATE' });
  });
});

describe('the inference process', () => {
  const main = fileURLToPath(new URL('../../src/worker/main.ts', import.meta.url));
  const child = fork(main, [], { execArgv: ['--import', 'tsx'], serialization: 'advanced' });
  const channel = new Channel<InferenceMethods, Record<never, never>, Record<never, never>, InferenceNotifications>(
    childTransport(child),
    {},
  );
  after(() => child.kill());

  it('survives messages of any shape', async () => {
    for (const message of [
      undefined,
      null,
      7,
      'x',
      {},
      { kind: 'request' },
      { kind: 'request', id: 1 },
      { kind: 'nonsense' },
    ]) {
      child.send({ message } as never);
      if (message !== undefined && message !== null) child.send(message as never);
    }
    child.send({ kind: 'request', id: 999_999, name: 'load', body: null } as never);
    child.send({ kind: 'cancel', id: 12_345 } as never);
    await assert.rejects(channel.request('load', { modelPath: folder } as never), { name: 'MlflowError' });
    await assert.rejects(channel.request('predict', { handle: 'none', data: 1 }), { errorCode: 'INVALID_STATE' });
    assert.deepEqual((await channel.request('status', undefined)).models, []);
  });

  it('loads, answers with events, and ends when its parent disconnects', async () => {
    const { handle } = await channel.request('load', request('plain'));
    const types: string[] = [];
    const { predictions } = await channel.request(
      'predict',
      { handle, data: 'hello world' },
      { onEvent: ({ type }) => types.push(type) },
    );
    assert.deepEqual(predictions, answers['plain']);
    assert.equal(types.at(-1), 'end');
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.disconnect();
    assert.equal(await gone, 0);
  });
});
