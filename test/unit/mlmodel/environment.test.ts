import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import {
  environmentFiles,
  isMlflowRequirement,
  mlflowPin,
  type EnvironmentOptions,
} from '../../../src/core/mlmodel/environment.js';
import { mergeRequirements } from '../../../src/core/mlmodel/mergeRequirements.js';

const options: EnvironmentOptions = {
  defaultPipRequirements: ['transformers==5.23.0', 'torch==2.13.0', 'torchvision==0.28.0', 'accelerate==1.15.0'],
  pythonVersion: '3.11.7',
  buildPackages: { pip: '26.3', setuptools: '84.2.1', wheel: null },
  mlflowVersion: '3.17.2',
  compatibility: '3',
};

async function messageOf(changes: Partial<EnvironmentOptions>): Promise<string> {
  try {
    await environmentFiles({ ...options, ...changes });
  } catch (error) {
    assert.ok(MlflowError.is(error, 'INVALID_PARAMETER_VALUE'));
    return error.message;
  }
  return assert.fail('nothing was thrown');
}

describe('environment files', () => {
  it('requirements.txt has mlflow first, the defaults sorted, and no final newline (H5)', async () => {
    const files = await environmentFiles(options);
    assert.equal(
      files['requirements.txt'],
      'mlflow==3.17.2\naccelerate==1.15.0\ntorch==2.13.0\ntorchvision==0.28.0\ntransformers==5.23.0',
    );
    assert.equal(files['constraints.txt'], undefined);
  });

  it('conda.yaml and python_env.yaml, byte for byte (H9)', async () => {
    const files = await environmentFiles({ ...options, pipRequirements: ['b', 'a'] });
    assert.equal(
      files['conda.yaml'],
      'channels:\n- conda-forge\ndependencies:\n- python=3.11.7\n- pip<=26.3\n- pip:\n  - mlflow==3.17.2\n  - b\n  - a\nname: mlflow-env\n',
    );
    assert.equal(
      files['python_env.yaml'],
      'python: 3.11.7\nbuild_dependencies:\n- pip==26.3\n- setuptools==84.2.1\n- wheel\ndependencies:\n- -r requirements.txt\n',
    );
  });

  it('pip of an unknown version is written without one', async () => {
    const files = await environmentFiles({ ...options, buildPackages: { pip: null, setuptools: null, wheel: null } });
    assert.match(files['conda.yaml'] ?? '', /^- pip$/m);
  });

  it('merged specifiers are a sorted set in 3.17 and keep their order in 2.16 (H8)', () => {
    const lines = ['packageX>1.0', 'packageX[extras]', 'packageX<2.0'];
    assert.deepEqual(mergeRequirements(lines, '3'), ['packageX[extras]<2.0,>1.0']);
    assert.deepEqual(mergeRequirements(lines, '2'), ['packageX[extras]>1.0,<2.0']);
  });

  it('requirements that contradict each other are refused', () => {
    for (const lines of [
      ['scikit-learn==1.1', 'scikit-learn<1'],
      ['a==1', 'a==2'],
      ['a>2', 'a<=2'],
      ['a~=1.4', 'a==2.0'],
      ['a==1.0rc1', 'a>=1.0'],
    ]) {
      assert.throws(
        () => mergeRequirements(lines, '3'),
        (error) =>
          MlflowError.is(error, 'INVALID_PARAMETER_VALUE') &&
          error.message.startsWith('The specified requirements versions are incompatible. Detected conflicts: \n'),
        lines.join(),
      );
    }
    for (const lines of [
      ['a==1.0', 'a==1.0.0'],
      ['a>=1,<3', 'a==2.5.1'],
      ['a~=1.4.2', 'a==1.4.9'],
      ['a>=1.0.dev1', 'a<1.0'],
    ]) {
      assert.doesNotThrow(() => mergeRequirements(lines, '3'), lines.join());
    }
  });

  it("arguments of a wrong type, or several of them, get MLflow's messages (B29)", async () => {
    assert.equal(
      await messageOf({ pipRequirements: [], condaEnv: {} }),
      'Only one of `conda_env`, `pip_requirements`, and `extra_pip_requirements` can be specified',
    );
    assert.equal(
      await messageOf({ pipRequirements: 3 as unknown as string }),
      "`pip_requirements` must be either a string path to a pip requirements file on the local filesystem or an iterable of pip requirement strings, but got `<class 'int'>`",
    );
    assert.equal(
      await messageOf({ condaEnv: 3 as unknown as string }),
      'Expected a string path to a conda env yaml file or a `dict` representing a conda env, but got `int`',
    );
  });

  it('a development build of MLflow pins the release before it', () => {
    assert.equal(mlflowPin('2.8.1.dev0'), 'mlflow==2.8.0');
    assert.equal(mlflowPin('3.17.2'), 'mlflow==3.17.2');
  });

  it('only 3.17 takes mlflow-tracing for MLflow', () => {
    assert.equal(isMlflowRequirement('mlflow-tracing==3', '3'), true);
    assert.equal(isMlflowRequirement('mlflow-tracing==3', '2'), false);
    assert.equal(isMlflowRequirement('mlflow-other', '3'), false);
  });
});
