import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import type { JsonObject } from '../../../src/core/ports.js';
import { PanelController } from '../../../src/host/panel/panelController.js';
import { Channel } from '../../../src/protocol/channel.js';
import type { PanelDelta, PanelMethods, PanelNotifications, PanelState } from '../../../src/protocol/panel.js';
import { emptyDraft, type FormDraft } from '../../../src/core/signature/formDraft.js';
import { reducePanel } from '../../../src/protocol/panelReducer.js';
import { StateReplica } from '../../../src/protocol/replica.js';
import { entry, fakes, loadedModel, modelForm, pipe, prediction, until, type Fakes } from './fakes.js';

function textDraft(text: string): FormDraft {
  return { ...emptyDraft, values: { '': text } };
}

function chatDraft(message: string, system = ''): FormDraft {
  return { ...emptyDraft, values: { message }, system };
}

/** A chat's message, as MLmodel declares it. */
const message: JsonObject = { type: 'object', properties: { content: { type: 'string', required: true } } };

async function panelWith(fake: Fakes, isLoading = true): Promise<PanelController> {
  const panel = new PanelController(fake.ports);
  await panel.selectModel(entry('a'), { isLoading });
  return panel;
}

/** Runs a draft and waits for its answer. */
async function ask(panel: PanelController, draft: FormDraft, replaceTurnId?: string): Promise<void> {
  await panel.run({ draft, replaceTurnId });
  await until(() => panel.state.runningTurnId === null, 'the answer');
}

/** A view as the webview connects one. */
function view(panel: PanelController): {
  channel: Channel<PanelMethods, Record<never, never>>;
  state: () => PanelState | undefined;
} {
  const [host, webview] = pipe();
  panel.attach(host);
  const channel = new Channel<PanelMethods, Record<never, never>, Record<never, never>, PanelNotifications>(
    webview,
    {},
  );
  const resync = (): void => void channel.request('ready', undefined).then((snapshot) => replica.accept(snapshot));
  const replica = new StateReplica<PanelState, PanelDelta>(reducePanel, () => undefined, resync);
  channel.on('delta', (delta) => replica.receive(delta));
  resync();
  return { channel, state: () => replica.state };
}

test('the play button loads the model: its form is there and it is ready', async () => {
  const fake = fakes();
  const panel = await panelWith(fake);
  assert.equal(panel.state.status.kind, 'ready');
  assert.equal(panel.state.form?.kind, 'text');
  assert.equal(panel.state.form.isConversation, true);
  assert.equal(fake.engine.loads[0]?.modelPath, '/a');
});

test('tokens arrive as text and the prediction completes the answer', async () => {
  const fake = fakes();
  fake.engine.answer = async (_, { onEvent }) => {
    onEvent?.({ type: 'token', text: ' Par', tokenId: 1, sequence: 0 });
    onEvent?.({ type: 'token', text: 'other sequence', tokenId: 1, sequence: 1 });
    onEvent?.({ type: 'token', text: 'is', tokenId: 2, sequence: 0 });
    return prediction(['The capital is Paris']);
  };
  const panel = await panelWith(fake);
  await ask(panel, textDraft('The capital is'));
  const answer = panel.state.turns[0]?.answers[0];
  assert.equal(answer?.status, 'done');
  assert.equal(answer.text, 'Paris', 'the prompt that MLflow repeats is left to the raw answer');
  assert.match(answer.raw ?? '', /The capital is Paris/);
});

test('a view that comes during an answer misses nothing', async () => {
  const fake = fakes();
  let finish: () => void = () => undefined;
  fake.engine.answer = async (_, { onEvent }) => {
    onEvent?.({ type: 'token', text: 'one ', tokenId: 1, sequence: 0 });
    await new Promise<void>((resolve) => (finish = resolve));
    onEvent?.({ type: 'token', text: 'two', tokenId: 2, sequence: 0 });
    return prediction(['one two']);
  };
  const panel = await panelWith(fake);
  const first = view(panel);
  await panel.run({ draft: textDraft('x') });
  await until(() => first.state()?.turns[0]?.answers[0]?.text === 'one ');
  panel.detach();
  finish();
  await until(() => panel.state.runningTurnId === null);
  const second = view(panel);
  await until(() => second.state() !== undefined);
  assert.deepEqual(second.state(), JSON.parse(JSON.stringify(panel.state)));
  assert.equal(second.state()?.turns[0]?.answers[0]?.text, 'one two');
});

