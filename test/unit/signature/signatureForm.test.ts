import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DataFrame } from '../../../src/core/signature/dataFrame.js';
import { defaultSignature } from '../../../src/core/signature/defaultSignatures.js';
import { llmSignature } from '../../../src/core/signature/llmSchemas.js';
import { ModelSignature } from '../../../src/core/signature/modelSignature.js';
import { prepareInput } from '../../../src/core/signature/prepareInput.js';
import { signatureForm } from '../../../src/core/signature/signatureForm.js';
import { formToInput, formToJson, jsonToInput, jsonToValues } from '../../../src/core/signature/signatureFormValues.js';
import { signatureRows } from '../../../src/core/signature/signatureView.js';

const signature = ModelSignature.fromDict({
  inputs: JSON.stringify([
    { type: 'string', name: 'context', required: true },
    { type: 'double', name: 'score', required: true },
    { type: 'array', items: { type: 'long' }, name: 'ids', required: false },
    { type: 'object', properties: { a: { type: 'float' } }, name: 'meta', required: false },
  ]),
  params: JSON.stringify([{ name: 'top_k', default: 2, shape: null, type: 'long' }]),
});
const form = signatureForm(signature);
const inputs = { context: 'x', score: '2', ids: '1\n2', meta: '{"a": 3}' };

describe('signatureForm', () => {
  it('has a control for each column and param', () => {
    assert.deepEqual(
      form.inputs.map(({ name, kind, required }) => [name, kind, required]),
      [
        ['context', 'longtext', true],
        ['score', 'number', true],
        ['ids', 'list', false],
        ['meta', 'json', false],
      ],
    );
    assert.deepEqual(
      form.params.map(({ name, kind, default: value, help }) => [name, kind, value, help]),
      [['top_k', 'integer', 2, 'Long.']],
    );
  });

  it('takes the default signature of the task when there is none, or one text', () => {
    assert.deepEqual(
      signatureForm(null, 'question-answering').inputs.map(({ name, kind }) => [name, kind]),
      [
        ['question', 'text'],
        ['context', 'longtext'],
      ],
    );
    assert.equal(signatureForm(null, 'automatic-speech-recognition').inputs[0]?.kind, 'binary');
    assert.deepEqual(
      signatureForm(null).inputs.map(({ name, kind }) => [name, kind]),
      [['', 'longtext']],
    );
  });

  it('gives plain data that predict accepts with valuesAsDeclared', () => {
    const result = formToInput(form, { inputs, params: { top_k: '3' } });
    assert.ok('data' in result);
    const { data, params } = prepareInput(structuredClone(result.data), signature, result.params, {
      valuesAsDeclared: true,
    });
    assert.deepEqual(
      (data as DataFrame).toRecords(),
      [{ context: 'x', score: 2, ids: [1, 2], meta: { a: 3 } }].map((row) => row),
    );
    assert.deepEqual(params, { top_k: 3 });
  });

  it('says what is wrong, field by field', () => {
    const result = formToInput(form, { inputs: { score: 'many', ids: '1\nx', meta: '{' }, params: { top_k: '1.5' } });
    assert.ok('errors' in result);
    assert.deepEqual(
      { ...result.errors, 'inputs.meta': result.errors['inputs.meta']?.slice(0, 17) },
      {
        'inputs.context': 'context is required.',
        'inputs.score': 'Enter a number.',
        'inputs.ids': 'Line 2: Enter a whole number.',
        'inputs.meta': 'This is not JSON:',
        'params.top_k': 'Enter a whole number.',
      },
    );
  });

  it('JSON mode goes both ways', () => {
    const json = formToJson(form, { inputs, params: { top_k: '3' } });
    assert.ok(json !== undefined);
    assert.deepEqual(jsonToValues(form, json), { inputs: { ...inputs }, params: { top_k: '3' } });
    const result = jsonToInput(form, json);
    assert.ok('data' in result);
    assert.deepEqual(
      (
        prepareInput(structuredClone(result.data), signature, result.params, { valuesAsDeclared: true })
          .data as DataFrame
      ).toRecords()[0]?.['score'],
      2,
    );
    assert.ok('data' in jsonToInput(form, '{"context": "x", "score": 2}'));
    assert.match((jsonToInput(form, '{"a"') as { errors: { json: string } }).errors.json, /^This is not JSON: /);
  });

  it('an unnamed text goes as it is', () => {
    const single = signatureForm(defaultSignature('text-generation'));
    assert.deepEqual(formToInput(single, { inputs: { '': ' hi ' }, params: {} }), { data: ' hi ', params: {} });
  });
});

describe('signatureRows', () => {
  it('expands nested types to readable rows', () => {
    const rows = signatureRows(llmSignature('llm/v1/chat', '2')).slice(0, 5);
    assert.deepEqual(
      rows.map(({ name, typeText, isRequired, depth }) => [name, typeText, isRequired, depth]),
      [
        ['messages', 'list of object with 3 properties', true, 0],
        ['content', 'string', true, 1],
        ['name', 'string', false, 1],
        ['role', 'string', true, 1],
        ['temperature', 'double', false, 0],
      ],
    );
    const tensor = signatureRows(defaultSignature('feature-extraction') as ModelSignature)[1];
    assert.deepEqual([tensor?.name, tensor?.typeText], ['double', 'tensor of float64, any']);
    assert.equal(signatureRows(signature).at(-1)?.defaultText, '2');
  });
});
