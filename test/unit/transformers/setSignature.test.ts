import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { Fluent } from '../../../src/core/client/fluent.js';
import { logModel } from '../../../src/core/transformers/logModel.js';
import { saveModel } from '../../../src/core/transformers/saveModel.js';
import { setSignature } from '../../../src/core/transformers/setSignature.js';
import { writeTinyCheckpoint } from '../../helpers/tinyCheckpoint.js';

const root = await mkdtemp(path.join(tmpdir(), 'set-signature-'));
after(() => rm(root, { recursive: true, force: true }));
const source = await writeTinyCheckpoint(path.join(root, 'checkpoint'));
const fluent = new Fluent({ cwd: () => root, environment: {} });
fluent.setTrackingUri(`sqlite:///${path.join(root, 'mlflow.db')}`);
const options = { task: 'text-classification', pipRequirements: ['x'] };
const signature = { inputs: '[{"type": "long", "name": "n", "required": true}]', outputs: null, params: null };
const inputsOf = async (folder: string): Promise<boolean> =>
  (await readFile(path.join(folder, 'MLmodel'), 'utf8')).includes('"name": "n"');

describe('setSignature', () => {
  it('replaces the signature of a saved folder, and nothing else (R5)', async () => {
    const target = path.join(root, 'saved');
    await saveModel(source, target, options);
    const before = await readFile(path.join(target, 'MLmodel'), 'utf8');
    await setSignature(target, signature, fluent.client());
    const after = await readFile(path.join(target, 'MLmodel'), 'utf8');
    const rest = (text: string): string => text.replace(/signature:\n( {2}.*\n)+/, '');
    assert.ok(await inputsOf(target));
    assert.equal(rest(after), rest(before));
    await setSignature(target, { ...signature, inputs: '[{"type": "string", "required": true}]' }, fluent.client());
    assert.ok(!(await inputsOf(target)));
  });
  it('changes a logged model through models:/m-id, and refuses a registered version (R5)', async () => {
    const logged = await logModel(source, { ...options, name: 'model', registeredModelName: 'reg' }, fluent);
    await setSignature(logged.modelUri, signature, fluent.client());
    const model = await fluent.client().getLoggedModel({ modelId: logged.modelId! });
    assert.ok(await inputsOf(model.artifactLocation.replace(/^file:\/\//, '')));
    await assert.rejects(setSignature('models:/reg/1', signature, fluent.client()), {
      errorCode: 'INVALID_PARAMETER_VALUE',
      message:
        "Failed to set signature on 'models:/reg/1'. Model URIs with the `models:/<name>/<version>` scheme are not supported.",
    });
  });
  it("runs:/ means the run's own files: a logged model's name does not exist there (R5)", async () => {
    const run = await fluent.startRun({}, async (active) => {
      await logModel(source, { ...options, name: 'model' }, fluent);
      await logModel(source, { ...options, artifactPath: 'old', compatibility: '2' }, fluent);
      return active;
    });
    const { runId, artifactUri } = run.info;
    await setSignature(`runs:/${runId}/old`, signature, fluent.client());
    assert.ok(await inputsOf(path.join(artifactUri.replace(/^file:\/\//, ''), 'old')));
    await assert.rejects(setSignature(`runs:/${runId}/model`, signature, fluent.client()), {
      errorCode: 'RESOURCE_DOES_NOT_EXIST',
    });
  });
});