test('a view that is attached again starts from what happened meanwhile', async () => {
  const fake = fakes();
  const panel = await panelWith(fake);
  const attached = view(panel);
  await until(() => attached.state() !== undefined);
  panel.detach();
  panel.set({ modelCount: 41 });
  const again = view(panel);
  await until(() => again.state()?.modelCount === 41);
});

test('stop cancels and keeps the text; a second stop ends the process', async () => {
  const fake = fakes();
  let fail: (error: MlflowError) => void = () => undefined;
  fake.engine.answer = (_, { onEvent }) => {
    onEvent?.({ type: 'token', text: 'half', tokenId: 1, sequence: 0 });
    return new Promise((_resolve, reject) => (fail = reject));
  };
  fake.engine.onKill = () => fail(MlflowError.cancelled());
  const panel = await panelWith(fake);
  await panel.run({ draft: textDraft('x') });
  await until(() => fake.engine.asked.length === 1);
  panel.stop();
  assert.equal(panel.state.isStopping, true);
  assert.equal(fake.engine.kills, 0);
  panel.stop();
  assert.equal(fake.engine.kills, 1);
  await until(() => panel.state.runningTurnId === null);
  assert.equal(panel.state.turns[0]?.answers[0]?.status, 'stopped');
  assert.equal(panel.state.turns[0]?.answers[0]?.text, 'half');
});

test('a process that dies fails the answer with Retry, and the next prompt loads the model again', async () => {
  const fake = fakes();
  const died = new MlflowError('The inference process was ended by signal SIGKILL.', 'INTERNAL_ERROR', {
    reason: 'workerDied',
  });
  fake.engine.answer = () => {
    fake.engine.tell({ type: 'died', handle: 'h1', error: died });
    return Promise.reject(died);
  };
  const panel = await panelWith(fake);
  await ask(panel, textDraft('x'));
  const answer = panel.state.turns[0]?.answers[0];
  assert.equal(answer?.status, 'failed');
  assert.deepEqual(answer.error?.actions, ['retry', 'showLog']);
  assert.equal(panel.state.status.kind, 'unloaded');
  fake.engine.answer = () => Promise.resolve(prediction(['fine']));
  await ask(panel, textDraft('y'));
  assert.equal(fake.engine.loads.length, 2);
  assert.equal(panel.state.turns[1]?.answers[0]?.text, 'fine');
});

test('a reference-only model says so and offers to persist its weights', async () => {
  const fake = fakes();
  fake.engine.failLoad = MlflowError.invalidParameter('The weights are not stored.', { reason: 'referenceOnly' });
  const panel = await panelWith(fake);
  assert.equal(panel.state.status.kind, 'failed');
  assert.deepEqual(panel.state.status.kind === 'failed' && panel.state.status.error.actions, [
    'persistWeights',
    'openMlmodel',
  ]);
  const attached = view(panel);
  await attached.channel.request('act', { action: 'persistWeights' });
  assert.deepEqual(fake.acts, ['persist']);
});

test('Restricted Mode shows the form and refuses to load and to run', async () => {
  const fake = fakes();
  fake.trust.isTrusted = false;
  const panel = await panelWith(fake);
  assert.notEqual(panel.state.form, null);
  assert.deepEqual(panel.state.status.kind === 'failed' && panel.state.status.error.actions, ['manageTrust']);
  await assert.rejects(panel.run({ draft: textDraft('x') }), (error: unknown) =>
    MlflowError.is(error, 'PERMISSION_DENIED'),
  );
  await panel.load();
  assert.equal(fake.engine.loads.length, 0);
  fake.trust.isTrusted = true;
  panel.trustChanged();
  await until(() => panel.state.status.kind === 'unloaded');
});

