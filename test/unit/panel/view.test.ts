import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComponentChildren, VNode } from 'preact';
import { emptyPanelState, reducePanel } from '../../../src/protocol/panelReducer.js';
import { StateOwner, StateReplica, type NumberedDelta } from '../../../src/protocol/replica.js';
import { waitingAnswer } from '../../../src/host/panel/answerRun.js';
import { announcement, deviceReport, statsLine, statusLine } from '../../../webview/inference/describe.js';
import { afterSending, draftOf, emptyUiState, restoredUiState, withDraft } from '../../../webview/inference/uiState.js';
import { markdown } from '../../../webview/shared/markdown.js';
import { createStore, oncePerFrame } from '../../../webview/shared/store.js';
import { rowWindow } from '../../../webview/ui/rowWindow.js';
import { emptyDraft } from '../../../src/core/signature/formDraft.js';
import type { SignatureForm } from '../../../src/core/signature/formFields.js';
import { loadedModel, stats } from './fakes.js';

const model = loadedModel('h', { modelPath: '', modelUri: 'm', device: 'auto', precision: 'auto' });
const form: SignatureForm = { kind: 'text', isConversation: true, fields: [], params: [], example: null, note: null };

/** Every element and text of a tree of nodes. */
function flatten(node: ComponentChildren): { names: string[]; text: string } {
  if (node === null || node === undefined || typeof node === 'boolean') return { names: [], text: '' };
  if (Array.isArray(node)) {
    const parts = node.map((child: ComponentChildren) => flatten(child));
    return { names: parts.flatMap(({ names }) => names), text: parts.map(({ text }) => text).join('') };
  }
  if (typeof node !== 'object') return { names: [], text: String(node) };
  const { type, props } = node as VNode<{ children?: ComponentChildren }>;
  const inner = flatten(props.children);
  return { names: [String(type), ...inner.names], text: inner.text };
}

test('Markdown becomes elements of a short list, HTML and images become text', () => {
  const hostile =
    '# T\n\n<script>alert(1)</script>\n\n**b** <img src=x onerror=y> ![pic](https://evil/x.png) [l](javascript:alert(1)) `<b>`\n\n<iframe src="x"></iframe>\n\n- i\n\n| a |\n|---|\n| 1 |\n\n```html\n<style>\n```\n\n<svg onload=alert(1)>';
  const { names, text } = flatten(markdown(hostile, { onLink: () => undefined }));
  const allowed = new Set([
    'div',
    'h3',
    'p',
    'strong',
    'a',
    'code',
    'ul',
    'li',
    'span',
    'table',
    'thead',
    'tbody',
    'tr',
    'th',
    'td',
    'pre',
  ]);
  assert.deepEqual(
    [...new Set(names)].filter((name) => !allowed.has(name)),
    [],
  );
  for (const literal of ['<script>', '<img src=x', '<iframe', '<svg onload', '[image: pic]', '<style>'])
    assert.ok(text.includes(literal), literal);
});

test('a link in Markdown has no address of its own: it only asks', () => {
  const asked: string[] = [];
  const root = markdown('[x](https://example.org)', { onLink: (href) => asked.push(href) });
  const find = (node: ComponentChildren): VNode<{ href?: string; onClick?: (event: unknown) => void }> | undefined => {
    if (Array.isArray(node)) return node.map((child: ComponentChildren) => find(child)).find(Boolean);
    if (typeof node !== 'object' || node === null) return undefined;
    const vnode = node as VNode<{ children?: ComponentChildren; href?: string; onClick?: (event: unknown) => void }>;
    return vnode.type === 'a' ? vnode : find(vnode.props.children);
  };
  const link = find(root);
  assert.equal(link?.props.href, '#');
  link.props.onClick?.({ preventDefault: () => undefined });
  assert.deepEqual(asked, ['https://example.org']);
});

test('the status line says what is going on', () => {
  const base = { runningTurnId: null, isStopping: false };
  assert.equal(
    statusLine({ ...base, status: { kind: 'loading', message: 'Loading', fraction: 0.4 } }).text,
    'Loading… 40 %',
  );
  assert.match(
    statusLine({ ...base, status: { kind: 'ready', model } }).text,
    /^ready\u00a0· loaded in\u00a01\u00a0ms\u00a0· 1\u00a0B$/,
  );
  assert.match(statusLine({ ...base, runningTurnId: 't', status: { kind: 'ready', model } }).text, /^answering/);
  assert.match(
    statusLine({ runningTurnId: 't', isStopping: true, status: { kind: 'ready', model } }).text,
    /stop again/,
  );
});

test('the statistics name each number with its unit', () => {
  assert.equal(statsLine(stats, 'stop'), '3 tokens · first 5 ms · 40 tok/s · fp32 CPU');
  assert.equal(
    statsLine({ ...stats, completionTokens: null, timeToFirstTokenMs: null, tokensPerSecond: null }, null),
    '10 ms · fp32 CPU',
  );
  assert.match(statsLine(stats, 'length'), /length limit/);
});

