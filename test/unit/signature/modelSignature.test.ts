import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import {
  AnyType,
  ArrayType,
  MapType,
  ObjectType,
  Property,
  SparkMLVector,
} from '../../../src/core/signature/dataTypes.js';
import { ModelSignature } from '../../../src/core/signature/modelSignature.js';
import { ParamSchema, ParamSpec } from '../../../src/core/signature/params.js';
import { FloatValue } from '../../../src/core/signature/pythonValue.js';
import { ColSpec, Schema, TensorSpec, tensorSpecFromJson } from '../../../src/core/signature/schema.js';
import { arrayFromJson, mapFromJson, objectFromJson, propertyFromJson } from '../../../src/core/signature/typeJson.js';
import { mergeTypes } from '../../../src/core/signature/typeMerge.js';

function throwsMlflow(action: () => unknown, message: string | RegExp, errorCode = 'INTERNAL_ERROR'): void {
  assert.throws(action, (error) => {
    assert.ok(MlflowError.is(error), String(error));
    if (typeof message === 'string') assert.equal(error.message, message);
    else assert.match(error.message, message);
    assert.equal(error.errorCode, errorCode);
    return true;
  });
}

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
  it('R1 to dict and back for columns, tensors, params, with the kinds of inputs and outputs mixed', () => {
    const signature = ModelSignature.fromDict({ inputs, outputs, params });
    assert.deepEqual(signature.toDict(), { inputs, outputs, params });
    assert.ok(signature.equals(ModelSignature.fromDict({ inputs, outputs, params })));
    assert.ok(!signature.equals(ModelSignature.fromDict({ inputs, outputs, params: null })));
  });

  it('JSON.stringify writes the three texts', () => {
    const big = '[{"name": "n", "default": 12345678901234567890, "shape": null, "type": "long"}]';
    const signature = ModelSignature.fromDict({ inputs, outputs, params: big });
    assert.deepEqual(JSON.parse(JSON.stringify(signature)), { inputs, outputs, params: big });
  });

  it('R2 all parts null and wrong classes are refused', () => {
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
  });

  it('R3 input only, output only and params only signatures exist', () => {
    for (const part of [{ inputs }, { outputs }, { params }]) {
      assert.deepEqual(ModelSignature.fromDict(part).toDict(), { inputs: null, outputs: null, params: null, ...part });
    }
  });

  it('S5 object properties are sorted by name, by code points', () => {
    const object = new ObjectType(['b', '\u{1f600}', '\uff5e', 'a'].map((name) => new Property(name, 'string')));
    assert.deepEqual(
      object.properties.map((property) => property.name),
      ['a', 'b', '\uff5e', '\u{1f600}'],
    );
  });

  it('S18 a missing required in a compound column is true for 2.16 and null for 3.17', () => {
    const text = '[{"type": "array", "items": {"type": "string"}, "name": "a"}, {"type": "string", "name": "b"}]';
    const required = (compatibility: '2' | '3') =>
      ModelSignature.fromDict({ inputs: text }, { compatibility }).inputs?.inputs.map((input) => input.required);
    assert.deepEqual(required('3'), [null, true]);
    assert.deepEqual(required('2'), [true, true]);
    assert.match(ModelSignature.fromDict({ inputs: text }).toDict().inputs ?? '', /"name": "a", "required": null/);
  });

  it('S19 the old key optional is read, and refused where 3.17 is asked for', () => {
    const text = '[{"type": "string", "name": "a", "optional": true}]';
    assert.equal(ModelSignature.fromDict({ inputs: text }).inputs?.inputs[0]?.required, false);
    assert.equal(ModelSignature.fromDict({ inputs: text }, { compatibility: '2' }).inputs?.inputs[0]?.required, false);
    throwsMlflow(
      () => ModelSignature.fromDict({ inputs: text }, { compatibility: '3' }),
      "ColSpec.__init__() got an unexpected keyword argument 'optional'",
      'INVALID_PARAMETER_VALUE',
    );
  });

  it('S20 integer column names stay integers', () => {
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

describe('Schema types', () => {
  it('S1 columns print and refuse unknown types', () => {
    assert.equal(String(new ColSpec('string', 'question')), "'question': string (required)");
    assert.equal(String(new ColSpec(new ArrayType('string'), 'k', false)), "'k': Array(string) (optional)");
    throwsMlflow(
      () => new ColSpec('foo'),
      "Unsupported type 'foo', expected instance of DataType or one of ['boolean', 'integer', 'long', 'float', 'double', 'string', 'binary', 'datetime']",
    );
  });

  it('S2 tensors refuse sized text, missing keys and a wrong type', () => {
    throwsMlflow(
      () => new TensorSpec('<U10', [-1]),
      'MLflow does not support size information in flexible numpy data types. Use np.dtype("str") instead',
    );
    throwsMlflow(
      () => tensorSpecFromJson({ type: 'tensor' }),
      'Missing keys in TensorSpec JSON. Expected to find keys `tensor-spec` and `type`',
    );
    throwsMlflow(
      () => tensorSpecFromJson({ type: 'foo', 'tensor-spec': {} }),
      'Type mismatch, TensorSpec expects `tensor` as the type',
    );
    throwsMlflow(
      () => tensorSpecFromJson({ type: 'tensor', 'tensor-spec': { dtype: 'float32' } }),
      'Missing keys in TensorSpec JSON. Expected to find keys `dtype` and `shape`',
    );
    assert.equal(String(new TensorSpec('f4', [-1], 'x')), "'x': Tensor('float32', (-1,))");
  });

  it('S3 a schema refuses what Python refuses', () => {
    throwsMlflow(() => new Schema([]), 'Creating Schema with empty inputs is not allowed.', 'INVALID_PARAMETER_VALUE');
    throwsMlflow(
      () => new Schema([new ColSpec('string', 'a'), new ColSpec('string')]),
      "Creating Schema with a combination of named and unnamed inputs is not allowed. Got input names ['a', None]",
    );
    throwsMlflow(
      () => new Schema([new ColSpec('string', 'a'), new TensorSpec('float32', [-1], 'b')]),
      'Creating Schema with a combination of {0} and {1} is not supported. Please choose one of ColSpec or TensorSpec',
    );
    throwsMlflow(
      () => new Schema([new TensorSpec('float32', [-1]), new TensorSpec('float32', [-1])]),
      'Creating Schema with multiple unnamed TensorSpecs is not supported. Please provide names for each TensorSpec.',
    );
    throwsMlflow(
      () => new Schema([new ColSpec('string', null, false)]),
      'Creating Schema with unnamed optional inputs is not supported. Please name all inputs or make all inputs required.',
    );
  });

  it('S4 objects, arrays and maps refuse missing keys, a wrong type, no properties and duplicate names', () => {
    throwsMlflow(
      () => new ObjectType([]),
      'Creating Object with empty properties is not allowed.',
      'INVALID_PARAMETER_VALUE',
    );
    throwsMlflow(
      () => new ObjectType([new Property('a', 'long'), new Property('a', 'string')]),
      'Found duplicated property names: `a`',
      'INVALID_PARAMETER_VALUE',
    );
    throwsMlflow(() => arrayFromJson({ type: 'array' }, '3'), /^Missing keys in Array JSON/);
    throwsMlflow(() => arrayFromJson({ type: 'map', items: {} }, '3'), /^Type mismatch, Array expects `array`/);
    throwsMlflow(() => objectFromJson({ type: 'object' }, '3'), /^Missing keys in Object JSON/);
    throwsMlflow(() => mapFromJson({ type: 'map', values: {} }, '3'), /^Missing keys in Map's items JSON/);
    throwsMlflow(() => propertyFromJson({ a: {} }), 'Missing keys in Property `a`. Expected to find key `type`');
    throwsMlflow(
      () => propertyFromJson({ a: { type: 'long' }, b: { type: 'long' } }),
      'Expected Property JSON to contain a single key as name, got 2 keys.',
    );
    throwsMlflow(() => new MapType('any'), /^Unsupported value type 'any'/);
  });

  it('S6 merging objects makes missing properties optional and refuses incompatible ones', () => {
    const object = (...properties: [string, 'long' | 'string', boolean?][]) =>
      new ObjectType(properties.map(([name, type, required]) => new Property(name, type, required)));
    assert.deepEqual(
      mergeTypes(object(['a', 'long'], ['b', 'string']), object(['a', 'long'], ['c', 'long']), '3'),
      object(['a', 'long'], ['b', 'string', false], ['c', 'long', false]),
    );
    throwsMlflow(
      () => mergeTypes(object(['a', 'long']), object(['a', 'string']), '3'),
      'Properties are incompatible for DataType.long and DataType.string',
    );
    throwsMlflow(() => mergeTypes(object(['a', 'long']), new ArrayType('long'), '3'), /non-object type: Array$/);
    assert.deepEqual(mergeTypes(new AnyType(), object(['a', 'long']), '3'), object(['a', 'long', false]));
    assert.ok(mergeTypes(new SparkMLVector(), new SparkMLVector(), '3') instanceof SparkMLVector);
  });

  it('S7 nested arrays of objects make the round trip', () => {
    const text =
      '[{"type": "array", "items": {"type": "array", "items": {"type": "object", "properties": ' +
      '{"a": {"type": "array", "items": {"type": "long"}, "required": true}}}}, "required": true}]';
    assert.equal(ModelSignature.fromDict({ inputs: text }).toDict().inputs, text);
  });

  it('any is an error for 2.16', () => {
    const text = (type: string) => `[{"type": ${type}, "name": "a", "required": true}]`;
    throwsMlflow(
      () => ModelSignature.fromDict({ inputs: text('"any"') }, { compatibility: '2' }),
      /^Unsupported type 'any', expected instance of DataType or one of/,
    );
    throwsMlflow(
      () => ModelSignature.fromDict({ inputs: text('"map", "values": {"type": "any"}') }, { compatibility: '2' }),
      /^Unsupported value type 'any', expected instance of DataType, Array/,
    );
  });
});

describe('Params schema', () => {
  it('T1 the old key dtype is accepted', () => {
    const text = '[{"name": "a", "default": 1, "shape": null, "dtype": "long"}]';
    assert.equal(ModelSignature.fromDict({ params: text }).toDict().params, text.replace('dtype', 'type'));
  });

  it('T2 duplicates, binary, two dimensions and missing keys are refused', () => {
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

  it('T5 the key order of a param follows the generation', () => {
    const schema = new ParamSchema([new ParamSpec('t', 'double', new FloatValue(1))]);
    assert.equal(schema.toJson('3'), '[{"name": "t", "default": 1.0, "shape": null, "type": "double"}]');
    assert.equal(schema.toJson('2'), '[{"name": "t", "type": "double", "default": 1.0, "shape": null}]');
  });

  it('T6 names become text, and object params are refused by 2.16', () => {
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
