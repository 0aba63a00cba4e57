import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { SignatureForm } from '../../../src/core/signature/formFields.js';
import { emptyDraft, type FormDraft } from '../../../src/core/signature/formDraft.js';
import { adaptedDraft, runInput } from '../../../src/host/panel/runInput.js';
import { modelForm, stringInput } from './fakes.js';

function form(options: Parameters<typeof modelForm>[0]): SignatureForm {
  return modelForm(options).form;
}

function draft(values: Record<string, string>, params: Record<string, string> = {}): FormDraft {
  return { ...emptyDraft, values, params };
}

test('a record is sent with its types; what is optional and empty is left out', async () => {
  const record = form({
    task: 'x',
    inputs: [
      { name: 'text', type: 'string', required: true },
      { name: 'n', type: 'long', required: false },
      { name: 'flag', type: 'boolean', required: true },
      { name: 'list', type: 'array', items: { type: 'double' }, required: true },
      { name: 'thing', type: 'map', values: { type: 'any' }, required: true },
    ],
  });
  const texts = { text: ' a ', flag: 'true', list: '1\n2.5\n', thing: '{"k": null}' };
  const input = await runInput(record, draft(texts), []);
  assert.deepEqual(input.data, { text: ' a ', flag: true, list: [1, 2.5], thing: { k: null } });
});

test('a draft with a problem is refused with its sentence', async () => {
  const record = form({ task: 'x', inputs: [{ name: 'n', type: 'long', required: true }] });
  await assert.rejects(runInput(record, draft({}), []), /n is required\./);
  await assert.rejects(runInput(record, draft({ n: '1.5' }), []), /Enter a whole number\./);
});

test('params that were not changed are not sent; changed ones have their type', async () => {
  const text = form({
    params: [
      { name: 'max_new_tokens', type: 'long', default: 20, shape: null },
      { name: 'temperature', type: 'double', default: 1, shape: null },
      { name: 'stop', type: 'string', default: ['a'], shape: [-1] },
    ],
  });
  const input = await runInput(text, draft({ '': 'hi' }, { max_new_tokens: '5', stop: 'x\ny' }), []);
  assert.deepEqual(input, { data: 'hi', params: { max_new_tokens: 5, stop: ['x', 'y'] } });
});

test('images are given as paths, audio as the bytes of a file', async () => {
  const image = form({ task: 'image-classification', inputs: stringInput });
  for (const given of [fileURLToPath(import.meta.url), 'https://example.org/x.png', '/9j/AA==']) {
    assert.equal((await runInput(image, draft({ '': given }), [])).data, given);
  }
  await assert.rejects(runInput(image, draft({ '': '/no/such/image.png' }), []), /no readable file/);
  const audio = form({ task: 'automatic-speech-recognition', inputs: [{ type: 'binary', required: true }] });
  const file = new URL(import.meta.url).pathname;
  assert.ok((await runInput(audio, draft({ '': file }), [])).data instanceof Uint8Array);
  await assert.rejects(runInput(audio, draft({ '': '/no/such/file.wav' }), []), /no readable file/);
});

test('an image whose path MLflow cannot take is given as base64', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'images-'));
  const image = form({ task: 'image-classification', inputs: stringInput });
  const file = path.join(folder, 'Bäume.png');
  await writeFile(file, 'pixels');
  assert.equal((await runInput(image, draft({ '': file }), [])).data, Buffer.from('pixels').toString('base64'));
  await rm(folder, { recursive: true });
});

test('JSON mode sends what is written', async () => {
  const record = form({ task: 'x', inputs: [{ name: 'n', type: 'long', required: true }] });
  const json = { ...emptyDraft, isJson: true, json: '[{"n": 2}]' };
  assert.deepEqual((await runInput(record, json, [])).data, [{ n: 2 }]);
});

test('completions put their optional columns beside the prompt', async () => {
  const completions = form({
    inferenceTask: 'llm/v1/completions',
    inputs: [
      { name: 'prompt', type: 'string', required: true },
      { name: 'max_tokens', type: 'long', required: false },
      { name: 'stop', type: 'array', items: { type: 'string' }, required: false },
      { name: 'n', type: 'long', required: false },
    ],
  });
  const input = await runInput(completions, draft({ prompt: 'p' }, { max_tokens: '3', stop: '###' }), []);
  assert.deepEqual(input, { data: { prompt: 'p', max_tokens: 3, stop: ['###'] }, params: {} });
});

test('one text goes to another form with one field; forms with different fields are not compared', () => {
  const text = form({});
  const prompt = form({ inferenceTask: 'llm/v1/completions', inputs: null });
  assert.deepEqual(adaptedDraft(draft({ '': 'hi' }), text, prompt).values, { prompt: 'hi' });
  const record = form({ task: 'question-answering', inputs: null });
  assert.throws(() => adaptedDraft(draft({ '': 'hi' }), text, record), /different inputs/);
});
