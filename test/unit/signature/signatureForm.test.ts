import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../src/core/ports.js';
import type { DataFrame } from '../../../src/core/signature/dataFrame.js';
import { defaultSignature } from '../../../src/core/signature/defaultSignatures.js';
import { exampleDraft } from '../../../src/core/signature/exampleDraft.js';
import {
  draftJson,
  draftParams,
  draftProblems,
  draftSummary,
  emptyDraft,
  fieldsData,
  readField,
  readJson,
  valueText,
  type FormDraft,
} from '../../../src/core/signature/formDraft.js';
import type { FormField, SignatureForm } from '../../../src/core/signature/formFields.js';
import { fieldLabel, fieldPlaceholder, problemText } from '../../../src/core/signature/formTexts.js';
import { llmSignature } from '../../../src/core/signature/llmSchemas.js';
import { ModelSignature } from '../../../src/core/signature/modelSignature.js';
import { prepareInput } from '../../../src/core/signature/prepareInput.js';
import { signatureForm } from '../../../src/core/signature/signatureForm.js';
import type { PyValue } from '../../../src/core/serialization/pyValue.js';

const oneText: JsonObject[] = [{ type: 'string', required: true }];

function signatureOf(inputs: JsonObject[] | null, params?: JsonObject[]): ModelSignature {
  return ModelSignature.fromDict({
    inputs: inputs === null ? null : JSON.stringify(inputs),
    params: params === undefined ? null : JSON.stringify(params),
  });
}

function form(task: string, inputs: JsonObject[] | null, params?: JsonObject[]): SignatureForm {
  return signatureForm(inputs === null && !params ? null : signatureOf(inputs, params), { task });
}

function draft(values: Record<string, string>, params: Record<string, string> = {}): FormDraft {
  return { ...emptyDraft, values, params };
}

/** The data of a draft without problems. */
function dataOf(shape: SignatureForm, texts: Record<string, string>): unknown {
  assert.deepEqual(draftProblems(shape, draft(texts)), {});
  const values = shape.fields.map((field) => {
    const read = readField(field, texts[field.name] ?? '');
    return [field.name, read.ok ? read.value : undefined];
  });
  return fieldsData(shape, Object.fromEntries(values) as Record<string, unknown>);
}

