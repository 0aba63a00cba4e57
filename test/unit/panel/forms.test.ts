import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject, JsonValue } from '../../../src/core/ports.js';
import { buildForm } from '../../../src/host/panel/buildForm.js';
import { runInput } from '../../../src/host/panel/runInput.js';
import {
  draftErrors,
  draftJson,
  draftSummary,
  emptyDraft,
  parseField,
  type FormDraft,
} from '../../../src/protocol/panelForm.js';
import { modelFile, stringInput } from './fakes.js';

function form(
  task: string,
  inputs: JsonObject[] | null,
  rest: { params?: JsonObject[]; inputExample?: JsonValue; inferenceTask?: string } = {},
) {
  return buildForm(modelFile({ task, inputs, ...rest }));
}

function draft(values: Record<string, string>, params: Record<string, string> = {}): FormDraft {
  return { ...emptyDraft, values, params };
}

test('one unnamed string is a text; text-generation is a conversation, classification is not', () => {
  assert.deepEqual(
    [form('text-generation', stringInput).kind, form('text-generation', stringInput).isConversation],
    ['text', true],
  );
  assert.deepEqual(
    [form('text-classification', stringInput).kind, form('text-classification', stringInput).isConversation],
    ['text', false],
  );
});

test('named columns are a record with a control for each type', () => {
  const { kind, fields } = form('question-answering', [
    { name: 'text', type: 'string', required: true },
    { name: 'n', type: 'long', required: false },
    { name: 'flag', type: 'boolean', required: true },
    { name: 'when', type: 'datetime', required: true },
    { name: 'list', type: 'array', items: { type: 'double' }, required: true },
    { name: 'thing', type: 'object', properties: { a: { type: 'string', required: true } }, required: true },
    { name: 'bytes', type: 'binary', required: true },
  ]);
  assert.equal(kind, 'record');
  assert.deepEqual(
    fields.map(({ control }) => control),
    ['text', 'number', 'boolean', 'datetime', 'lines', 'json', 'file'],
  );
  assert.deepEqual(
    fields.map(({ typeText }) => typeText),
    ['string', 'long', 'boolean', 'datetime', 'Array(double)', '{a}', 'binary'],
  );
});

test('a record is sent with its types; what is optional and empty is left out', async () => {
  const record = form('x', [
    { name: 'text', type: 'string', required: true },
    { name: 'n', type: 'long', required: false },
    { name: 'flag', type: 'boolean', required: true },
    { name: 'list', type: 'array', items: { type: 'double' }, required: true },
    { name: 'thing', type: 'map', values: { type: 'any' }, required: true },
  ]);
  const input = await runInput(
    record,
    draft({ text: ' a ', flag: 'true', list: '1\n2.5\n', thing: '{"k": null}' }),
    [],
  );
  assert.deepEqual(input.data, { text: ' a ', flag: true, list: [1, 2.5], thing: { k: null } });
});

test('values that do not fit their type are refused in place', () => {
  const record = form('x', [
    { name: 'i', type: 'integer', required: true },
    { name: 'l', type: 'long', required: true },
    { name: 'd', type: 'double', required: true },
    { name: 'list', type: 'array', items: { type: 'long' }, required: true },
    { name: 'o', type: 'object', properties: {}, required: true },
    { name: 't', type: 'datetime', required: true },
    { name: 's', type: 'string', required: true },
  ]);
  const errors = draftErrors(
    record,
    draft({ i: '3000000000', l: '1.5', d: 'many', list: '1\nx', o: '{', t: 'soon', s: '' }),
  );
  assert.match(errors['i'] ?? '', /32 bits/);
  assert.match(errors['l'] ?? '', /whole number/);
  assert.match(errors['d'] ?? '', /number/);
  assert.match(errors['list'] ?? '', /^Line 2/);
  assert.match(errors['o'] ?? '', /not JSON/);
  assert.match(errors['t'] ?? '', /date/);
  assert.match(errors['s'] ?? '', /required/);
});

test('a double may be NaN or infinite, a long may not', () => {
  const double = {
    name: 'd',
    label: 'd',
    typeText: 'double',
    control: 'number',
    scalar: 'double',
    isRequired: true,
  } as const;
  const value = (text: string): unknown => {
    const parsed = parseField(double, text);
    return parsed.ok ? parsed.value : parsed.error;
  };
  assert.ok(Number.isNaN(value('nan')));
  assert.equal(value('-inf'), -Infinity);
  assert.equal(parseField({ ...double, scalar: 'long' }, 'nan').ok, false);
});