test('a chat sends the system prompt and the turns before it; asking an earlier turn again drops those after it', async () => {
  const fake = fakes();
  fake.files['/a'] = modelForm({
    inferenceTask: 'llm/v1/chat',
    inputs: [
      { name: 'messages', type: 'array', items: message, required: true },
      { name: 'temperature', type: 'double', required: false },
      { name: 'stream', type: 'boolean', required: false },
    ],
  });
  fake.engine.answer = ({ data }) => {
    const messages = (data as { messages: unknown[] }).messages;
    return Promise.resolve(
      prediction([{ choices: [{ message: { role: 'assistant', content: `reply ${messages.length}` } }] }]),
    );
  };
  const panel = await panelWith(fake);
  assert.deepEqual(
    panel.state.form?.params.map(({ name }) => name),
    ['temperature'],
  );
  await ask(panel, chatDraft('hello', 'Be brief.'));
  await ask(panel, { ...chatDraft('again', 'Be brief.'), params: { temperature: '0.5' } });
  assert.deepEqual(fake.engine.asked[1]?.data, {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'reply 2' },
      { role: 'user', content: 'again' },
    ],
    temperature: 0.5,
  });
  await ask(panel, chatDraft('hi'), panel.state.turns[0]?.id);
  assert.equal(panel.state.turns.length, 1);
  assert.deepEqual(fake.engine.asked[2]?.data, { messages: [{ role: 'user', content: 'hi' }] });
});

test('a second answer is refused while one is under way', async () => {
  const fake = fakes();
  fake.engine.answer = () => new Promise(() => undefined);
  const panel = await panelWith(fake);
  await panel.run({ draft: textDraft('x') });
  await assert.rejects(panel.run({ draft: textDraft('y') }), (error: unknown) =>
    MlflowError.is(error, 'INVALID_STATE'),
  );
  assert.throws(() => panel.showConversation('other', []), /under way/);
});

test('two models are asked the same, one after the other', async () => {
  const fake = fakes();
  fake.engine.answer = ({ handle }) => Promise.resolve(prediction([`from ${handle}`]));
  const panel = await panelWith(fake);
  await panel.compareWith(entry('b'));
  await ask(panel, textDraft('x'));
  assert.deepEqual(
    panel.state.turns[0]?.answers.map(({ modelName, text }) => [modelName, text]),
    [
      ['a', 'from h1'],
      ['b', 'from h2'],
    ],
  );
  panel.stopComparing();
  assert.deepEqual(fake.engine.unloaded, ['h2']);
});

test('a compared model of another form gets the same text in its own form, or the run is refused', async () => {
  const fake = fakes();
  fake.files['/b'] = modelForm({
    inferenceTask: 'llm/v1/chat',
    inputs: [{ name: 'messages', type: 'array', items: message, required: true }],
  });
  const panel = await panelWith(fake);
  await panel.compareWith(entry('b'));
  await ask(panel, textDraft('hello'));
  assert.deepEqual(
    fake.engine.asked.map(({ data }) => data),
    ['hello', { messages: [{ role: 'user', content: 'hello' }] }],
  );
  await assert.rejects(panel.run({ draft: { ...emptyDraft, isJson: true, json: '"x"' } }), /different inputs/);
  assert.equal(panel.state.runningTurnId, null);
});

test('two models of one name answer under names that tell them apart', async () => {
  const fake = fakes();
  const panel = await panelWith(fake);
  await panel.compareWith({ ...entry('b'), name: 'a', note: 'from best' });
  assert.equal(panel.state.compareModel?.name, 'a from best');
  await ask(panel, textDraft('hello'));
  assert.deepEqual(
    panel.state.turns[0]?.answers.map(({ modelName }) => modelName),
    ['a', 'a from best'],
  );
});

