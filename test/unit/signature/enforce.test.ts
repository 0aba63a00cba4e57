import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import type { Compatibility } from '../../../src/core/signature/compatibility.js';
import { DataFrame, Series } from '../../../src/core/signature/dataFrame.js';
import { enforceSchema } from '../../../src/core/signature/enforce.js';
import { enforceParams } from '../../../src/core/signature/enforceParams.js';
import { ModelSignature } from '../../../src/core/signature/modelSignature.js';
import { NdArray } from '../../../src/core/signature/ndArray.js';
import { prepareInput } from '../../../src/core/signature/prepareInput.js';
import { FloatValue } from '../../../src/core/signature/pythonValue.js';
import type { ParamSchema } from '../../../src/core/signature/params.js';
import type { Schema } from '../../../src/core/signature/schema.js';

type Json = Record<string, unknown>;
const signatureOf = (inputs: Json[] | null, params: Json[] | null = null) =>
  ModelSignature.fromDict({ inputs: inputs && JSON.stringify(inputs), params: params && JSON.stringify(params) });
const schemaOf = (...inputs: Json[]) => signatureOf(inputs).inputs as Schema;
const column = (type: string, name?: string, required = true) => ({ type, ...(name ? { name } : {}), required });
const cause = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    assert.ok(MlflowError.is(error));
    return error.message;
  }
  return 'nothing was thrown';
};
const series = (dtype: string, values: unknown[], name: string | number = 'a') =>
  new DataFrame([new Series(dtype, values, name)]);

