import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { MlflowClient } from '../../../src/core/client/mlflowClient.js';
import { MlflowError } from '../../../src/core/errors.js';

function newClient(): { client: MlflowClient; root: string } {
  const root = path.join(mkdtempSync(path.join(tmpdir(), 'registry-')), 'mlruns');
  return { client: new MlflowClient({ trackingUri: root }), root };
}

test('Y1 a renamed model keeps its versions, tags and aliases', async () => {
  const { client, root } = newClient();
  await client.createRegisteredModel({ name: 'a', tags: { t: '1' }, description: 'd' });
  await client.createModelVersion({ name: 'a', source: '/x', tags: { v: '2' } });
  await client.setRegisteredModelAlias({ name: 'a', alias: 'champ', version: '1' });
  await client.renameRegisteredModel({ name: 'a', newName: 'b' });
  const model = await client.getRegisteredModel({ name: 'b' });
  assert.deepEqual([model.tags, model.aliases, model.description], [{ t: '1' }, { champ: '1' }, 'd']);
  const version = await client.getModelVersionByAlias({ name: 'b', alias: 'champ' });
  assert.deepEqual([version.name, version.tags, version.aliases], ['b', { v: '2' }, ['champ']]);
  assert.match(readFileSync(path.join(root, 'models/b/meta.yaml'), 'utf8'), /^aliases:\n {2}champ: '1'\n/);
  await assert.rejects(client.getRegisteredModel({ name: 'a' }), (error) =>
    MlflowError.is(error, 'RESOURCE_DOES_NOT_EXIST'),
  );
});

test('Y2 Y4 version numbers are never used again; a deleted version takes its aliases along', async () => {
  const { client } = newClient();
  await client.createRegisteredModel({ name: 'a' });
  for (const source of ['/1', '/2']) await client.createModelVersion({ name: 'a', source });
  await client.setRegisteredModelAlias({ name: 'a', alias: 'x', version: '1' });
  await client.setRegisteredModelAlias({ name: 'a', alias: 'x', version: '2' });
  await client.deleteModelVersion({ name: 'a', version: '2' });
  await assert.rejects(
    client.getModelVersion({ name: 'a', version: '2' }),
    /Model Version \(name=a, version=2\) not found/,
  );
  await assert.rejects(client.getModelVersionByAlias({ name: 'a', alias: 'x' }), /Registered model alias x not found/);
  assert.equal((await client.createModelVersion({ name: 'a', source: '/3' })).version, '3');
  assert.equal((await client.getModelVersionByAlias({ name: 'a', alias: 'latest' })).version, '3');
  assert.deepEqual((await client.searchModelVersions()).items.map((item) => item.version).sort(), ['1', '3']);
});

test('Y3 a transition archives the former holders of the stage when asked to', async () => {
  const { client } = newClient();
  await client.createRegisteredModel({ name: 'a' });
  for (const source of ['/1', '/2', '/3']) await client.createModelVersion({ name: 'a', source });
  const move = (version: string, archiveExistingVersions: boolean) =>
    client.transitionModelVersionStage({ name: 'a', version, stage: 'PRODUCTION', archiveExistingVersions });
  await move('1', false);
  await move('2', false);
  assert.equal((await client.getModelVersion({ name: 'a', version: '1' })).currentStage, 'Production');
  await move('3', true);
  const latest = await client.getLatestVersions({ name: 'a' });
  assert.deepEqual(
    latest.map((item) => [item.currentStage, item.version]),
    [
      ['Production', '3'],
      ['Archived', '2'],
    ],
  );
});

test('Y7 Y8 versions of logged models and of other versions know where their files lie', async () => {
  const { client } = newClient();
  const experimentId = await client.createExperiment({ name: 'e' });
  const run = await client.createRun({ experimentId });
  const model = await client.createLoggedModel({ experimentId, sourceRunId: run.info.runId });
  await client.createRegisteredModel({ name: 'a' });
  const source = `models:/${model.modelId}`;
  const first = await client.createModelVersion({ name: 'a', source, modelId: model.modelId, description: 'one' });
  assert.deepEqual([first.runId, first.modelId, first.source], [run.info.runId, model.modelId, source]);
  const copy = await client.copyModelVersion({ srcModelUri: 'models:/a/1', dstName: 'b' });
  assert.deepEqual([copy.source, copy.description, copy.runId], ['models:/a/1', 'one', run.info.runId]);
  assert.equal(await client.getModelVersionDownloadUri({ name: 'b', version: '1' }), model.artifactLocation);
});

test('Y9 an updated version’s meta.yaml holds no tags, aliases, metrics or params', async () => {
  const { client, root } = newClient();
  await client.createRegisteredModel({ name: 'a' });
  await client.createModelVersion({ name: 'a', source: '/x', tags: { t: 'v' } });
  await client.updateModelVersion({ name: 'a', version: '1', description: 'new' });
  const text = readFileSync(path.join(root, 'models/a/version-1/meta.yaml'), 'utf8');
  assert.match(text, /^description: new$/m);
  assert.doesNotMatch(text, /^(tags|aliases|metrics|params):/m);
});

test('Y10 prompts are no models: hidden from searches, not found by name, their names taken', async () => {
  const { client } = newClient();
  await client.createRegisteredModel({ name: 'model' });
  const { registry } = await client.stores.write();
  await registry.createRegisteredModel({ name: 'prompt', tags: { 'mlflow.prompt.is_prompt': 'true' } });
  assert.deepEqual(
    (await client.searchRegisteredModels()).items.map((item) => item.name),
    ['model'],
  );
  const asked = await client.searchRegisteredModels({ filterString: "tags.`mlflow.prompt.is_prompt` = 'true'" });
  assert.deepEqual(
    asked.items.map((item) => item.name),
    ['prompt'],
  );
  await assert.rejects(
    client.getRegisteredModel({ name: 'prompt' }),
    /Registered Model with name='prompt' not found\./,
  );
  await assert.rejects(
    client.createRegisteredModel({ name: 'prompt' }),
    /Tried to create a registered model with name 'prompt', but the name is already taken by a prompt/,
  );
});

test('a broken registered model does not hide the others', async () => {
  const { client, root } = newClient();
  await client.createRegisteredModel({ name: 'good' });
  await client.createRegisteredModel({ name: 'bad' });
  writeFileSync(path.join(root, 'models/bad/meta.yaml'), 'x: [');
  assert.deepEqual(
    (await client.searchRegisteredModels()).items.map((item) => item.name),
    ['good'],
  );
});
