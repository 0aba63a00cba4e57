import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import type { Compatibility } from '../../../src/core/signature/compatibility.js';
import { DataFrame, Series } from '../../../src/core/signature/dataFrame.js';
import { DataClass } from '../../../src/core/signature/dataClass.js';
import { inferColumnType } from '../../../src/core/signature/inferSchema.js';
import { inferSignature } from '../../../src/core/signature/inferSignature.js';
import { ModelSignature } from '../../../src/core/signature/modelSignature.js';
import { NdArray } from '../../../src/core/signature/ndArray.js';
import { PyDateTime } from '../../../src/core/signature/pyDateTime.js';
import { FloatValue } from '../../../src/core/signature/pythonValue.js';

const inputsOf = (value: unknown, compatibility: Compatibility = '3') =>
  String(inferSignature(value, undefined, undefined, { compatibility }).inputs);

const refused = (action: () => unknown, message: RegExp) =>
  assert.throws(action, (error) => MlflowError.is(error) && message.test(error.message));

describe('inferSignature', () => {
  it('input only, output only and params only (R3)', () => {
    assert.equal(inferSignature('a').outputs, null);
    assert.equal(inferSignature(null, 'a').inputs, null);
    assert.equal(String(inferSignature(null, null, { a: 1 }).params), "['a': long (default: 1)]");
    refused(() => inferSignature(null, null, {}), /^At least one of inputs, outputs or params must be provided$/);
  });

  it('lists of dictionaries have the union of keys, nested lists are arrays, dates are datetimes (R4)', () => {
    assert.equal(
      inputsOf([
        { a: 1, b: ['x'] },
        { a: 2, c: new Date(0) },
      ]),
      "['a': long (required), 'b': Array(string) (optional), 'c': datetime (optional)]",
    );
    assert.equal(inputsOf([[['a']], [['b', 'c']]]), '[Array(Array(string)) (required)]');
    assert.equal(
      inputsOf({
        day: new PyDateTime(0n, true),
        time: new PyDateTime(0n),
        days: [new PyDateTime(0n, true), new Date(0)],
      }),
      "['day': datetime (required), 'time': datetime (required), 'days': Array(datetime) (required)]",
    );
  });

  it('a data class is the schema of its fields: optional ones, lists, classes inside (R6)', () => {
    const message = new DataClass('Message', { role: 'str', score: { optional: 'float' }, tags: { list: 'int' } });
    const request = new DataClass('Request', {
      messages: { list: message },
      first: message,
      seen: { optional: { list: 'date' } },
      raw: 'bytes',
      stream: { optional: 'bool' },
    });
    const object = '{role: string (required), score: float (optional), tags: Array(long) (required)}';
    assert.equal(
      inputsOf(request),
      `['messages': Array(${object}) (required), 'first': ${object} (required), 'seen': Array(datetime) (optional), ` +
        "'raw': binary (required), 'stream': boolean (optional)]",
    );
    assert.ok(new ModelSignature(request).equals(inferSignature(request)));
  });

  it('an object of a class inside the data is an explicit error, not any (R7)', () => {
    class Person {
      name = 'a';
    }
    for (const data of [[new Person()], { x: new Person() }, [{ x: [new Person()] }], [1, new Person()]]) {
      assert.throws(() => inputsOf(data), {
        errorCode: 'INVALID_PARAMETER_VALUE',
        message:
          "MLflow does not support inferring a model signature from an object of the class 'Person'. Give its data as a " +
          'plain object, or declare its fields as a DataClass.',
      });
    }
    assert.throws(() => inferSignature('a', [new Person()]), /of the class 'Person'/);
  });

  it('what cannot be inferred becomes any with a warning in 3.17 and an error in 2.16 (R8)', () => {
    const warnings: string[] = [];
    const signature = inferSignature(new Set([1]), undefined, undefined, { onWarning: (text) => warnings.push(text) });
    assert.equal(String(signature.inputs), '[Any (required)]');
    assert.match(warnings[0] ?? '', /^Failed to infer schema for inputs\. /);
    refused(() => inputsOf(new Set([1]), '2'), /^Failed to infer schema\. Expected one of the following types:/);
  });

  it('numbers: whole ones are long, others and marked ones double', () => {
    assert.equal(
      inputsOf({ a: 1, b: 1.5, c: new FloatValue(2), d: 2n ** 60n, e: new Number(3) }),
      "['a': long (required), 'b': double (required), 'c': double (required), 'd': long (required), 'e': double (required)]",
    );
  });

  it('frame columns go by dtype, object columns by value, nulls make them optional (S8)', () => {
    const frame = new DataFrame([
      new Series('int32', [1, 2], 'i'),
      new Series('float32', [1, NaN], 'f'),
      new Series('object', [['a'], null], 'o'),
      new Series('str', ['a', 'b'], 's'),
    ]);
    assert.equal(
      inputsOf(frame),
      "['i': integer (required), 'f': float (optional), 'o': Array(string) (optional), 's': string (required)]",
    );
  });

  it('a dict of arrays is named tensors with a free first dimension (S9)', () => {
    assert.equal(
      inputsOf({ x: new Float32Array(4), y: new NdArray('int64', [2, 3], [1, 2, 3, 4, 5, 6]) }),
      "['x': Tensor('float32', (-1,)), 'y': Tensor('int64', (-1, 3))]",
    );
  });

  it('a dict of strings, lists and dicts is columns, arrays and objects (S10)', () => {
    assert.equal(
      inputsOf({ a: 'x', b: ['p', 'q'], c: { d: 1 } }),
      "['a': string (required), 'b': Array(string) (required), 'c': {d: long (required)} (required)]",
    );
  });

  it('other keys than text and mixed lists are refused (S11, S12)', () => {
    refused(() => inputsOf(new Map([[1, 'a']]), '2'), /^The dictionary keys are not all strings\.$/);
    refused(() => inputsOf([1, 'a'], '2'), /^Expected all values in list to be of same type$/);
    assert.equal(inputsOf([1, 'a']), '[Any (required)]');
  });

  it('empty and null values (S13)', () => {
    assert.equal(inputsOf([]), '[string (required)]');
    assert.equal(inputsOf([null, 'a']), '[string (required)]');
    assert.equal(inputsOf([[null]]), '[Array(Any) (required)]');
    assert.equal(inputsOf([[]]), '[Any (required)]');
    assert.equal(inputsOf([{ data: { key: [] } }]), "['data': {key: Any (optional)} (required)]");
    assert.equal(inputsOf({ k: null }), "['k': Any (optional)]");
    refused(
      () => inferColumnType(new NdArray('float64', [0], []), '3'),
      /^Numpy array must include at least one non-empty/,
    );
    refused(() => inferColumnType([new NdArray('float64', [0], [])], '3'), /^Numpy array must include at least one/);
    assert.equal(inputsOf({ a: new NdArray('float64', [0], []), b: 1 }), '[Any (required)]');
    refused(() => inputsOf([[]], '2'), /^A column of nested array type must include at least one non-empty array\.$/);
  });

  it('empty sublists take the type of the others (S14)', () => {
    assert.equal(inputsOf([[], [['a']], [[]]]), '[Array(Array(string)) (required)]');
    assert.equal(inputsOf([[], [['a']], [[]]], '2'), '[Array(Array(string)) (required)]');
    assert.equal(inputsOf([[[[]]], [[['a'], []], []], []]), '[Array(Array(Array(string))) (required)]');
    assert.equal(
      inputsOf({ a: [[], [{ b: [] }, { b: [1] }]] }),
      "['a': Array(Array({b: Array(long) (optional)})) (required)]",
    );
  });

  it('keys that are not in every row are optional (S15)', () => {
    assert.equal(inputsOf([{ a: 1 }, { b: 'a' }]), "['a': long (optional), 'b': string (optional)]");
    assert.equal(inputsOf([{ a: null }, { a: 1 }]), "['a': long (optional)]");
    assert.equal(inputsOf([{ a: null }, { a: 1 }], '2'), "['a': long (required)]");
  });

  it('bytes are binary, and an array without dimensions is refused', () => {
    assert.equal(inputsOf(new Uint8Array([1])), '[binary (required)]');
    refused(() => inputsOf(new NdArray('int64', [], [1]), '2'), /variable_dimension 0 is out of bounds/);
  });
});