describe('enforceSchema', () => {
  it('a missing required column is an error, extra ones are dropped, the order is the schema’s (U1)', () => {
    const schema = schemaOf(column('string', 'a'), column('string', 'b'));
    const warnings: string[] = [];
    const frame = enforceSchema({ b: 'y', c: 'z', a: 'x' }, schema, {
      onWarning: (text) => warnings.push(text),
    }) as DataFrame;
    assert.deepEqual(frame.toRecords(), [{ a: 'x', b: 'y' }]);
    assert.match(warnings[0] ?? '', /`\['c'\]`. These inputs will be ignored/);
    assert.equal(
      cause(() => enforceSchema({ b: 'y', c: 1 }, schema)),
      "Model is missing inputs ['a']. Note that there were extra inputs: ['c'].",
    );
    assert.equal(
      cause(() => enforceSchema({ b: 'y', c: 1 }, schema, { compatibility: '2' })),
      "Model is missing inputs ['a']. Note that there were extra inputs: ['c']",
    );
    assert.equal(
      cause(() => enforceSchema({ b: 'y', c: 1 }, schema, { hideSchemaDetails: true })),
      'Input schema validation failed. Mismatched or missing input(s). Note that there were extra inputs provided.',
    );
  });

  it('an optional column may be absent or null (U2)', () => {
    const schema = schemaOf(column('string', 'a'), column('double', 'b', false));
    assert.deepEqual((enforceSchema([{ a: 'x' }], schema) as DataFrame).columnNames, ['a']);
    assert.deepEqual(
      (
        enforceSchema(
          [
            { a: 'x', b: null },
            { a: 'y', b: 1.5 },
          ],
          schema,
        ) as DataFrame
      ).toRecords(),
      [
        { a: 'x', b: NaN },
        { a: 'y', b: 1.5 },
      ],
    );
  });

  it('numbers are widened where nothing is lost, and only there (U3)', () => {
    const from = (dtype: string, type: string) =>
      cause(() => enforceSchema(series(dtype, [2, 3]), schemaOf(column(type, 'a'))));
    for (const [dtype, type] of [
      ['int32', 'long'],
      ['uint32', 'long'],
      ['int32', 'double'],
      ['float32', 'double'],
      ['uint16', 'integer'],
    ] as const) {
      assert.equal(from(dtype, type), 'nothing was thrown', `${dtype} ${type}`);
    }
    for (const [dtype, type, target] of [
      ['int64', 'integer', 'int32'],
      ['uint32', 'integer', 'int32'],
      ['int64', 'double', 'float64'],
      ['float64', 'float', 'float32'],
      ['int32', 'float', 'float32'],
      ['float64', 'long', 'int64'],
      ['uint64', 'long', 'int64'],
    ] as const) {
      assert.equal(
        from(dtype, type),
        `Incompatible input types for column a. Can not safely convert ${dtype} to ${target}.`,
      );
    }
  });

  it('an unnamed schema takes columns by position (U3b)', () => {
    const schema = schemaOf(column('double'), column('double'));
    const frame = enforceSchema([[1.5, 2.5, 3.5]], schema) as DataFrame;
    assert.deepEqual(frame.toSplit(), { index: [0], columns: [0, 1], data: [[1.5, 2.5]] });
    const array = enforceSchema(new NdArray('float64', [1, 2], [1.5, 2.5]), schema) as DataFrame;
    assert.deepEqual(array.toSplit().data, [[1.5, 2.5]]);
    const columns = ['b', 'a', 'c'].map((name, i) => new Series('float64', [i + 0.5], name));
    assert.deepEqual((enforceSchema(new DataFrame(columns), schema) as DataFrame).toRecords(), [{ b: 0.5, a: 1.5 }]);
    assert.match(
      cause(() => enforceSchema([[1.5]], schema)),
      /declares 2 inputs {2}but the provided value only has 1 inputs/,
    );
    assert.match(
      cause(() => enforceSchema([[5, 6]], schema)),
      /Can not safely convert int64 to float64/,
    );
    assert.equal(
      cause(() => enforceSchema(new Set([1]), schema)),
      'Expected input to be DataFrame. Found: set',
    );
  });

  it('the hint about missing values appears only for whole numbers with NaN (U3c)', () => {
    const hint = (values: number[]) =>
      / Hint: the type mismatch/.test(
        cause(() => enforceSchema(series('float64', values), schemaOf(column('long', 'a')))),
      );
    assert.deepEqual([hint([1, NaN]), hint([1.5, NaN]), hint([1, 2])], [true, false, false]);
  });

  it('int64 of 0 and 1 passes as float, with nulls as double; other whole numbers do not (U4)', () => {
    const found = (type: string, ...values: (number | null)[]) =>
      cause(() => {
        const rows = values.map((a) => ({ a }));
        const frame = enforceSchema(rows, schemaOf(column(type, 'a'))) as DataFrame;
        throw MlflowError.invalidParameter(`${frame.columns[0]?.dtype} ${String(frame.columns[0]?.values)}`);
      });
    const refused = (from: string, to: string) =>
      `Incompatible input types for column a. Can not safely convert ${from} to ${to}.`;
    assert.equal(found('float', 0, 1), 'float32 0,1');
    assert.equal(found('double', 0, 1), 'float64 0,1');
    assert.equal(found('double', 0, 1, null), 'float64 0,1,NaN');
    assert.equal(found('double', 2, null), 'float64 2,NaN');
    // With a null among them they are float64 already.
    assert.equal(found('float', 0, 1, null), refused('float64', 'float32'));
    assert.equal(found('float', 0, 2), refused('int64', 'float32'));
    assert.equal(found('double', 0, 2), refused('int64', 'float64'));
    assert.equal(
      cause(() => enforceSchema({ a: new FloatValue(2) }, schemaOf(column('double', 'a')))),
      'nothing was thrown',
    );
  });

  it('objects refuse unknown and missing properties (U5)', () => {
    const schema = schemaOf({
      type: 'object',
      name: 'o',
      required: true,
      properties: { a: { type: 'long' }, b: { type: 'string', required: false } },
    });
    assert.equal(
      cause(() => enforceSchema({ o: { b: 'x' } }, schema)),
      "Missing required properties: {'a'}",
    );
    assert.equal(
      cause(() => enforceSchema({ o: { a: 1, c: 2 } }, schema)),
      "Invalid properties not defined in the schema found: {'c'}",
    );
    assert.match(
      cause(() => enforceSchema({ o: { a: 'x' } }, schema)),
      /^Failed to enforce schema for key `a`. Expected type long, received type str$/,
    );
  });

  it('tensors need their shape and exactly their dtype; ragged objects pass (U6)', () => {
    const schema = schemaOf({ type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, 2] } });
    const array = (dtype: string, shape: number[]) =>
      new NdArray(dtype, shape, new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(1));
    assert.ok(enforceSchema(array('float32', [3, 2]), schema) instanceof NdArray);
    assert.equal(
      cause(() => enforceSchema(array('float32', [3, 1]), schema)),
      'Shape of input (3, 1) does not match expected shape (-1, 2).',
    );
    assert.equal(
      cause(() => enforceSchema(array('float64', [3, 2]), schema)),
      'dtype of input float64 does not match expected dtype float32',
    );
    const ragged = schemaOf({ type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, -1] } });
    assert.ok(enforceSchema(new NdArray('object', [2], [[1], [1, 2]]), ragged) instanceof NdArray);
  });

  it('frames are reshaped to tensors (U6b)', () => {
    const schema = schemaOf({ name: 'x', type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, 2] } });
    const tensors = enforceSchema(
      series(
        'object',
        [
          [1, 2],
          [3, 4],
        ],
        'x',
      ),
      schema,
    ) as Record<string, NdArray>;
    assert.deepEqual(tensors['x']?.toList(), [
      [1, 2],
      [3, 4],
    ]);
    assert.match(
      cause(() => enforceSchema(series('object', [[1, 2, 3]], 'x'), schema)),
      /could not be converted to the expected shape of: '\(-1, 2\)'/,
    );
  });

  it('an empty dict passes for an optional object in 3.17 only; empty lists always pass (U8)', () => {
    const schema = schemaOf(
      { type: 'object', name: 'o', required: false, properties: { a: { type: 'long' } } },
      { type: 'array', name: 'l', required: true, items: { type: 'string' } },
    );
    const answer = (compatibility: Compatibility) =>
      cause(() => enforceSchema([{ o: {}, l: [] }], schema, { compatibility }));
    assert.equal(answer('3'), 'nothing was thrown');
    assert.equal(answer('2'), "Missing required properties: {'a'}");
  });

  it('a list of strings passes for a string column as one cell (U9)', () => {
    const frame = enforceSchema({ a: ['x', 'y'] }, schemaOf(column('string', 'a'))) as DataFrame;
    assert.deepEqual(frame.toRecords(), [{ a: ['x', 'y'] }]);
  });

  it('the caller’s data is never changed', () => {
    const data = [{ o: { a: new FloatValue(1) } }];
    const schema = schemaOf({ type: 'object', name: 'o', required: true, properties: { a: { type: 'double' } } });
    enforceSchema(data, schema);
    assert.ok(data[0]?.o.a instanceof FloatValue);
  });
});

