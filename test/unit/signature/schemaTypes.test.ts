import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AnyType,
  ArrayType,
  dataTypeNames,
  MapType,
  ObjectType,
  Property,
  SparkMLVector,
} from '../../../src/core/signature/dataTypes.js';
import { ModelSignature } from '../../../src/core/signature/modelSignature.js';
import {
  ColSpec,
  colSpecFromJson,
  Schema,
  TensorSpec,
  tensorSpecFromJson,
} from '../../../src/core/signature/schema.js';
import {
  arrayFromJson,
  mapFromJson,
  objectFromJson,
  propertyFromJson,
  typeToDict,
  type JsonDict,
} from '../../../src/core/signature/typeJson.js';
import { mergeTypes } from '../../../src/core/signature/typeMerge.js';
import { throwsMlflow } from './throwsMlflow.js';

/** JSON and back: the same JSON. */
function roundTrip(json: JsonDict): void {
  assert.deepEqual(JSON.parse(new Schema([colSpecFromJson(json, '3')]).toJson()), [json]);
}

describe('Schema types', () => {
  for (const type of dataTypeNames) {
    it(`a ${type} column makes the round trip, named or not, required or optional (S1)`, () => {
      roundTrip({ type, required: true });
      roundTrip({ type, name: 'a', required: true });
      roundTrip({ type, name: 'a', required: false });
    });
  }

  it('columns print and refuse unknown types (S1)', () => {
    assert.equal(String(new ColSpec('string', 'question')), "'question': string (required)");
    assert.equal(String(new ColSpec(new ArrayType('string'), 'k', false)), "'k': Array(string) (optional)");
    throwsMlflow(
      () => new ColSpec('foo'),
      "Unsupported type 'foo', expected instance of DataType or one of ['boolean', 'integer', 'long', 'float', 'double', 'string', 'binary', 'datetime']",
    );
  });

  for (const dtype of ['float64', 'float32', 'int8', 'uint64', 'bool', 'str', 'bytes', 'object', 'datetime64[ns]']) {
    it(`a ${dtype} tensor makes the round trip, named or not (S2)`, () => {
      for (const name of [null, 'x']) {
        const json = { ...(name ? { name } : {}), type: 'tensor', 'tensor-spec': { dtype, shape: [-1, 3, 2] } };
        assert.deepEqual(tensorSpecFromJson(json).toDict(), json);
      }
    });
  }

  it('tensors refuse sized text, missing keys and a wrong type (S2)', () => {
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

  it('a schema refuses what Python refuses (S3)', () => {
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

  it('a schema is a list of columns or tensors (S3)', () => {
    throwsMlflow(
      () => new Schema({ a: 1 } as never),
      'Inputs of Schema must be a list, got type dict',
      'INVALID_PARAMETER_VALUE',
    );
    assert.equal(
      String(new Schema([new ColSpec('string'), new ColSpec('long')])),
      '[string (required), long (required)]',
    );
  });

  it('properties, objects, arrays and maps make the round trip (S4)', () => {
    const property = { a: { type: 'array', items: { type: 'string' }, required: false } };
    const { name, dtype, required } = propertyFromJson(property);
    assert.deepEqual({ [name]: { ...typeToDict(dtype), required } }, property);
    const object = {
      type: 'object',
      properties: {
        a: { type: 'long', required: true },
        b: { type: 'object', properties: { c: { type: 'datetime', required: false } }, required: true },
      },
    };
    const array = { type: 'array', items: { type: 'array', items: { type: 'binary' } } };
    const map = { type: 'map', values: { type: 'map', values: { type: 'array', items: { type: 'boolean' } } } };
    for (const json of [object, array, map, { ...array, items: object }, { ...map, values: object }]) {
      roundTrip({ ...json, name: 'x', required: true });
    }
  });

  it('objects, arrays and maps refuse missing keys, a wrong type, no properties and duplicate names (S4)', () => {
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
    throwsMlflow(
      () => objectFromJson({ type: 'array', properties: {} }, '3'),
      /^Type mismatch, Object expects `object`/,
    );
    throwsMlflow(() => mapFromJson({ type: 'array', values: {} }, '3'), /^Type mismatch, Map expects `map`/);
    throwsMlflow(() => arrayFromJson({ type: 'array', items: 'string' }, '3'), /^Expected items to be a dictionary/);
    throwsMlflow(() => new MapType('any'), /^Unsupported value type 'any'/);
    throwsMlflow(
      () => new ArrayType('foo'),
      /^Unsupported type 'foo', expected instance of DataType, Array, Object, Map/,
    );
    throwsMlflow(
      () => new Property('a', 'foo'),
      /^Unsupported type 'foo', expected instance of DataType, Array, Object, Map/,
    );
    throwsMlflow(
      () => new Property(1 as never, 'long'),
      'Expected name to be a string, got type int',
      'INVALID_PARAMETER_VALUE',
    );
  });

  it('merging objects makes missing properties optional and refuses incompatible ones (S6)', () => {
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

  it('nested arrays of objects make the round trip (S7)', () => {
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