describe('params inference', () => {
  const params = (value: unknown, compatibility: Compatibility = '3') =>
    String(inferSignature('x', null, value, { compatibility }).params);

  it('scalars, lists, dates and dicts (T4)', () => {
    assert.equal(
      params({ a: 1, b: [1, 2.5], c: 'x', d: true, e: new Date(0), f: { g: 1 } }),
      "['a': long (default: 1), 'b': double (default: [1.0, 2.5]) (shape: (-1,)), 'c': string (default: x), " +
        "'d': boolean (default: True), 'e': datetime (default: 1970-01-01 00:00:00), 'f': {g: long (required)} (default: {'g': 1})]",
    );
    assert.equal(params({ a: [] }), "['a': datetime (default: []) (shape: (-1,))]");
    assert.equal(params(new Map([[1, 2]])), "['1': long (default: 2)]");
  });

  it('all that cannot be params is told at once (T2)', () => {
    refused(
      () => params({ a: null, b: [[1]] }),
      /^Failed to infer schema for parameters: \[\('a', None, MlflowException\('Expected parameters to be 1D array or scalar, got NoneType'\)\), \('b', \[\[1\]\], MlflowException\('Expected parameters to be 1D array or scalar, got 2D array'\)\)\]$/,
    );
    refused(() => params([1]), /^Expected parameters to be dict, got list$/);
    refused(() => params({ a: { b: 1 } }, '2'), /got dict'\)\)\]$/);
  });
});
