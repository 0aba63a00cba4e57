import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import { exampleWithParams, tensorExample } from '../../../src/core/mlmodel/exampleTypes.js';
import { readInputExample, readServingInput, saveInputExample } from '../../../src/core/mlmodel/inputExample.js';

async function temporaryFolder(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), 'input-example-'));
}

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
