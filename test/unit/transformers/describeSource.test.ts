import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { HubClient } from '../../../src/core/hub/hubClient.js';
import { describeSource } from '../../../src/core/transformers/describeSource.js';
import { HubServer } from '../../helpers/hubServer.js';
import { tinySafetensors, writeTinyCheckpoint } from '../../helpers/tinyCheckpoint.js';

const root = await mkdtemp(path.join(tmpdir(), 'describe-'));
const checkpoint = await writeTinyCheckpoint(path.join(root, 'checkpoint'));
const names = await readdir(checkpoint);
const files = Object.fromEntries(
  await Promise.all(names.map(async (name) => [name, await readFile(path.join(checkpoint, name))] as const)),
);
const weights = tinySafetensors({ tensorLength: 1_000_000 });
const server = await HubServer.start({ 'owner/tiny': { files: { ...files, 'model.safetensors': weights } } });
const hub = new HubClient({ environment: { HF_ENDPOINT: server.endpoint, HF_HOME: path.join(root, 'hub') } });
after(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

describe('what is said of a checkpoint before it is saved', () => {
  it('a folder: class, task and the bytes that a save stores', async () => {
    const found = await describeSource(checkpoint, { hub });
    assert.deepEqual(
      [found.modelClass, found.task, found.download],
      ['BertForSequenceClassification', 'text-classification', null],
    );
    assert.equal(
      found.sizeBytes,
      Object.values(files).reduce((sum, { length }) => sum + length, 0),
    );
  });

  it('a repository: the exact bytes and weight files, with no weights fetched', async () => {
    const found = await describeSource('owner/tiny', { hub });
    assert.deepEqual([found.modelClass, found.task], ['BertForSequenceClassification', 'text-classification']);
    assert.deepEqual([found.download?.shardCount, found.download?.parameterCount], [1, 2_000_000]);
    assert.ok(found.sizeBytes > weights.length);
    assert.ok(server.sentBytes(/lfs/) < weights.length / 4, `${server.sentBytes(/lfs/)} bytes of weights`);
  });

  it('a folder without config.json, and a name that is neither', async () => {
    await assert.rejects(describeSource(root, { hub }), { reason: 'fileMissing' });
    await assert.rejects(describeSource('owner/none', { hub }), { errorCode: 'RESOURCE_DOES_NOT_EXIST' });
  });
});