test('params that were not changed are not sent; changed ones have their type', async () => {
  const text = form('text-generation', stringInput, {
    params: [
      { name: 'max_new_tokens', type: 'long', default: 20, shape: null },
      { name: 'temperature', type: 'double', default: 1, shape: null },
      { name: 'stop', type: 'string', default: ['a'], shape: [-1] },
    ],
  });
  const input = await runInput(text, draft({ '': 'hi' }, { max_new_tokens: '5', stop: 'x\ny' }), []);
  assert.deepEqual(input, { data: 'hi', params: { max_new_tokens: 5, stop: ['x', 'y'] } });
  assert.match(
    draftErrors(text, draft({ '': 'hi' }, { max_new_tokens: 'x' }))['params.max_new_tokens'] ?? '',
    /whole number/,
  );
});

test('a model without a signature has a text for tasks of text, and JSON otherwise, with a note', () => {
  assert.deepEqual([form('summarization', null).kind, form('image-segmentation', null).kind], ['text', 'json']);
  assert.match(form('summarization', null).note ?? '', /without an input signature/);
  assert.match(
    form('x', [{ type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, 3] } }]).note ?? '',
    /tensors/,
  );
});

test('images are given as paths, audio as the bytes of a file', async () => {
  const image = form('image-classification', stringInput);
  assert.deepEqual(
    [image.fields[0]?.control, image.fields[0]?.fileKind, image.fields[0]?.label],
    ['file', 'image', 'Image'],
  );
  assert.equal((await runInput(image, draft({ '': '/x.png' }), [])).data, '/x.png');
  const audio = form('automatic-speech-recognition', [{ type: 'binary', required: true }]);
  assert.deepEqual([audio.fields[0]?.control, audio.fields[0]?.fileKind], ['file', 'audio']);
  const file = new URL(import.meta.url).pathname;
  assert.ok((await runInput(audio, draft({ '': file }), [])).data instanceof Uint8Array);
  await assert.rejects(runInput(audio, draft({ '': '/no/such/file.wav' }), []), /no readable file/);
});

test('the input example becomes the draft, whatever form it was saved in', () => {
  const columns = [
    { name: 'question', type: 'string', required: true },
    { name: 'context', type: 'string', required: true },
  ];
  const values = { question: 'q', context: 'c' };
  for (const inputExample of [
    values,
    [values, values],
    { columns: ['question', 'context'], data: [['q', 'c']] },
    { dataframe_split: { columns: ['question', 'context'], data: [['q', 'c']] } },
    { inputs: values, params: { k: 2 } },
  ]) {
    assert.deepEqual(
      form('question-answering', columns, { inputExample }).example?.values,
      values,
      JSON.stringify(inputExample),
    );
  }
  assert.deepEqual(form('text-generation', stringInput, { inputExample: ['a', 'b'] }).example?.values, { '': 'a' });
  assert.deepEqual(
    form('text-generation', stringInput, { inputExample: { columns: [0], data: [['a']] } }).example?.values,
    { '': 'a' },
  );
  assert.equal(form('text-generation', stringInput, { inputExample: [1] }).example, null);
});

test('JSON mode starts with what the form would send, and sends what is written', async () => {
  const record = form('x', [
    { name: 'n', type: 'long', required: true },
    { name: 's', type: 'string', required: false },
  ]);
  assert.deepEqual(JSON.parse(draftJson(record, draft({ n: '1', s: 'x' }))), { n: 1, s: 'x' });
  const json = { ...emptyDraft, isJson: true, json: '[{"n": 2}]' };
  assert.deepEqual((await runInput(record, json, [])).data, [{ n: 2 }]);
  assert.equal(draftSummary(record, json), '[{"n": 2}]');
  assert.match(draftErrors(record, { ...json, json: '' })['json'] ?? '', /Enter the input/);
});

test('completions have their prompt as a field and the optional columns as params', async () => {
  const completions = form(
    'text-generation',
    [
      { name: 'prompt', type: 'string', required: true },
      { name: 'max_tokens', type: 'long', required: false },
      { name: 'stop', type: 'array', items: { type: 'string' }, required: false },
      { name: 'n', type: 'long', required: false },
    ],
    { inferenceTask: 'llm/v1/completions' },
  );
  assert.deepEqual(
    completions.params.map(({ name }) => name),
    ['max_tokens', 'stop'],
  );
  const input = await runInput(completions, draft({ prompt: 'p' }, { max_tokens: '3', stop: '###' }), []);
  assert.deepEqual(input, { data: { prompt: 'p', max_tokens: 3, stop: ['###'] }, params: {} });
});
