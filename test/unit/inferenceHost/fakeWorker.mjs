// Stands in for dist/worker.mjs: speaks the channel's envelopes, and misbehaves on demand (see the `data` of predict).
const running = new Map();
let nextHandle = 1;
const models = new Map();

const send = (message) => process.connected && process.send(message);
const model = (handle, request) => ({
  handle,
  modelUri: request.modelUri,
  task: 'text-generation',
  inferenceTask: null,
  architecture: 'Fake',
  device: 'cpu',
  refusedDevices: [],
  precision: 'fp32',
  isUpgrading: false,
  loadMs: 1,
  parameterCount: 1,
  weightsBytes: 1,
  memoryBytes: 1,
  contextLength: null,
  hasChatTemplate: false,
});
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function predict(id, { data }, signal) {
  const words = String(data.text ?? data).split(' ');
  let text = '';
  if (data.block) for (;;);
  for (const [index, word] of words.entries()) {
    if (signal.aborted) break;
    text += `${word} `;
    send({ kind: 'event', id, body: { type: 'token', text: `${word} `, tokenId: index, sequence: 0 } });
    if (data.dieAfter === index) process.kill(process.pid, 'SIGKILL');
    if (data.delayMs) await sleep(data.delayMs);
  }
  const stats = {
    totalMs: 1,
    promptTokens: 1,
    completionTokens: words.length,
    timeToFirstTokenMs: 1,
    tokensPerSecond: 1,
  };
  const finishReason = signal.aborted ? 'cancelled' : 'stop';
  const measured = { ...stats, device: 'cpu', precision: 'fp32', memoryBytes: 1 };
  return { predictions: [text.trim()], raw: null, stats: measured, finishReason, warnings: [] };
}

async function answer({ id, name, body }, signal) {
  if (name === 'load') {
    if (body.modelPath.includes('missing')) throw new Error('no such model');
    send({ kind: 'event', id, body: { type: 'load.progress', message: 'Reading', fraction: 0.5 } });
    if (body.modelPath.includes('slow')) await sleep(300);
    if (signal.aborted) throw Object.assign(new Error('cancelled'), { code: 'CANCELLED' });
    const handle = String(nextHandle++);
    models.set(handle, body);
    return model(handle, body);
  }
  if (name === 'predict') return predict(id, body, signal);
  if (name === 'unload') return void models.delete(body.handle);
  if (name === 'status')
    return { models: [...models].map(([handle, request]) => model(handle, request)), memoryBytes: 7 };
  return model(body.handle, models.get(body.handle));
}

process.on('message', async (message) => {
  if (message.kind === 'cancel') return void running.get(message.id)?.abort();
  if (message.kind !== 'request') return;
  const controller = new AbortController();
  running.set(message.id, controller);
  try {
    send({ kind: 'result', id: message.id, body: await answer(message, controller.signal) });
  } catch (error) {
    const errorCode = error.code ?? 'INTERNAL_ERROR';
    send({ kind: 'error', id: message.id, body: { message: error.message, errorCode } });
  }
});
process.on('disconnect', () => process.exit(0));
console.error('fake worker started');
send({ kind: 'notify', name: 'log', body: { level: 'info', message: 'hello' } });
