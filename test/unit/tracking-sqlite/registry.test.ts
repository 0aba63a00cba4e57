import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MlflowError, type ErrorCode } from '../../../src/core/errors.js';
import type { RegistryStore } from '../../../src/core/registry/registryStore.js';
import { openFreshStores, type FreshStores } from './freshStores.js';

describe('SQLite registry', () => {
  let stores: FreshStores;
  let registry: RegistryStore;
  before(async () => {
    stores = await openFreshStores();
    ({ registry } = stores);
  });
  after(() => stores.remove());

  it('registers a logged model with its files and its run', async () => {
    const { info } = await stores.tracking.createRun({ experimentId: '0' });
    const model = await stores.tracking.createLoggedModel({ experimentId: '0', name: 'm', sourceRunId: info.runId });
    await registry.createRegisteredModel({ name: 'reg', tags: { a: '1' } });
    const version = await registry.createModelVersion({ name: 'reg', source: `models:/${model.modelId}` });
    assert.equal(version.version, '1');
    assert.equal(version.runId, info.runId);
    assert.equal(version.source, `models:/${model.modelId}`);
    assert.equal(await registry.getModelVersionDownloadUri({ name: 'reg', version: '1' }), model.artifactLocation);
    const copy = await registry.createModelVersion({ name: 'reg', source: 'models:/reg/1' });
    assert.equal(
      await registry.getModelVersionDownloadUri({ name: 'reg', version: copy.version }),
      model.artifactLocation,
    );
  });

  it('moves aliases and stages, and shows the newest version of each stage', async () => {
    await registry.setRegisteredModelAlias({ name: 'reg', alias: 'champ', version: '1' });
    await registry.setRegisteredModelAlias({ name: 'reg', alias: 'champ', version: '2' });
    assert.equal((await registry.getModelVersionByAlias({ name: 'reg', alias: 'champ' })).version, '2');
    assert.deepEqual((await registry.getModelVersion({ name: 'reg', version: '2' })).aliases, ['champ']);
    await registry.transitionModelVersionStage({ name: 'reg', version: '1', stage: 'Production' });
    const { latestVersions, aliases } = await registry.getRegisteredModel({ name: 'reg' });
    assert.deepEqual(aliases, { champ: '2' });
    assert.deepEqual(
      latestVersions.map(({ version, currentStage }) => [version, currentStage]),
      [
        ['1', 'Production'],
        ['2', 'None'],
      ],
    );
    await registry.transitionModelVersionStage({
      name: 'reg',
      version: '2',
      stage: 'Production',
      archiveExistingVersions: true,
    });
    assert.equal((await registry.getModelVersion({ name: 'reg', version: '1' })).currentStage, 'Archived');
  });

  it('does not use the number of a deleted version again, and takes its aliases away', async () => {
    await registry.deleteModelVersion({ name: 'reg', version: '2' });
    await refused(
      registry.getModelVersion({ name: 'reg', version: '2' }),
      'RESOURCE_DOES_NOT_EXIST',
      /version=2\) not found/,
    );
    await refused(
      registry.getModelVersionByAlias({ name: 'reg', alias: 'champ' }),
      'INVALID_PARAMETER_VALUE',
      /^Registered model alias champ not found\.$/,
    );
    assert.equal((await registry.createModelVersion({ name: 'reg', source: 's3://b' })).version, '3');
    const { items } = await registry.searchModelVersions({ filterString: "name = 'reg'", orderBy: ['version_number'] });
    assert.deepEqual(
      items.map(({ version }) => version),
      ['1', '3'],
    );
  });

  it('renames a model with all that belongs to it, and deletes it so', async () => {
    await registry.setModelVersionTag({ name: 'reg', version: '3', key: 'k', value: 'v' });
    await registry.renameRegisteredModel({ name: 'reg', newName: 'renamed' });
    assert.deepEqual((await registry.getRegisteredModel({ name: 'renamed' })).tags, { a: '1' });
    assert.deepEqual((await registry.getModelVersion({ name: 'renamed', version: '3' })).tags, { k: 'v' });
    await registry.createRegisteredModel({ name: 'other' });
    await refused(
      registry.renameRegisteredModel({ name: 'other', newName: 'renamed' }),
      'RESOURCE_ALREADY_EXISTS',
      /already exists/,
    );
    await registry.deleteRegisteredModel({ name: 'renamed' });
    await refused(
      registry.getRegisteredModel({ name: 'renamed' }),
      'RESOURCE_DOES_NOT_EXIST',
      /^Registered Model with name=renamed not found$/,
    );
    assert.deepEqual((await registry.searchModelVersions()).items, []);
  });

  it('hides prompts unless they are asked for', async () => {
    await registry.createRegisteredModel({ name: 'prompt', tags: { 'mlflow.prompt.is_prompt': 'true' } });
    const names = async (filterString?: string): Promise<string[]> =>
      (await registry.searchRegisteredModels({ filterString })).items.map(({ name }) => name);
    assert.deepEqual(await names(), ['other']);
    assert.deepEqual(await names("tags.`mlflow.prompt.is_prompt` = 'true'"), ['prompt']);
    await refused(
      registry.createRegisteredModel({ name: 'prompt' }),
      'RESOURCE_ALREADY_EXISTS',
      /does not allow creating a model and a prompt with the same name/,
    );
  });

  it('leaves prompts out by a clause behind the filter, which a comment or an open end takes along', async () => {
    await refused(
      registry.searchRegisteredModels({ filterString: "name = 'other' --x" }),
      'INVALID_PARAMETER_VALUE',
      /: --x AND tag\.`mlflow\.prompt\.is_prompt` != 'true'$/,
    );
    await refused(
      registry.searchRegisteredModels({ filterString: ';' }),
      'INVALID_PARAMETER_VALUE',
      /^Search filter contained multiple expression "; AND tag/,
    );
  });

  it('lists the newest versions of the stages in the order in which the stages first come', async () => {
    await registry.createRegisteredModel({ name: 'staged' });
    for (const source of ['/a', '/b', '/c']) await registry.createModelVersion({ name: 'staged', source });
    await registry.transitionModelVersionStage({ name: 'staged', version: '2', stage: 'Staging' });
    const latest = await registry.getLatestVersions({ name: 'staged' });
    assert.deepEqual(
      latest.map(({ version, currentStage }) => [version, currentStage]),
      [
        ['3', 'None'],
        ['2', 'Staging'],
      ],
    );
    await registry.deleteRegisteredModel({ name: 'staged' });
  });
});

async function refused(action: Promise<unknown>, errorCode: ErrorCode, message: RegExp): Promise<void> {
  await assert.rejects(action, (error) => MlflowError.is(error, errorCode) && message.test(error.message));
}
