import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import { PanelController } from '../../../src/host/panel/panelController.js';
import { panelGuards } from '../../../src/host/panel/panelGuards.js';
import type { Transport } from '../../../src/protocol/channel.js';
import { Channel } from '../../../src/protocol/channel.js';
import type { PanelMethods } from '../../../src/protocol/panel.js';
import { emptyDraft } from '../../../src/core/signature/formDraft.js';
import { entry, fakes, pipe } from './fakes.js';

/** Pseudorandom numbers that are the same in every run (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function anyValue(next: () => number, depth = 0): unknown {
  const kinds = depth > 3 ? 7 : 9;
  switch (Math.floor(next() * kinds)) {
    case 0:
      return null;
    case 1:
      return next() < 0.5;
    case 2:
      return Math.floor(next() * 10) - 3;
    case 3:
      return 'x'.repeat(Math.floor(next() * 20));
    case 4:
      return '__proto__';
    case 5:
      return undefined;
    case 6:
      return next() * 1e300;
    case 7:
      return Array.from({ length: Math.floor(next() * 4) }, () => anyValue(next, depth + 1));
    default: {
      const keys = [
        'draft',
        'turnId',
        'answerIndex',
        'values',
        'params',
        'isJson',
        'json',
        'name',
        'system',
        'device',
        'kind',
        'href',
      ];
      return Object.fromEntries(
        Array.from({ length: Math.floor(next() * 6) }, () => [
          keys[Math.floor(next() * keys.length)] ?? 'x',
          anyValue(next, depth + 1),
        ]),
      );
    }
  }
}

test('messages of any shape are answered and change nothing that they should not', async () => {
  const fake = fakes();
  const panel = new PanelController(fake.ports);
  await panel.selectModel(entry('a'), { isLoading: false });
  const [host, webview] = pipe();
  panel.attach(host);
  const answers = new Map<number, string>();
  webview.onMessage((message) => {
    const { kind, id } = message as { kind: string; id: number };
    if (kind === 'result' || kind === 'error') answers.set(id, kind);
  });
  const next = random(7);
  const names = [...Object.keys(panelGuards), 'constructor', '__proto__', 'toString', 'nothing'];
  const count = 3000;
  for (let id = 1; id <= count; id += 1) {
    const name = names[Math.floor(next() * names.length)];
    webview.post({ kind: 'request', id, name, body: anyValue(next) });
    if (id % 7 === 0) webview.post(anyValue(next) ?? null);
    if (id % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(answers.size, count, 'every request is answered');
  assert.deepEqual(fake.engine.asked, [], 'no malformed prompt was run');
  assert.equal(panel.state.turns.length, 0);
});

test('a malformed request is refused with its name', async () => {
  const panel = new PanelController(fakes().ports);
  const [host, webview] = pipe();
  panel.attach(host);
  const channel = new Channel<PanelMethods, Record<never, never>>(webview, {});
  const refused = (error: unknown): boolean =>
    MlflowError.is(error, 'INVALID_PARAMETER_VALUE') && /'run'/.test(error.message);
  await assert.rejects(
    channel.request('run', { draft: { ...emptyDraft, values: { a: 1 as unknown as string } } }),
    refused,
  );
  await assert.rejects(channel.request('openLink', { href: 'command:workbench.action.terminal.new' }), /malformed/);
  await assert.rejects(channel.request('openLink', { href: 'file:///etc/passwd' }), /malformed/);
});

test('the guards accept what the panel sends', () => {
  const draft = { ...emptyDraft, values: { '': 'x' } };
  const turn = { turnId: 't', answerIndex: 1 };
  const valid: { [K in keyof PanelMethods]: unknown } = {
    ready: null,
    chooseModel: { purpose: 'compare' },
    stopComparing: null,
    setDevice: { device: 'cpu', precision: 'int8' },
    load: null,
    unload: null,
    run: { draft, replaceTurnId: 't' },
    stop: null,
    regenerate: { turnId: 't' },
    newConversation: null,
    openConversation: { conversationId: 'c' },
    deleteConversation: { conversationId: 'c' },
    clearHistory: null,
    deleteTurn: { turnId: 't' },
    keepTurn: { turnId: 't', isKept: true },
    copyAnswer: turn,
    openRaw: turn,
    pinEmbedding: turn,
    unpinEmbedding: { id: 'p' },
    savePreset: { name: 'n', params: { a: '1' } },
    deletePreset: { name: 'n' },
    chooseFile: { kind: 'image' },
    openLink: { href: 'https://example.org' },
    act: { action: 'retry' },
  };
  for (const [name, params] of Object.entries(valid)) {
    assert.ok(panelGuards[name as keyof PanelMethods](params), name);
  }
});

test('a transport that is closed in the middle leaves the panel usable', async () => {
  const panel = new PanelController(fakes().ports);
  const dead: Transport = { post: () => undefined, onMessage: () => undefined };
  panel.attach(dead);
  panel.set({ modelCount: 3 });
  panel.detach();
  panel.set({ modelCount: 4 });
  assert.equal(panel.state.modelCount, 4);
});
