import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { declaredMlflowVersions, type MlflowGeneration } from '../../src/core/mlmodel/compatibility.js';
import { environmentFiles, type EnvironmentOptions } from '../../src/core/mlmodel/environment.js';
import { exampleWithParams, type InputExample } from '../../src/core/mlmodel/exampleTypes.js';
import { inputExampleDocument } from '../../src/core/mlmodel/inputExample.js';
import { mlmodelProblems } from '../../src/core/mlmodel/mlmodelProblems.js';
import { Model, type ModelInit } from '../../src/core/mlmodel/model.js';
import { PyFloat } from '../../src/core/serialization/pyValue.js';

const golden = fileURLToPath(new URL('../fixtures/mlmodel/golden/', import.meta.url));
const own = ['transformers', 'torch'];

/** The arguments of make.py in our words. */
const environments: Record<string, Partial<EnvironmentOptions>> = {
  plain: { pipRequirements: own },
  'requirements-file': { pipRequirements: 'requirements-in.txt' },
  conda: { condaEnv: { name: 'mine', channels: ['c'], dependencies: ['python=3.11', { pip: own }] } },
};
const examples: Record<string, InputExample> = {
  'text-example': 'good',
  'frame-example': { columns: ['text'], data: [['good'], ['bäd']] },
  params: exampleWithParams(['good', 'bad'], { top_k: 2, temperature: new PyFloat(1) }),
};

for (const generation of ['3', '2'] as const) {
  describe(`files of small models saved by MLflow ${generation}`, () => {
    const read = (name: string, file: string) => readFile(path.join(golden, generation, name, file), 'utf8');
    let names: string[] = [];
    before(async () => {
      const entries = await readdir(path.join(golden, generation), { withFileTypes: true });
      names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
      assert.equal(names.length, 9);
    });

    it('Z1 AA1 AA2 AA3 every MLmodel is read and written again byte for byte, and has no problems', async () => {
      for (const name of names) {
        const text = await read(name, 'MLmodel');
        const model = Model.fromText(text);
        assert.equal(model.compatibility, generation);
        assert.equal(model.toYaml(), text, name);
        assert.deepEqual(mlmodelProblems(text), [], name);
      }
    });

    it('a document built from its fields has the same bytes', async () => {
      for (const name of names.filter((candidate) => !/metadata|config/.test(candidate))) {
        const text = await read(name, 'MLmodel');
        assert.equal(new Model(fieldsOf(Model.fromText(text), generation)).toYaml(), text, name);
      }
    });

    it('the environment files have the same bytes (H5, H9)', async () => {
      const versions = JSON.parse(await readFile(path.join(golden, generation, 'versions.json'), 'utf8')) as {
        python: string;
        pip: string;
        setuptools: string;
        wheel: string | null;
        mlflow: string;
      };
      assert.equal(declaredMlflowVersions[generation], versions.mlflow);
      const workingDirectory = await requirementsFolder();
      for (const [name, given] of Object.entries(environments)) {
        const files = await environmentFiles({
          defaultPipRequirements: ['unused'],
          pythonVersion: versions.python,
          buildPackages: versions,
          mlflowVersion: versions.mlflow,
          compatibility: generation,
          workingDirectory,
          ...given,
        });
        for (const [file, text] of Object.entries(files)) assert.equal(text, await read(name, file), `${name}/${file}`);
        const stored = await readdir(path.join(golden, generation, name));
        assert.equal('constraints.txt' in files, stored.includes('constraints.txt'));
      }
    });

    it('the input examples have the same bytes (V6)', async () => {
      for (const [name, example] of Object.entries(examples)) {
        const { info, files } = inputExampleDocument(example, { compatibility: generation });
        for (const [file, text] of Object.entries(files)) assert.equal(text, await read(name, file), `${name}/${file}`);
        assert.deepEqual(info, Model.fromText(await read(name, 'MLmodel')).savedInputExampleInfo);
      }
    });
  });
}

function fieldsOf(model: Model, compatibility: MlflowGeneration): ModelInit {
  return {
    compatibility,
    flavors: model.flavors,
    modelSizeBytes: model.modelSizeBytes,
    modelUuid: model.modelUuid,
    savedInputExampleInfo: model.savedInputExampleInfo,
    signature: model.signature,
    utcTimeCreated: model.utcTimeCreated,
  };
}

async function requirementsFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mlmodel-golden-'));
  await writeFile(
    path.join(folder, 'requirements-in.txt'),
    'numpy>=1  # numbers\n-c constraints-in.txt\n\nscipy\\\n>=1\n',
  );
  await writeFile(path.join(folder, 'constraints-in.txt'), 'pandas<9\n');
  return folder;
}
