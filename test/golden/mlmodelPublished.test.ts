import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { mlmodelProblems } from '../../src/core/mlmodel/mlmodelProblems.js';
import { readModelFolderFacts } from '../../src/core/mlmodel/modelFolderFacts.js';
import { Model } from '../../src/core/mlmodel/model.js';
import { readInputExample } from '../../src/core/mlmodel/inputExample.js';
import { pythonEnvironmentFromConda } from '../../src/core/mlmodel/pythonEnvironment.js';
import { PyYamlDocument } from '../../src/core/serialization/pyYamlDocument.js';

const published = fileURLToPath(new URL('../fixtures/mlmodel/published/', import.meta.url));

describe("MLmodel folders from MLflow's own tests", () => {
  it('every one is read, kept as it is but for line folding, and has no errors', async () => {
    const folders = (await readdir(published, { withFileTypes: true })).filter((entry) => entry.isDirectory());
    assert.equal(folders.length, 5);
    for (const { name } of folders) {
      const folder = path.join(published, name);
      const text = await readFile(path.join(folder, 'MLmodel'), 'utf8');
      const model = await Model.load(folder);
      assert.deepEqual(new PyYamlDocument(model.toYaml()).value, new PyYamlDocument(text).value, name);
      const problems = mlmodelProblems(text, await readModelFolderFacts(folder));
      assert.deepEqual(
        problems.filter(({ severity }) => severity === 'error'),
        [],
        name,
      );
    }
  });

  it('files that MLflow dumped are written again byte for byte', async () => {
    for (const name of ['model-1.x-sklearn', 'model-2.12-langchain', 'model-2.8.1-pyfunc']) {
      const text = await readFile(path.join(published, name, 'MLmodel'), 'utf8');
      assert.equal(Model.fromText(text).toYaml(), text, name);
    }
  });

  it('an environment of MLflow 1 is one conda file', async () => {
    const model = await Model.load(path.join(published, 'model-1.x-sklearn'));
    assert.deepEqual(model.pythonFunctionFlavor?.env, { conda: 'conda.yaml', virtualenv: null });
    assert.equal(model.compatibility, '2');
  });

  it('the stored input example is read', async () => {
    const folder = path.join(published, 'model-2.12-langchain');
    const example = await readInputExample(folder, (await Model.load(folder)).savedInputExampleInfo);
    assert.equal(example?.type, 'json_object');
    assert.ok(Array.isArray((example?.data as { messages: unknown }).messages));
  });

  it('a conda file gives the Python environment', async () => {
    const text = await readFile(path.join(published, 'model-2.8.1-pyfunc', 'conda.yaml'), 'utf8');
    assert.deepEqual(pythonEnvironmentFromConda(text, 'conda.yaml', '3.0.0'), {
      python: '3.9.13',
      buildDependencies: ['pip<=23.3'],
      dependencies: ['mlflow==2.8.1', 'cloudpickle==2.2.1'],
      warnings: [],
    });
  });
});