describe('the form of a signature', () => {
  it('one unnamed string is a text; text-generation is a conversation, classification is not', () => {
    const { kind, isConversation, fields } = form('text-generation', oneText);
    assert.deepEqual([kind, isConversation, fields[0]?.purpose], ['text', true, 'prompt']);
    assert.equal(form('text-classification', oneText).isConversation, false);
    assert.equal(form('fill-mask', oneText).fields[0]?.purpose, 'masked');
  });

  it('named columns are a record with a control for each type, in MLflow’s words', () => {
    const { kind, fields } = form('question-answering', [
      { name: 'text', type: 'string', required: true },
      { name: 'n', type: 'long', required: false },
      { name: 'flag', type: 'boolean', required: true },
      { name: 'when', type: 'datetime', required: true },
      { name: 'list', type: 'array', items: { type: 'double' }, required: true },
      { name: 'thing', type: 'object', properties: { a: { type: 'string', required: true } }, required: true },
      { name: 'bytes', type: 'binary', required: true },
      { name: 'map', type: 'map', values: { type: 'long' }, required: true },
    ]);
    assert.equal(kind, 'record');
    assert.deepEqual(
      fields.map(({ control, typeText, isRequired }) => [control, typeText, isRequired]),
      [
        ['text', 'string', true],
        ['number', 'long', false],
        ['boolean', 'boolean', true],
        ['datetime', 'datetime', true],
        ['lines', 'Array(double)', true],
        ['json', '{a}', true],
        ['file', 'binary', true],
        ['json', 'Map(str -> long)', true],
      ],
    );
  });

  it('several unnamed columns are a row, sent as a list of values', () => {
    const row = form('x', [
      { type: 'string', required: true },
      { type: 'long', required: true },
    ]);
    assert.equal(row.kind, 'row');
    assert.deepEqual(
      row.fields.map((field) => fieldLabel(field, row)),
      ['Input 1', 'Input 2'],
    );
    assert.deepEqual(dataOf(row, { 0: 'a', 1: '2' }), [['a', 2]]);
  });

  it('params have their types, and their defaults as text', () => {
    const { params } = form('text-generation', oneText, [
      { name: 'max_new_tokens', type: 'long', default: 20, shape: null },
      { name: 'temperature', type: 'double', default: 1, shape: null },
      { name: 'stop', type: 'string', default: ['a', 'b'], shape: [-1] },
      { name: 'seed', type: 'long', default: null, shape: null },
    ]);
    assert.deepEqual(
      params.map(({ name, control, defaultText }) => [name, control, defaultText]),
      [
        ['max_new_tokens', 'number', '20'],
        ['temperature', 'number', '1'],
        ['stop', 'lines', 'a\nb'],
        ['seed', 'number', null],
      ],
    );
  });

  it('without a signature the task decides, and the form says that nothing is checked', () => {
    const fields = (task: string): string[] => form(task, null).fields.map(({ name }) => name);
    assert.deepEqual(fields('question-answering'), ['question', 'context']);
    assert.deepEqual(
      ['summarization', 'sentiment-analysis', 'translation_en_to_fr'].map((task) => form(task, null).kind),
      ['text', 'text', 'text'],
    );
    assert.equal(form('image-segmentation', null).kind, 'json');
    assert.equal(form('summarization', null).note, 'noSignature');
    const audio = form('automatic-speech-recognition', null).fields[0];
    assert.deepEqual([audio?.control, audio?.fileKind], ['file', 'audio']);
  });

  it('params of a signature without inputs are offered', () => {
    const { params, note } = form('text-generation', null, [
      { name: 'max_new_tokens', type: 'long', default: 20, shape: null },
    ]);
    assert.deepEqual([params.length, note], [1, 'noSignature']);
  });

  it('tensors are JSON', () => {
    const tensor = { type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, 3] } };
    const { kind, note } = form('x', [tensor]);
    assert.deepEqual([kind, note], ['json', 'tensors']);
  });

  it('an image is a file, a question about it is a text', () => {
    const single = form('image-classification', oneText).fields[0];
    assert.deepEqual([single?.control, single?.fileKind], ['file', 'image']);
    const named = form('visual-question-answering', [
      { name: 'image', type: 'string', required: true },
      { name: 'question', type: 'string', required: true },
    ]);
    assert.deepEqual(
      named.fields.map(({ control }) => control),
      ['file', 'text'],
    );
  });

  it('chat and completions have a prompt as field and the optional columns as params', () => {
    const llm = (inferenceTask: 'llm/v1/chat' | 'llm/v1/completions' | 'llm/v1/embeddings'): SignatureForm =>
      signatureForm(llmSignature(inferenceTask), { task: 'text-generation', inferenceTask });
    assert.deepEqual([llm('llm/v1/chat').kind, llm('llm/v1/chat').isConversation], ['chat', true]);
    assert.deepEqual(
      llm('llm/v1/completions').params.map(({ name, target }) => [name, target]),
      [
        ['temperature', 'data'],
        ['max_tokens', 'data'],
        ['stop', 'data'],
      ],
    );
    const embeddings = llm('llm/v1/embeddings');
    assert.deepEqual([embeddings.fields[0]?.name, embeddings.isConversation], ['input', false]);
    assert.deepEqual(
      llm('llm/v1/chat').params.filter(({ name }) => ['n', 'stream', 'tools', 'custom_inputs'].includes(name)),
      [],
    );
  });

  it('fields are called by their names, unnamed ones by what they are for', () => {
    const label = (task: string): string => {
      const shape = form(task, oneText);
      return fieldLabel(shape.fields[0] as FormField, shape);
    };
    assert.deepEqual(['text-generation', 'text-classification', 'image-classification'].map(label), [
      'Prompt',
      'Text',
      'Image',
    ]);
    assert.equal(
      fieldPlaceholder(form('fill-mask', oneText).fields[0] as FormField),
      'Text with the mask token, such as [MASK]',
    );
  });
});