describe('enforceParams', () => {
  const schema = signatureOf(null, [
    { name: 'top_k', type: 'long', default: 2, shape: null },
    { name: 'temperature', type: 'double', default: 1, shape: null },
    { name: 'stop', type: 'string', default: ['a'], shape: [-1] },
  ]).params as ParamSchema;

  it('unknown params are ignored with a warning, defaults filled in, wrong types collected (U7)', () => {
    const { params, warnings } = enforceParams({ top_k: 5, foo: 1 }, schema);
    assert.deepEqual(params, { top_k: 5, temperature: 1, stop: ['a'] });
    assert.match(warnings[0] ?? '', /^Unrecognized params \['foo'\] are ignored for inference/);
    assert.equal(
      cause(() => enforceParams({ top_k: 2.5, stop: 'x' }, schema)),
      "Invalid parameters found: {('top_k', \"Failed to validate type and shape for 'top_k': long (default: 2), error: " +
        "Can not safely convert `<class 'float'>` to `DataType.long` for value `2.5`\"), ('stop', \"Value must be a 1D array " +
        "with shape (-1,) for param 'stop': string (default: ['a']) (shape: (-1,)), received str with ndim 0\")}",
    );
  });

  it('without a params schema all params are dropped with a warning', () => {
    assert.deepEqual(enforceParams(null, null), { params: null, warnings: [] });
    const { params, warnings } = enforceParams({ a: 1 }, null);
    assert.deepEqual(params, {});
    assert.match(warnings[0] ?? '', /This model does not define a params schema. Ignoring provided params: \['a'\]$/);
  });
});

describe('prepareInput', () => {
  const records = signatureOf([column('string', 'a'), column('double', 'b')]);

  it('casts scoring payloads and split frames to the schema, unlike plain data', () => {
    const rows = [{ a: 'x', b: 2 }];
    const forms = [
      { dataframe_records: rows },
      { inputs: rows },
      { columns: ['a', 'b'], data: [['x', 2]] },
      { dataframe_split: { columns: ['a', 'b'], data: [['x', 2]] } },
    ];
    for (const form of forms) assert.deepEqual((prepareInput(form, records).data as DataFrame).toRecords(), rows);
    assert.equal(
      cause(() => prepareInput(rows, records)),
      "Failed to enforce schema of data '[{'a': 'x', 'b': 2}]' with schema '['a': string (required), 'b': double (required)]'. " +
        'Error: Incompatible input types for column b. Can not safely convert int64 to float64.',
    );
  });

  it('params of a payload are used, and those given beside it win', () => {
    const signature = signatureOf([column('string')], [{ name: 'k', type: 'long', default: 1, shape: null }]);
    assert.deepEqual(prepareInput({ inputs: ['x'], params: { k: 2 } }, signature).params, { k: 2 });
    assert.deepEqual(prepareInput({ inputs: ['x'], params: { k: 2 } }, signature, { k: 3 }).params, { k: 3 });
  });

  it('without an input schema data stays as it is', () => {
    const data = { a: [1, 'x'] };
    assert.deepEqual(prepareInput(data, null), { data, params: null, warnings: [] });
  });

  it('lists for a tensor schema are read as arrays', () => {
    const signature = signatureOf([{ type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, 2] } }]);
    const { data } = prepareInput([[1, 2]], signature);
    assert.ok(data instanceof NdArray && data.dtype === 'float32');
  });

  it('a column named like a key of the protocol is a column', () => {
    const signature = signatureOf([column('string', 'inputs')]);
    assert.deepEqual((prepareInput({ inputs: 'x' }, signature).data as DataFrame).toRecords(), [{ inputs: 'x' }]);
  });

  it('malformed payloads get the scoring server’s words', () => {
    const message = (payload: unknown) => cause(() => prepareInput(payload, records));
    assert.match(
      message({ inputs: [], instances: [] }),
      /exactly one of the input fields .*Received dictionary with input fields: \['inputs', 'instances'\]/,
    );
    assert.match(
      message({ dataframe_split: [] }),
      /^Invalid input\. Dataframe split format must be a dictionary\. Got list\.$/,
    );
    assert.match(
      message({ dataframe_split: { columns: ['a', 'b', 'c'], data: [['x', 2]] } }),
      /3 columns passed, passed data had 2 columns/,
    );
    assert.match(message({ inputs: [{ a: 'x', b: 'y' }] }), /^Invalid input\. could not convert string to float: 'y'$/);
  });
});
