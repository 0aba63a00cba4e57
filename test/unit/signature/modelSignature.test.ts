import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import { ObjectType, Property } from '../../../src/core/signature/dataTypes.js';
import { ModelSignature } from '../../../src/core/signature/modelSignature.js';
import type { ParamSchema } from '../../../src/core/signature/params.js';
import type { Schema } from '../../../src/core/signature/schema.js';
import { throwsMlflow } from './throwsMlflow.js';

const inputs =
  '[{"type": "string", "name": "question", "required": true}, ' +
  '{"type": "array", "items": {"type": "string"}, "name": "labels", "required": false}, ' +
  '{"type": "object", "properties": {"id": {"type": "long", "required": true}, ' +
  '"note": {"type": "string", "required": false}}, "name": "meta", "required": true}, ' +
  '{"type": "map", "values": {"type": "double"}, "name": "scores", "required": true}, ' +
  '{"type": "any", "name": "extra", "required": false}, ' +
  '{"type": "sparkml_vector", "name": "v", "required": true}]';
const outputs = '[{"name": "x", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 28, 28]}}]';
const params =
  '[{"name": "max_length", "default": 40, "shape": null, "type": "long"}, ' +
  '{"name": "temperature", "default": 1.0, "shape": null, "type": "double"}, ' +
  '{"name": "stop", "default": ["caf\\u00e9"], "shape": [-1], "type": "string"}, ' +
  '{"name": "when", "default": "2023-06-26T00:00:00", "shape": null, "type": "datetime"}, ' +
  '{"name": "o", "default": {"a": 2.0}, "shape": null, "type": "object", "properties": {"a": {"type": "double", "required": true}}}]';