test('a screen reader hears of the end of an answer, not of its tokens', () => {
  const answer = { ...waitingAnswer('m', 'm'), status: 'streaming' as const, text: 'some' };
  const turn = { id: 't', timeMs: 0, input: { draft: emptyDraft, summary: 'x' }, answers: [answer], isKept: false };
  const running = { ...emptyPanelState, turns: [turn], runningTurnId: 't' };
  const more = reducePanel(running, { type: 'text', turnId: 't', answerIndex: 0, text: ' more' });
  assert.equal(announcement(running), announcement(more));
  const done = reducePanel(
    { ...more, runningTurnId: null },
    { type: 'answer', turnId: 't', answerIndex: 0, fields: { status: 'done', stats } },
  );
  assert.match(announcement(done), /^Answer ready: 3 tokens/);
});

test('the device report names each refused rung with its reason', () => {
  const report = deviceReport({
    kind: 'ready',
    model: { ...model, refusedDevices: [{ device: 'cuda', reason: 'no driver' }] },
  });
  assert.deepEqual(report.refused, [{ device: 'CUDA', reason: 'no driver' }]);
});

test('text for a turn that is gone changes nothing', () => {
  assert.equal(reducePanel(emptyPanelState, { type: 'text', turnId: 'x', answerIndex: 0, text: 'y' }), emptyPanelState);
});

test('a replica follows its owner through gaps, repeats and late snapshots', () => {
  const sent: NumberedDelta<number>[] = [];
  const add = (state: number, delta: number): number => state + delta;
  const owner = new StateOwner(0, add, (delta) => sent.push(delta));
  let asked = 0;
  const replica = new StateReplica<number, number>(
    add,
    () => undefined,
    () => (asked += 1),
  );
  owner.apply(1);
  replica.receive(sent[0] as NumberedDelta<number>);
  assert.equal(replica.state, undefined, 'deltas before the snapshot are in the snapshot');
  replica.accept(owner.snapshot());
  owner.apply(10);
  owner.apply(100);
  replica.receive(sent[2] as NumberedDelta<number>);
  assert.equal(asked, 1, 'a gap asks again');
  replica.receive(sent[1] as NumberedDelta<number>);
  replica.receive(sent[1] as NumberedDelta<number>);
  assert.equal(replica.state, 11, 'a repeated delta is not applied twice');
  const late = owner.snapshot();
  owner.apply(1000);
  replica.accept(late);
  replica.receive(sent[3] as NumberedDelta<number>);
  assert.equal(replica.state, owner.state);
});

test('a conversation forgets what was sent, a form keeps it; drafts are kept by model', () => {
  const draft = { ...emptyDraft, values: { '': 'x' }, params: { k: '1' } };
  const ui = withDraft(emptyUiState, 'm', draft);
  assert.deepEqual(draftOf(afterSending(ui, 'm', form, draft), 'm', form).values, {});
  assert.deepEqual(draftOf(afterSending(ui, 'm', form, draft), 'm', form).params, { k: '1' });
  const page = { ...form, isConversation: false };
  assert.deepEqual(draftOf(afterSending(ui, 'm', page, draft), 'm', page).values, { '': 'x' });
  assert.deepEqual(draftOf(emptyUiState, 'm', { ...page, example: draft }), draft);
  assert.deepEqual(draftOf(emptyUiState, 'm', { ...form, example: draft }), emptyDraft);
});

test('kept UI state of another shape is not trusted', () => {
  for (const odd of [undefined, null, 5, 'x', [], { drafts: 7 }, { open: null }])
    assert.doesNotThrow(() => restoredUiState(odd));
  assert.equal(restoredUiState({ drafts: { m: { values: { a: 'x' } } } }).drafts['m']?.values['a'], 'x');
});

test('many changes are drawn once a frame', () => {
  const frames: (() => void)[] = [];
  let draws = 0;
  const draw = oncePerFrame(
    () => (draws += 1),
    (run) => frames.push(run),
  );
  const store = createStore(0);
  store.subscribe(draw);
  for (let value = 1; value <= 100; value += 1) store.set(value);
  assert.equal(frames.length, 1);
  frames[0]?.();
  assert.equal(draws, 1);
});

test('a long list draws the rows in sight and keeps its height', () => {
  for (const [count, scroll] of [
    [10_000, 0],
    [10_000, 5000],
    [10_000, 1e9],
    [3, 0],
    [0, 0],
  ] as const) {
    const { first, end, paddingTopPx, paddingBottomPx } = rowWindow(count, 20, scroll, 200);
    assert.equal(paddingTopPx + (end - first) * 20 + paddingBottomPx, count * 20);
    assert.ok(end - first <= 26);
    if (count > 0) assert.ok(end > first);
  }
});