const mixed: JsonObject[] = [
  { name: 'i', type: 'integer', required: true },
  { name: 'l', type: 'long', required: true },
  { name: 'd', type: 'double', required: true },
  { name: 'list', type: 'array', items: { type: 'long' }, required: true },
  { name: 'o', type: 'map', values: { type: 'any' }, required: false },
  { name: 't', type: 'datetime', required: true },
  { name: 's', type: 'string', required: true },
];

describe('a draft', () => {
  it('is read with its types; what is optional and empty is left out', () => {
    const texts = { i: '1', l: '9007199254740993', d: '2', list: '1\n2\n', t: '2026-01-31', s: ' a ' };
    assert.deepEqual(dataOf(form('x', mixed), texts), {
      i: 1,
      l: 9007199254740993n,
      d: 2,
      list: [1, 2],
      t: '2026-01-31T00:00:00',
      s: ' a ',
    });
  });

  it('gives data that predict accepts with valuesAsDeclared', () => {
    const signature = signatureOf([
      { name: 'context', type: 'string', required: true },
      { name: 'score', type: 'double', required: true },
      { name: 'ids', type: 'array', items: { type: 'long' }, required: false },
    ]);
    const data = dataOf(signatureForm(signature), { context: 'x', score: '2', ids: '1\n2' });
    const prepared = prepareInput(structuredClone(data), signature, {}, { valuesAsDeclared: true });
    assert.deepEqual((prepared.data as DataFrame).toRecords(), [{ context: 'x', score: 2, ids: [1, 2] }]);
  });

  it('says at each field what does not fit its type', () => {
    const shape = form('x', mixed);
    const texts = { i: '3000000000', l: '1.5', d: 'many', list: '1\nx', o: '{', t: 'soon', s: '' };
    const problems = draftProblems(shape, draft(texts));
    const sentences = Object.entries(problems).map(([name, problem]) => problemText(problem, name));
    assert.deepEqual(sentences.slice(0, 4), [
      'This number does not fit into 32 bits.',
      'Enter a whole number.',
      'Enter a number.',
      'Line 2: Enter a whole number.',
    ]);
    assert.match(sentences[4] ?? '', /^This is not JSON: .*line 1 column 2/);
    assert.deepEqual(sentences.slice(5), ['Enter a date such as 2026-01-31 or 2026-01-31T12:30:00.', 's is required.']);
    assert.equal(readField(shape.fields[1] as FormField, '9223372036854775808').ok, false);
  });

  it('a double may be NaN or infinite, a long may not', () => {
    const field = { name: 'd', typeText: 'double', control: 'number', scalar: 'double', isRequired: true } as const;
    const value = (text: string): unknown => {
      const read = readField(field, text);
      return read.ok ? read.value : read.problem;
    };
    assert.ok(Number.isNaN(value('nan')));
    assert.equal(value('-inf'), -Infinity);
    assert.equal(readField({ ...field, scalar: 'long' }, 'nan').ok, false);
  });

  it('items that have lines of their own are a JSON list, there and back', () => {
    const field = { name: 'x', typeText: '', control: 'lines', scalar: 'string', isRequired: true } as const;
    const text = valueText(field, ['a\nb', 'c']);
    assert.deepEqual(readField(field, text), { ok: true, value: ['a\nb', 'c'] });
    assert.equal(valueText(field, ['a', 'b']), 'a\nb');
  });

  it('params that were left alone are absent; changed ones have their type', () => {
    const shape = form('text-generation', oneText, [
      { name: 'max_new_tokens', type: 'long', default: 20, shape: null },
      { name: 'stop', type: 'string', default: ['a'], shape: [-1] },
      { name: 'top_p', type: 'double', default: 1, shape: null },
    ]);
    const changed = draft({ '': 'hi' }, { max_new_tokens: '5', stop: 'x\ny' });
    assert.deepEqual(draftParams(shape, changed, 'params'), { max_new_tokens: 5, stop: ['x', 'y'] });
    assert.deepEqual(draftProblems(shape, draft({ '': 'hi' }, { max_new_tokens: 'x' })), {
      'params.max_new_tokens': { kind: 'wholeNumber' },
    });
  });

  it('JSON is read as Python reads it, and the JSON mode starts with what the form would send', () => {
    assert.deepEqual(readJson('{"a": NaN, "b": 9007199254740993, "1": 1.0}'), {
      ok: true,
      value: { a: NaN, b: 9007199254740993n, 1: 1 },
    });
    const shape = form('x', [
      { name: 'n', type: 'long', required: true },
      { name: 'd', type: 'double', required: true },
      { name: 's', type: 'string', required: false },
    ]);
    assert.equal(draftJson(shape, draft({ n: '1', d: 'inf' })), '{\n  "n": 1,\n  "d": Infinity\n}');
    assert.deepEqual(JSON.parse(draftJson(shape, draft({ n: 'many', d: '1' }))), { n: 'many', d: 1 });
    const json = { ...emptyDraft, isJson: true, json: '[{"n": 2}]' };
    assert.equal(draftSummary(shape, json), '[{"n": 2}]');
    assert.deepEqual(draftProblems(shape, { ...json, json: '' }), { json: { kind: 'jsonMissing' } });
  });
});