describe('ModelSignature', () => {
  it('to dict and back for columns, tensors, params, with the kinds of inputs and outputs mixed (R1)', () => {
    const signature = ModelSignature.fromDict({ inputs, outputs, params });
    assert.deepEqual(signature.toDict(), { inputs, outputs, params });
    assert.ok(signature.equals(ModelSignature.fromDict({ inputs, outputs, params })));
    assert.ok(!signature.equals(ModelSignature.fromDict({ inputs, outputs, params: null })));
    for (const mixed of [
      { inputs: outputs, outputs: inputs, params: null },
      { inputs, outputs: inputs, params: null },
      { inputs: outputs, outputs, params },
    ]) {
      assert.deepEqual(ModelSignature.fromDict(mixed).toDict(), mixed);
    }
  });

  it('JSON.stringify writes the three texts', () => {
    const big = '[{"name": "n", "default": 12345678901234567890, "shape": null, "type": "long"}]';
    const signature = ModelSignature.fromDict({ inputs, outputs, params: big });
    assert.deepEqual(JSON.parse(JSON.stringify(signature)), { inputs, outputs, params: big });
  });

  it('all parts null and wrong classes are refused (R2)', () => {
    throwsMlflow(
      () => ModelSignature.fromDict({ inputs: null, outputs: null, params: null }),
      'At least one of inputs, outputs or params must be provided',
      'INVALID_PARAMETER_VALUE',
    );
    throwsMlflow(
      () => new ModelSignature('x' as unknown as Schema),
      "inputs must be either None, mlflow.models.signature.Schema, or a dataclass,got 'str'",
      'INVALID_PARAMETER_VALUE',
    );
    throwsMlflow(
      () => new ModelSignature(null, [1] as unknown as Schema),
      "outputs must be either None, mlflow.models.signature.Schema, or a dataclass,got 'list'",
      'INVALID_PARAMETER_VALUE',
    );
    throwsMlflow(
      () => new ModelSignature(null, null, { a: 1 } as unknown as ParamSchema),
      "If params are provided, they must by of type mlflow.models.signature.ParamSchema, got 'dict'",
      'INVALID_PARAMETER_VALUE',
    );
    throwsMlflow(
      () => new ModelSignature(),
      'At least one of inputs, outputs or params must be provided',
      'INVALID_PARAMETER_VALUE',
    );
  });

  it('input only, output only and params only signatures exist (R3)', () => {
    for (const part of [{ inputs }, { outputs }, { params }]) {
      assert.deepEqual(ModelSignature.fromDict(part).toDict(), { inputs: null, outputs: null, params: null, ...part });
    }
  });

  it('object properties are sorted by name, by code points (S5)', () => {
    const object = new ObjectType(['b', '\u{1f600}', '\uff5e', 'a'].map((name) => new Property(name, 'string')));
    assert.deepEqual(
      object.properties.map((property) => property.name),
      ['a', 'b', '\uff5e', '\u{1f600}'],
    );
  });

  it('a missing required in a compound column is true for 2.16 and null for 3.17 (S18)', () => {
    const text = '[{"type": "array", "items": {"type": "string"}, "name": "a"}, {"type": "string", "name": "b"}]';
    const required = (compatibility: '2' | '3') =>
      ModelSignature.fromDict({ inputs: text }, { compatibility }).inputs?.inputs.map((input) => input.required);
    assert.deepEqual(required('3'), [null, true]);
    assert.deepEqual(required('2'), [true, true]);
    assert.match(ModelSignature.fromDict({ inputs: text }).toDict().inputs ?? '', /"name": "a", "required": null/);
  });

  it('the old key optional is read, and refused where 3.17 is asked for (S19)', () => {
    const text = '[{"type": "string", "name": "a", "optional": true}]';
    assert.equal(ModelSignature.fromDict({ inputs: text }).inputs?.inputs[0]?.required, false);
    assert.equal(ModelSignature.fromDict({ inputs: text }, { compatibility: '2' }).inputs?.inputs[0]?.required, false);
    throwsMlflow(
      () => ModelSignature.fromDict({ inputs: text }, { compatibility: '3' }),
      "ColSpec.__init__() got an unexpected keyword argument 'optional'",
      'INVALID_PARAMETER_VALUE',
    );
  });

  it('integer column names stay integers (S20)', () => {
    const text = '[{"type": "string", "name": 0, "required": true}]';
    assert.equal(ModelSignature.fromDict({ inputs: text }).toDict().inputs, text);
  });

  it('malformed JSON is an error of the signature that says where it breaks', () => {
    for (const [part, text] of [
      ['inputs', '[{"type": "string"'],
      ['params', '[{"name": }]'],
      ['outputs', 'nonsense'],
    ] as const) {
      assert.throws(
        () => ModelSignature.fromDict({ [part]: text }),
        (error) =>
          MlflowError.is(error) &&
          error.reason === 'signatureInvalid' &&
          error.message.startsWith(`The ${part} of the model signature cannot be read: it is no JSON at character `),
      );
    }
    for (const text of ['{"type": "string"}', '3', '["x"]', '[null]']) {
      assert.throws(
        () => ModelSignature.fromDict({ inputs: text }),
        (error) => MlflowError.is(error) && error.reason === 'signatureInvalid',
      );
    }
  });

  it('deep nesting is an error, not a crash', () => {
    const depth = 200_000;
    assert.throws(
      () => ModelSignature.fromDict({ params: '['.repeat(depth) }),
      (error) => MlflowError.is(error) && error.reason === 'signatureInvalid',
    );
    const inner = '{"type": "array", "items": '.repeat(depth) + '{"type": "string"}' + '}'.repeat(depth);
    assert.throws(
      () => ModelSignature.fromDict({ inputs: `[${inner}]` }),
      (error) => MlflowError.is(error) && error.reason === 'signatureInvalid',
    );
  });

  it('a signature of 10 MB is read in well under two seconds', () => {
    const column = (i: number) => `{"type": "string", "name": "column_${i}_${'x'.repeat(40)}", "required": true}`;
    const text = `[${Array.from({ length: 110_000 }, (_, i) => column(i)).join(', ')}]`;
    assert.ok(text.length > 10_000_000);
    const started = performance.now();
    const signature = ModelSignature.fromDict({ inputs: text });
    assert.ok(performance.now() - started < 2000);
    assert.equal(signature.toDict().inputs, text);
  });
});
