import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dataTypeNames, ObjectType, Property } from '../../../src/core/signature/dataTypes.js';
import { inferSignature } from '../../../src/core/signature/inferSignature.js';
import { ModelSignature } from '../../../src/core/signature/modelSignature.js';
import { ParamSchema, ParamSpec } from '../../../src/core/signature/params.js';
import { FloatValue } from '../../../src/core/signature/pythonValue.js';
import { throwsMlflow } from './throwsMlflow.js';

describe('Params schema', () => {
  const defaults: Record<string, unknown> = {
    boolean: true,
    integer: 1,
    long: 2,
    float: 0.5,
    double: 1.5,
    string: 'x',
    datetime: '2023-06-26T00:00:00',
  };

  for (const type of dataTypeNames.filter((name) => name !== 'binary')) {
    it(`a ${type} param and a list of them make the round trip (T1)`, () => {
      const value = defaults[type];
      const json = [
        { name: 'one', default: value, shape: null, type },
        { name: 'many', default: [value, value], shape: [-1], type },
        { name: 'none', default: null, shape: null, type },
      ];
      const { params } = ModelSignature.fromDict({ params: JSON.stringify(json) }).toDict();
      assert.deepEqual(JSON.parse(params ?? ''), json);
    });
  }

  it('the old key dtype is accepted (T1)', () => {
    const text = '[{"name": "a", "default": 1, "shape": null, "dtype": "long"}]';
    assert.equal(ModelSignature.fromDict({ params: text }).toDict().params, text.replace('dtype', 'type'));
  });

  it('duplicates, binary, two dimensions and missing keys are refused (T2)', () => {
    const spec = new ParamSpec('a', 'long', 1);
    throwsMlflow(
      () => new ParamSchema([spec, spec]),
      "Duplicated parameters found in schema: ['a']",
      'INVALID_PARAMETER_VALUE',
    );
    throwsMlflow(
      () => new ParamSpec('a', 'binary', null),
      "Binary type is not supported for parameters, ParamSpec 'a'has dtype 'binary'",
      'INVALID_PARAMETER_VALUE',
    );
    throwsMlflow(
      () => new ParamSpec('a', 'long', [[1]], [-1]),
      "Value must be a 1D array with shape (-1,) for param 'a': long (default: [[1]]) (shape: (-1,)), received list with ndim 2",
      'INVALID_PARAMETER_VALUE',
    );
    throwsMlflow(
      () => ParamSpec.fromDict({ name: 'a', default: 1 }),
      "Missing keys in ParamSpec JSON. Expected to find keys `name`, `type`(or `dtype`) and `default`. Received keys: dict_keys(['name', 'default'])",
      'INVALID_PARAMETER_VALUE',
    );
  });

  it('no value, and a list in place of a dict, give no params (T2)', () => {
    throwsMlflow(
      () => inferSignature('a', null, { a: null }),
      /Expected parameters to be 1D array or scalar, got NoneType/,
      'INVALID_PARAMETER_VALUE',
    );
    throwsMlflow(
      () => inferSignature('a', null, [1]),
      'Expected parameters to be dict, got list',
      'INVALID_PARAMETER_VALUE',
    );
    throwsMlflow(
      () => inferSignature('a', null, { a: new Uint8Array([1]) }),
      /Binary type is not supported for parameters/,
      'INVALID_PARAMETER_VALUE',
    );
  });

  it('object params are inferred, checked with their properties, and pass unchanged (T3)', () => {
    const { params } = inferSignature('a', null, { o: { a: 1, b: ['x'], c: { d: true } } });
    const [spec] = params?.params ?? [];
    assert.equal(
      String(spec),
      "'o': {a: long (required), b: Array(string) (required), c: {d: boolean (required)} (required)} (default: {'a': 1, 'b': ['x'], 'c': {'d': True}})",
    );
    const value = { a: 2, b: [], c: { d: false } };
    assert.equal(spec?.validate(value), value);
    for (const [wrong, message] of [
      [{ a: 2, b: [] }, /error: Missing required properties: \{'c'\}$/],
      [{ ...value, e: 1 }, /error: Invalid properties not defined in the schema found: \{'e'\}$/],
      [{ ...value, a: 'x' }, /error: Failed to enforce schema for key `a`. Expected type long, received type str$/],
      [3, /error: Failed to enforce schema of '3' with type .* Expected data to be dictionary, got int$/],
    ] as const) {
      throwsMlflow(() => spec?.validate(wrong), message, 'INVALID_PARAMETER_VALUE');
    }
  });

  it('the key order of a param follows the generation (T5)', () => {
    const schema = new ParamSchema([new ParamSpec('t', 'double', new FloatValue(1))]);
    assert.equal(schema.toJson('3'), '[{"name": "t", "default": 1.0, "shape": null, "type": "double"}]');
    assert.equal(schema.toJson('2'), '[{"name": "t", "type": "double", "default": 1.0, "shape": null}]');
  });

  it('names become text, and object params are refused by 2.16 (T6)', () => {
    assert.equal(new ParamSpec(1, 'long', 2).name, '1');
    const spec = new ParamSpec('o', new ObjectType([new Property('a', 'long')]), { a: 1 });
    throwsMlflow(() => spec.toDict('2'), /MLflow 2.16 cannot read/, 'INVALID_PARAMETER_VALUE');
  });

  it('a whole default of a double param is written as a float', () => {
    assert.match(new ParamSchema([new ParamSpec('t', 'double', 3)]).toJson(), /"default": 3.0/);
    assert.match(new ParamSchema([new ParamSpec('t', 'double', [1, 2.5], [-1])]).toJson(), /"default": \[1.0, 2.5\]/);
    assert.match(new ParamSchema([new ParamSpec('t', 'double', 1e16)]).toJson(), /"default": 1e\+16/);
  });
});