test('what was asked survives a reload: model, conversation, presets and pins', async () => {
  const memory = new Map<string, unknown>();
  const before = fakes(memory);
  const panel = await panelWith(before);
  await ask(panel, textDraft('remember me'));
  await view(panel).channel.request('savePreset', { name: 'hot', params: { temperature: '2' } });
  const after = fakes(memory);
  const restored = new PanelController(after.ports);
  restored.restore();
  await until(() => restored.state.form !== null);
  assert.equal(restored.state.model?.id, 'a');
  assert.equal(restored.state.turns[0]?.input.summary, 'remember me');
  assert.equal(restored.state.status.kind, 'unloaded', 'nothing is loaded before it is needed');
  assert.deepEqual(restored.state.presets, [{ name: 'hot', params: { temperature: '2' } }]);
  assert.equal(after.engine.loads.length, 0);
});

test('an answer that was under way when the model changed is kept as stopped', async () => {
  const memory = new Map<string, unknown>();
  const fake = fakes(memory);
  fake.engine.answer = (_, { onEvent }) => {
    onEvent?.({ type: 'token', text: 'unfinished', tokenId: 1, sequence: 0 });
    return new Promise(() => undefined);
  };
  const panel = await panelWith(fake);
  await panel.run({ draft: textDraft('x') });
  await until(() => panel.state.turns[0]?.answers[0]?.text === 'unfinished');
  await panel.selectModel(entry('b'), { isLoading: false });
  assert.equal(panel.state.runningTurnId, null);
  assert.equal(panel.state.turns.length, 0);
  await panel.selectModel(entry('a'), { isLoading: false });
  assert.equal(panel.state.turns[0]?.answers[0]?.status, 'stopped');
});

test('clearing the history leaves what was kept', async () => {
  const fake = fakes();
  const panel = await panelWith(fake);
  await ask(panel, textDraft('keep'));
  await ask(panel, textDraft('drop'));
  const { channel } = view(panel);
  const turnId = panel.state.turns[0]?.id ?? '';
  await channel.request('keepTurn', { turnId, isKept: true });
  await channel.request('clearHistory', undefined);
  assert.deepEqual(
    panel.state.turns.map(({ input }) => input.summary),
    ['keep'],
  );
  assert.equal(panel.state.history.length, 1);
});

test('changing the device gives the model back and loads it there', async () => {
  const fake = fakes();
  const panel = await panelWith(fake);
  await panel.setDevice('cpu', 'int8');
  assert.deepEqual(fake.engine.unloaded, ['h1']);
  assert.equal(fake.engine.loads[1]?.device, 'cpu');
  assert.equal(fake.engine.loads[1]?.precision, 'int8');
});

test('an upgraded session is shown, an idle one loads again with the next prompt', async () => {
  const fake = fakes();
  const panel = await panelWith(fake);
  const upgraded = loadedModel('h1', { modelPath: '', modelUri: 'm', device: 'auto', precision: 'int8' });
  fake.engine.tell({ type: 'upgraded', handle: 'h1', model: upgraded });
  assert.deepEqual(panel.state.status, { kind: 'ready', model: upgraded });
  fake.engine.tell({ type: 'unloaded', handle: 'h1', isIdle: true });
  assert.match(JSON.stringify(panel.state.status), /"unloaded".*idle/);
  await ask(panel, textDraft('x'));
  assert.equal(fake.engine.loads.length, 2);
});

test('an answer is copied, and opened whole where the panel shows a part', async () => {
  const fake = fakes();
  fake.engine.answer = () => Promise.resolve(prediction(['x'.repeat(30_000)]));
  const panel = await panelWith(fake);
  await ask(panel, textDraft('x'));
  const where = { turnId: panel.state.turns[0]?.id ?? '', answerIndex: 0 };
  assert.equal(panel.state.turns[0]?.answers[0]?.isRawCut, true);
  const { channel } = view(panel);
  await channel.request('openRaw', where);
  await channel.request('copyAnswer', where);
  assert.ok((fake.acts[0]?.length ?? 0) > 30_000);
  assert.ok(fake.acts[1]?.startsWith('copy xxx'));
});
