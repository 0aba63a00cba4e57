import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import type { Compatibility } from '../../../src/core/signature/compatibility.js';
import { DataFrame, Series } from '../../../src/core/signature/dataFrame.js';
import { inferSignature } from '../../../src/core/signature/inferSignature.js';
import { NdArray } from '../../../src/core/signature/ndArray.js';
import { FloatValue } from '../../../src/core/signature/pythonValue.js';

const inputsOf = (value: unknown, compatibility: Compatibility = '3') =>
  String(inferSignature(value, undefined, undefined, { compatibility }).inputs);

const refused = (action: () => unknown, message: RegExp) =>
  assert.throws(action, (error) => MlflowError.is(error) && message.test(error.message));

describe('inferSignature', () => {
  it('R3 input only, output only and params only', () => {
    assert.equal(inferSignature('a').outputs, null);
    assert.equal(inferSignature(null, 'a').inputs, null);
    assert.equal(String(inferSignature(null, null, { a: 1 }).params), "['a': long (default: 1)]");
    refused(() => inferSignature(null, null, {}), /^At least one of inputs, outputs or params must be provided$/);
  });

  it('R4 lists of dictionaries have the union of keys, nested lists are arrays, dates are datetimes', () => {
    assert.equal(
      inputsOf([
        { a: 1, b: ['x'] },
        { a: 2, c: new Date(0) },
      ]),
      "['a': long (required), 'b': Array(string) (optional), 'c': datetime (optional)]",
    );
    assert.equal(inputsOf([[['a']], [['b', 'c']]]), '[Array(Array(string)) (required)]');
  });

  it('R8 what cannot be inferred becomes any with a warning in 3.17 and an error in 2.16', () => {
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

  it('S8 frame columns go by dtype, object columns by value, nulls make them optional', () => {
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

  it('S9 a dict of arrays is named tensors with a free first dimension', () => {
    assert.equal(
      inputsOf({ x: new Float32Array(4), y: new NdArray('int64', [2, 3], [1, 2, 3, 4, 5, 6]) }),
      "['x': Tensor('float32', (-1,)), 'y': Tensor('int64', (-1, 3))]",
    );
  });

  it('S10 a dict of strings, lists and dicts is columns, arrays and objects', () => {
    assert.equal(
      inputsOf({ a: 'x', b: ['p', 'q'], c: { d: 1 } }),
      "['a': string (required), 'b': Array(string) (required), 'c': {d: long (required)} (required)]",
    );
  });

  it('S11 and S12 other keys than text and mixed lists are refused', () => {
    refused(() => inputsOf(new Map([[1, 'a']]), '2'), /^The dictionary keys are not all strings\.$/);
    refused(() => inputsOf([1, 'a'], '2'), /^Expected all values in list to be of same type$/);
    assert.equal(inputsOf([1, 'a']), '[Any (required)]');
  });

  it('S13 empty and null values', () => {
    assert.equal(inputsOf([]), '[string (required)]');
    assert.equal(inputsOf([null, 'a']), '[string (required)]');
    assert.equal(inputsOf([[null]]), '[Array(Any) (required)]');
    assert.equal(inputsOf([[]]), '[Any (required)]');
    assert.equal(inputsOf([{ data: { key: [] } }]), "['data': {key: Any (optional)} (required)]");
    assert.equal(inputsOf({ k: null }), "['k': Any (optional)]");
    refused(() => inputsOf([[]], '2'), /^A column of nested array type must include at least one non-empty array\.$/);
  });

  it('S14 empty sublists take the type of the others', () => {
    assert.equal(inputsOf([[], [['a']], [[]]]), '[Array(Array(string)) (required)]');
    assert.equal(inputsOf([[], [['a']], [[]]], '2'), '[Array(Array(string)) (required)]');
  });

  it('S15 keys that are not in every row are optional', () => {
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

  it('T4 scalars, lists, dates and dicts', () => {
    assert.equal(
      params({ a: 1, b: [1, 2.5], c: 'x', d: true, e: new Date(0), f: { g: 1 } }),
      "['a': long (default: 1), 'b': double (default: [1.0, 2.5]) (shape: (-1,)), 'c': string (default: x), " +
        "'d': boolean (default: True), 'e': datetime (default: 1970-01-01 00:00:00), 'f': {g: long (required)} (default: {'g': 1})]",
    );
    assert.equal(params({ a: [] }), "['a': datetime (default: []) (shape: (-1,))]");
    assert.equal(params(new Map([[1, 2]])), "['1': long (default: 2)]");
  });

  it('T2 all that cannot be params is told at once', () => {
    refused(
      () => params({ a: null, b: [[1]] }),
      /^Failed to infer schema for parameters: \[\('a', None, MlflowException\('Expected parameters to be 1D array or scalar, got NoneType'\)\), \('b', \[\[1\]\], MlflowException\('Expected parameters to be 1D array or scalar, got 2D array'\)\)\]$/,
    );
    refused(() => params([1]), /^Expected parameters to be dict, got list$/);
    refused(() => params({ a: { b: 1 } }, '2'), /got dict'\)\)\]$/);
  });
});
