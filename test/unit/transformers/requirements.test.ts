import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { getDefaultCondaEnv, getDefaultPipRequirements } from '../../../src/core/transformers/defaultRequirements.js';
import { hubCommit, TinySaves } from '../../helpers/tinySaves.js';
import { writeTinyCheckpoint } from '../../helpers/tinyCheckpoint.js';

const saves = await TinySaves.open();
const environment = {
  transformersVersion: '5.23.0',
  torchVersion: '2.13.0+cpu',
  torchvisionVersion: '0.28.0',
  accelerateVersion: '1.15.0',
  peftVersion: '0.21.2',
  mlflowVersion: '3.17.2',
};
const defaults = { pipRequirements: undefined, environment };
const lines = async (name = 'requirements.txt'): Promise<string[]> =>
  (await readFile(path.join(saves.target, name), 'utf8')).split('\n');

describe('default requirements', () => {
  it('transformers, torch, torchvision and accelerate, for question answering as for all (H1)', () => {
    assert.deepEqual(getDefaultPipRequirements({ task: 'question-answering' }, { environment }), [
      ...['transformers==5.23.0', 'torch==2.13.0', 'torchvision==0.28.0', 'accelerate==1.15.0'],
    ]);
  });
  it('an adapter needs peft too (H2)', () => {
    assert.equal(getDefaultPipRequirements({ isPeft: true }, { environment }).at(-1), 'peft==0.21.2');
  });
  it('the conda environment has mlflow and the pip list as its third dependency (H3)', () => {
    const { dependencies } = getDefaultCondaEnv({ isPeft: true }, { environment }) as { dependencies: unknown[] };
    assert.deepEqual(dependencies[2], {
      pip: ['mlflow==3.17.2', ...getDefaultPipRequirements({ isPeft: true }, { environment })],
    });
  });
  it('the requirements of a saved adapter hold the pinned peft, and only the adapter is stored (H4)', async () => {
    const adapter = await writeTinyCheckpoint(path.join(saves.root, 'adapter'), {
      files: {
        'config.json': null,
        'model.safetensors': null,
        'adapter_model.safetensors': 'weights',
        'adapter_config.json': { base_model_name_or_path: 'acme/base', peft_type: 'LORA' },
      },
    });
    const options = { task: 'text-classification', ...defaults };
    const flavor = await saves.flavorOf(adapter, options, { hub: saves.hub() });
    assert.ok((await lines()).includes('peft==0.21.2'));
    assert.equal(flavor['peft_adaptor'], 'peft');
    assert.equal(flavor['source_model_name'], 'acme/base');
    assert.equal(flavor['source_model_revision'], hubCommit);
    assert.ok((await readdir(path.join(saves.target, 'peft'))).includes('adapter_model.safetensors'));
    assert.ok(!(await readdir(saves.target)).includes('model'));
  });
  it('requirements.txt: mlflow first, the rest sorted, no newline at the end; a given list keeps its order (H5)', async () => {
    await saves.save(saves.pipeline(), defaults);
    assert.deepEqual(await lines(), [
      ...['mlflow==3.17.2', 'accelerate==1.15.0', 'torch==2.13.0', 'torchvision==0.28.0', 'transformers==5.23.0'],
    ]);
    await saves.save(saves.pipeline(), { environment, pipRequirements: ['b', 'a'] });
    assert.deepEqual(await lines(), ['mlflow==3.17.2', 'b', 'a']);
  });
  it('local version labels are stripped from pins, not from lines that were given (H6)', async () => {
    assert.equal(getDefaultPipRequirements({}, { environment })[1], 'torch==2.13.0');
    await saves.save(saves.pipeline(), { environment, pipRequirements: ['torch==2.13.0+cpu'] });
    assert.deepEqual(await lines(), ['mlflow==3.17.2', 'torch==2.13.0+cpu']);
  });
  it('without torchvision there are no defaults, in the words of Python; an explicit list is fine (H7)', async () => {
    const without = { ...environment, torchvisionVersion: null };
    const message = "No module named 'torchvision'";
    assert.throws(() => getDefaultPipRequirements({}, { environment: without }), { message });
    assert.throws(() => getDefaultCondaEnv({}, { environment: without }), { message });
    const save = (options: object) => saves.save(saves.pipeline(), { environment: without, ...options });
    await saves.refuses(save({ pipRequirements: undefined }), message, 'INTERNAL_ERROR');
    await saves.refuses(save({ pipRequirements: undefined, extraPipRequirements: ['a'] }), message, 'INTERNAL_ERROR');
    await save({ pipRequirements: ['a'] });
    await save({ pipRequirements: undefined, condaEnv: { dependencies: [{ pip: ['a'] }] } });
  });
  it('specifiers of one package are merged as a sorted set by 3.17, in their order by 2.16 (H8)', async () => {
    const pipRequirements = ['a>1', 'a<2'];
    await saves.save(saves.pipeline(), { environment, pipRequirements, compatibility: '3' });
    assert.deepEqual((await lines()).slice(1), ['a<2,>1']);
    await saves.save(saves.pipeline(), { environment, pipRequirements, compatibility: '2' });
    assert.deepEqual((await lines()).slice(1), ['a>1,<2']);
  });
  it('python_env.yaml and conda.yaml, byte for byte (H9)', async () => {
    const build = { pythonVersion: '3.11.7', pipVersion: '26.3', setuptoolsVersion: '84.2.1', wheelVersion: '0.47.0' };
    await saves.save(saves.pipeline(), { environment: { ...environment, ...build } });
    assert.equal(
      (await lines('python_env.yaml')).join('\n'),
      'python: 3.11.7\nbuild_dependencies:\n- pip==26.3\n- setuptools==84.2.1\n- wheel==0.47.0\ndependencies:\n- -r requirements.txt\n',
    );
    assert.equal(
      (await lines('conda.yaml')).join('\n'),
      'channels:\n- conda-forge\ndependencies:\n- python=3.11.7\n- pip<=26.3\n- pip:\n  - mlflow==3.17.2\n  - x\nname: mlflow-env\n',
    );
  });
  it('a list stands alone, further ones join the defaults, contradictions are reported (G4)', async () => {
    await saves.save(saves.pipeline(), { environment, pipRequirements: ['a==1', 'b'] });
    assert.deepEqual(await lines(), ['mlflow==3.17.2', 'a==1', 'b']);
    await saves.save(saves.pipeline(), { ...defaults, extraPipRequirements: ['zzz', 'aaa'] });
    assert.deepEqual((await lines()).slice(1), [
      ...getDefaultPipRequirements({}, { environment }).sort(),
      ...['zzz', 'aaa'],
    ]);
    await saves.refuses(
      saves.save(saves.pipeline(), { ...defaults, extraPipRequirements: ['torch<2'] }),
      /^The specified requirements versions are incompatible\. Detected conflicts: \n/,
    );
  });
  it('a conda environment is kept as it is, but for mlflow; the default one has the expected packages (G5)', async () => {
    const condaEnv = { name: 'mine', channels: ['defaults'], dependencies: ['python=3.10', { pip: ['a'] }] };
    await saves.save(saves.pipeline(), { environment, pipRequirements: undefined, condaEnv });
    assert.equal(
      (await lines('conda.yaml')).join('\n'),
      'channels:\n- defaults\ndependencies:\n- python=3.10\n- pip:\n  - mlflow==3.17.2\n  - a\nname: mine\n',
    );
    assert.deepEqual(await lines(), ['mlflow==3.17.2', 'a']);
    await saves.save(saves.pipeline(), defaults);
    assert.match(
      (await lines('conda.yaml')).join('\n'),
      /- pip:\n {2}- mlflow==3\.17\.2\n {2}- accelerate==1\.15\.0\n {2}- torch==/,
    );
  });
  it('a conda environment with two pip lists gets the new one in both places, written once', async () => {
    const condaEnv = { dependencies: ['python', { pip: ['a'] }, { pip: ['b'] }] };
    await saves.save(saves.pipeline(), { environment, pipRequirements: undefined, condaEnv });
    assert.equal(
      (await lines('conda.yaml')).join('\n'),
      'dependencies:\n- python\n- pip: &id001\n  - mlflow==3.17.2\n  - a\n- pip: *id001\n',
    );
  });
  it('accelerate is not required where it is not installed (G6)', async () => {
    await saves.save(saves.pipeline(), { ...defaults, environment: { ...environment, accelerateVersion: null } });
    assert.ok(!(await lines()).some((line) => line.startsWith('accelerate')));
  });
});
