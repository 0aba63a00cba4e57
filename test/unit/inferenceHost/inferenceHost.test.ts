import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MlflowError } from '../../../src/core/errors.js';
import type { EngineEvent } from '../../../src/host/inference/inferenceEngine.js';
import { InferenceHost, type InferenceHostOptions } from '../../../src/host/inference/inferenceHost.js';
import type { LoadRequest } from '../../../src/protocol/inference.js';

const workerPath = fileURLToPath(new URL('./fakeWorker.mjs', import.meta.url));
const hosts: InferenceHost[] = [];
const logged: string[] = [];

function inferenceHost(options: Partial<InferenceHostOptions> = {}): InferenceHost {
  const write = (message: string): void => void logged.push(message);
  const host = new InferenceHost({
    workerPath,
    log: { debug: write, info: write, warn: write, error: write },
    nodePath: () => undefined,
    idleUnloadMs: () => null,
    ...options,
  });
  hosts.push(host);
  return host;
}

function request(modelPath: string, device: LoadRequest['device'] = 'auto'): LoadRequest {
  return { modelPath, modelUri: `file:${modelPath}`, device, precision: 'auto' };
}

function nextEvent(host: InferenceHost): Promise<EngineEvent> {
  return new Promise((resolve) => {
    const end = host.onEvent((event) => {
      end();
      resolve(event);
    });
  });
}

afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.dispose()));
});

test('a model is loaded once however often it is asked for, and its progress reaches each caller', async () => {
  const host = inferenceHost();
  const progress: string[] = [];
  const [first, second] = await Promise.all([
    host.load(request('/a'), { onEvent: (event) => progress.push(event.type) }),
    host.load(request('/a')),
  ]);
  assert.equal(first.handle, second.handle);
  assert.deepEqual(progress, ['load.progress']);
  assert.equal((await host.status()).models.length, 1);
  assert.equal((await host.status()).memoryBytes, 7);
});

test('tokens are streamed and the prediction follows', async () => {
  const host = inferenceHost();
  const { handle } = await host.load(request('/a'));
  let text = '';
  const prediction = await host.predict(
    { handle, data: 'one two three' },
    { onEvent: (event) => (text += event.type === 'token' ? event.text : '') },
  );
  assert.equal(text, 'one two three ');
  assert.deepEqual(prediction.predictions, ['one two three']);
});

test('a cancelled answer resolves with what it has', async () => {
  const host = inferenceHost();
  const { handle } = await host.load(request('/a'));
  const controller = new AbortController();
  const prediction = await host.predict(
    { handle, data: { text: 'one two three four five six', delayMs: 30 } },
    { signal: controller.signal, onEvent: () => controller.abort() },
  );
  assert.equal(prediction.finishReason, 'cancelled');
  assert.deepEqual(prediction.predictions, ['one']);
});

test('a process that dies fails its answer with workerDied, and the next load works within two seconds', async () => {
  const host = inferenceHost();
  const { handle } = await host.load(request('/a'));
  const died = nextEvent(host);
  await assert.rejects(
    host.predict({ handle, data: { text: 'one two three', dieAfter: 1, delayMs: 20 } }),
    (error: unknown) => MlflowError.is(error, 'INTERNAL_ERROR') && error.reason === 'workerDied',
  );
  assert.deepEqual((await died).type, 'died');
  const startMs = performance.now();
  const again = await host.load(request('/a'));
  assert.deepEqual((await host.predict({ handle: again.handle, data: 'back' })).predictions, ['back']);
  assert.ok(performance.now() - startMs < 2000);
  assert.notEqual(again.handle, handle);
});

test('kill ends an answer that does not listen, as a cancel and not as a crash', async () => {
  const host = inferenceHost();
  const { handle } = await host.load(request('/a'));
  const answer = host.predict({ handle, data: { text: 'x', block: true } });
  setTimeout(() => host.kill({ handle }), 50);
  await assert.rejects(answer, (error: unknown) => MlflowError.is(error, 'CANCELLED'));
});

test('kill by path ends a load that is under way', async () => {
  const host = inferenceHost();
  const loading = host.load(request('/slow'));
  setTimeout(() => host.kill({ modelPath: '/slow' }), 50);
  await assert.rejects(loading, (error: unknown) => MlflowError.is(error, 'CANCELLED'));
});

test('a cancelled load does not spoil the next one', async () => {
  const host = inferenceHost();
  const controller = new AbortController();
  const loading = host.load(request('/slow'), { signal: controller.signal });
  controller.abort();
  const again = host.load(request('/slow'));
  await assert.rejects(loading, (error: unknown) => MlflowError.is(error, 'CANCELLED'));
  assert.equal((await again).modelUri, 'file:/slow');
});

test('a failed load is reported and can be tried again', async () => {
  const host = inferenceHost();
  await assert.rejects(host.load(request('/missing')), /no such model/);
  await assert.rejects(host.load(request('/missing')), /no such model/);
});

test('an idle model is unloaded and its process ends; using its handle says so', async () => {
  const host = inferenceHost({ idleUnloadMs: () => 40 });
  const { handle } = await host.load(request('/a'));
  const event = await nextEvent(host);
  assert.deepEqual(event, { type: 'unloaded', handle, isIdle: true });
  await assert.rejects(host.predict({ handle, data: 'x' }), (error: unknown) =>
    MlflowError.is(error, 'RESOURCE_DOES_NOT_EXIST'),
  );
});

test('a model that nobody holds any more leaves when another one is loaded', async () => {
  const host = inferenceHost();
  const first = await host.load(request('/a'));
  await host.unload({ handle: first.handle });
  const left = nextEvent(host);
  await host.load(request('/b'));
  assert.deepEqual(await left, { type: 'unloaded', handle: first.handle, isIdle: false });
});

test('each device has a process of its own: one dying leaves the other alone', async () => {
  const host = inferenceHost();
  const onCpu = await host.load(request('/a', 'cpu'));
  const onGpu = await host.load(request('/a', 'webgpu'));
  host.kill({ handle: onGpu.handle });
  await nextEvent(host);
  assert.deepEqual((await host.predict({ handle: onCpu.handle, data: 'alive' })).predictions, ['alive']);
});

test('what the worker logs, and what it writes to its error output, goes into the log', async () => {
  const host = inferenceHost();
  await host.load(request('/a'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(logged.includes('[inference] hello'));
  assert.ok(logged.includes('[inference] fake worker started'));
});

test('a Node that is not there is named, with the setting that names it', async () => {
  const host = inferenceHost({ nodePath: () => '/no/such/node' });
  await assert.rejects(host.load(request('/a')), /\/no\/such\/node.*mlflow\.inference\.nodePath/);
});

test('after dispose no process is left and nothing is loaded', async () => {
  const host = inferenceHost();
  await host.load(request('/a'));
  await host.dispose();
  await assert.rejects(host.load(request('/a')), (error: unknown) => MlflowError.is(error, 'CANCELLED'));
});