describe('an input example', () => {
  const columns: JsonObject[] = [
    { name: 'question', type: 'string', required: true },
    { name: 'context', type: 'string', required: true },
  ];
  const values = { question: 'q', context: 'c' };
  const draftOf = (shape: SignatureForm, data: PyValue, params: Record<string, PyValue> | null = null) =>
    exampleDraft(shape, { data, params });

  it('becomes the draft, whatever form it was saved in', () => {
    const shape = form('question-answering', columns);
    for (const data of [
      values,
      [values, values],
      { columns: ['question', 'context'], data: [['q', 'c']] },
      { dataframe_split: { columns: ['question', 'context'], data: [['q', 'c']] } },
      { inputs: values },
    ]) {
      assert.deepEqual(draftOf(shape, data)?.values, values, JSON.stringify(data));
    }
    const text = form('text-generation', oneText);
    assert.deepEqual(draftOf(text, ['a', 'b'])?.values, { '': 'a' });
    assert.deepEqual(draftOf(text, { columns: [0], data: [['a']] })?.values, { '': 'a' });
  });

  it('fills params and rows', () => {
    const shape = form('text-generation', oneText, [
      { name: 'max_new_tokens', type: 'long', default: 20, shape: null },
    ]);
    assert.deepEqual(draftOf(shape, 'a', { max_new_tokens: 5 })?.params, { max_new_tokens: '5' });
    const row = form('x', [
      { type: 'string', required: true },
      { type: 'long', required: true },
    ]);
    assert.deepEqual(draftOf(row, [['a', 2]])?.values, { 0: 'a', 1: '2' });
  });

  it('of a chat is its last message, its system prompt and its options', () => {
    const chat = signatureForm(llmSignature('llm/v1/chat'), { inferenceTask: 'llm/v1/chat' });
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
    ];
    const found = draftOf(chat, { messages, max_tokens: 5 });
    assert.deepEqual(
      [found?.values, found?.system, found?.params],
      [{ message: 'Hello' }, 'Be brief.', { max_tokens: '5' }],
    );
  });

  it('that does not fit is none', () => {
    assert.equal(draftOf(form('text-generation', oneText), [1]), null);
    assert.equal(draftOf(form('question-answering', columns), 'text'), null);
  });

  it('of tensors is JSON', () => {
    const shape = signatureForm(defaultSignature('feature-extraction'), { task: 'feature-extraction' });
    assert.equal(shape.kind, 'text');
    const tensor = form('x', [{ type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1] } }]);
    assert.equal(draftOf(tensor, { inputs: [1, 2] })?.json, '[\n  1,\n  2\n]');
  });
});
