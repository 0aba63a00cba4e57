import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import {
  exampleWithParams,
  SparseExample,
  tensorExample,
  type InputExample,
} from '../../../src/core/mlmodel/exampleTypes.js';
import {
  inputExampleDocument,
  readInputExample,
  readServingInput,
  saveInputExample,
} from '../../../src/core/mlmodel/inputExample.js';
import { PyDateTime } from '../../../src/core/serialization/pyValue.js';

async function temporaryFolder(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), 'input-example-'));
}

const frame = {
  columns: ['a', 'b'],
  data: [
    ['x', 1],
    ['y', 2],
  ],
};

describe('input examples', () => {
  it('what is saved is read again, params apart (V3)', async () => {
    const folder = await temporaryFolder();
    const info = await saveInputExample(exampleWithParams({ columns: ['a'], data: [['x']] }, { top_k: 2 }), folder);
    assert.deepEqual(await readInputExample(folder, info), {
      type: 'dataframe',
      data: { columns: ['a'], data: [['x']] },
      params: { top_k: 2 },
    });
    assert.equal(
      await readServingInput(folder, info),
      '{\n  "dataframe_split": {\n    "columns": [\n      "a"\n    ],\n    "data": [\n      [\n        "x"\n      ]\n    ]\n  },\n  "params": {\n    "top_k": 2\n  }\n}',
    );
  });

  for (const [what, example, type, data] of [
    ['a text', 'a', 'json_object', 'a'],
    ['a number', 1.5, 'json_object', 1.5],
    ['a list', ['a', 'b'], 'json_object', ['a', 'b']],
    ['a dict', { q: 'a', n: [1, 2] }, 'json_object', { q: 'a', n: [1, 2] }],
    ['a frame of several columns', frame, 'dataframe', frame],
    ['a tensor', tensorExample([[1, 2]]), 'ndarray', [[1, 2]]],
  ] as const) {
    it(`${what} is stored and read as it was (V3)`, async () => {
      const folder = await temporaryFolder();
      const info = await saveInputExample(example as InputExample, folder);
      assert.equal(info?.['type'], type);
      assert.deepEqual((await readInputExample(folder, info))?.data, data);
    });
  }

  it('dates and times are stored as ISO text (V3)', async () => {
    const folder = await temporaryFolder();
    const times = {
      columns: ['day', 'time'],
      data: [[new PyDateTime('2024-01-02'), new PyDateTime('2024-01-02T03:04:05')]],
    };
    const info = await saveInputExample(times, folder);
    assert.deepEqual((await readInputExample(folder, info))?.data, {
      columns: ['day', 'time'],
      data: [['2024-01-02', '2024-01-02T03:04:05']],
    });
  });

  for (const format of ['csr', 'csc'] as const) {
    it(`a sparse matrix of the format ${format} makes the round trip (V2)`, async () => {
      const folder = await temporaryFolder();
      const parts = {
        data: [1, 2.5, 3],
        indices: [0, 2, 2],
        indptr: format === 'csr' ? [0, 2, 3] : [0, 1, 1, 3],
        shape: [2, 3] as const,
      };
      const info = await saveInputExample(new SparseExample({ format, ...parts }), folder);
      assert.equal(info?.['type'], `sparse_matrix_${format}`);
      const read = await readInputExample(folder, info);
      assert.equal(read?.type, `sparse_matrix_${format}`);
      assert.deepEqual(read?.data, parts);
    });
  }

  it('NaN is null in arrays and a token in frames, where text with a missing value has null for pandas 2 (V1)', () => {
    const files = (example: InputExample, compatibility: '2' | '3') =>
      inputExampleDocument(example, { compatibility }).files['input_example.json'];
    const numbers = { columns: ['x'], data: [[1.5], [NaN]] };
    const texts = { columns: ['x'], data: [['a'], [null]] };
    for (const compatibility of ['2', '3'] as const) {
      assert.equal(files(tensorExample([1.5, NaN]), compatibility), '[1.5, null]');
      assert.equal(files(numbers, compatibility), '{"columns": ["x"], "data": [[1.5], [NaN]]}');
    }
    assert.equal(files(texts, '2'), '{"columns": ["x"], "data": [["a"], [null]]}');
    assert.equal(files(texts, '3'), '{"columns": ["x"], "data": [["a"], [NaN]]}');
  });

  it('a frame with column names is stored split, by its labels (V1)', async () => {
    const folder = await temporaryFolder();
    const info = await saveInputExample(frame, folder);
    assert.equal(info?.['pandas_orient'], 'split');
    for (const columns of [
      [0, 'b'],
      [1, 0],
      [0, 2],
      ['0', '1'],
    ]) {
      const document = inputExampleDocument({ columns, data: [['x', 1]] });
      assert.equal(document.info['pandas_orient'], 'split', JSON.stringify(columns));
    }
  });

  it('a frame without column names is stored by values and read with numbered columns (V1)', async () => {
    const folder = await temporaryFolder();
    const info = await saveInputExample({ columns: [0, 1], data: [['x', 1]] }, folder);
    assert.equal(info?.['pandas_orient'], 'values');
    assert.deepEqual((await readInputExample(folder, info))?.data, { columns: [0, 1], data: [['x', 1]] });
  });

  it('(data, {}) is written wrapped but not marked (V7)', async () => {
    const folder = await temporaryFolder();
    const info = await saveInputExample(exampleWithParams('a', {}), folder);
    assert.equal(info?.['params'], undefined);
    assert.deepEqual(await readInputExample(folder, info), {
      type: 'json_object',
      data: { inputs: 'a', params: {} },
      params: null,
    });
  });

  it('reader accepts NaN and Infinity tokens (V8)', async () => {
    const folder = await temporaryFolder();
    await writeFile(path.join(folder, 'e.json'), '{"columns": ["x"], "data": [[NaN], [-Infinity]]}');
    const example = await readInputExample(folder, { artifact_path: 'e.json', type: 'dataframe' });
    assert.deepEqual(example?.data, { columns: ['x'], data: [[NaN], [-Infinity]] });
  });

  it('no example is no file', async () => {
    assert.equal(await saveInputExample(null, await temporaryFolder()), null);
    assert.equal(await readInputExample(await temporaryFolder(), null), null);
  });

  it('an unknown type, a missing file, no JSON and a path out of the folder are refused with the reason', async () => {
    const folder = await temporaryFolder();
    await writeFile(path.join(folder, 'bad.json'), '{"a": ');
    const read = (artifactPath: string, type = 'json_object') =>
      readInputExample(folder, { artifact_path: artifactPath, type });
    await assert.rejects(
      read('x.json', 'spark'),
      /^MlflowError: This version of mlflow can not load example of type spark$/,
    );
    await assert.rejects(read('gone.json'), (error) => MlflowError.is(error, 'RESOURCE_DOES_NOT_EXIST'));
    await assert.rejects(read('bad.json'), /bad.json is not valid JSON: Expecting value: line 1 column 7 \(char 6\)/);
    await assert.rejects(read('../../etc/passwd'), /lies outside the model folder/);
    await assert.rejects(read('/etc/passwd'), /lies outside the model folder/);
  });

  it('params are checked before anything is written', async () => {
    const folder = await temporaryFolder();
    const validateParams = () => {
      throw MlflowError.invalidParameter('no');
    };
    await assert.rejects(saveInputExample(exampleWithParams('a', { x: {} }), folder, { validateParams }), /no/);
  });

  it('a tensor whose shape does not fit is refused', () => {
    assert.throws(() => tensorExample(new Float32Array(3), { shape: [2, 2] }), /cannot reshape array of size 3/);
  });
});
