import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import { exampleWithParams } from '../../../src/core/mlmodel/exampleTypes.js';
import { saveModel } from '../../../src/core/transformers/saveModel.js';
import { validateModel, type ModelRunner } from '../../../src/core/transformers/validateModel.js';
import { writeTinyCheckpoint } from '../../helpers/tinyCheckpoint.js';

const root = await mkdtemp(path.join(tmpdir(), 'validate-'));
after(() => rm(root, { recursive: true, force: true }));
const source = await writeTinyCheckpoint(path.join(root, 'checkpoint'));
let count = 0;

async function saved(withExample = true): Promise<string> {
  const target = path.join(root, String(++count));
  await saveModel(source, target, {
    task: 'text-classification',
    ...(withExample ? { inputExample: exampleWithParams('hello', { top_k: 2 }) } : {}),
  });
  return target;
}

function runner(predict: ModelRunner['predict']): ModelRunner & { unloaded: string[] } {
  const unloaded: string[] = [];
  return {
    unloaded,
    load: ({ modelPath }) => Promise.resolve({ handle: modelPath }),
    predict,
    unload: ({ handle }) => Promise.resolve(void unloaded.push(handle)),
  };
}

const answer = [{ label: 'pos', score: 0.5 }];

describe('validateModel', () => {
  it('a good model: every check is ok; the stored example was asked, and the model unloaded', async () => {
    const folder = await saved();
    let asked: unknown;
    const engine = runner((request) => {
      asked = request;
      return Promise.resolve({ predictions: answer });
    });
    const { checks, predictions } = await validateModel(folder, engine);
    assert.deepEqual(
      checks.map(({ name, ok }) => [name, ok]),
      ['mlmodel', 'requirements', 'example', 'load', 'predict', 'signature'].map((name) => [name, true]),
    );
    assert.deepEqual(asked, { handle: folder, data: 'hello', params: { top_k: 2 } });
    assert.deepEqual(engine.unloaded, [folder]);
    assert.equal(predictions, answer);
  });
  it('an answer that the signature does not promise', async () => {
    const { checks } = await validateModel(
      await saved(),
      runner(() => Promise.resolve({ predictions: ['text'] })),
    );
    assert.match(checks.find(({ name }) => name === 'signature')!.message, /the signature promises named columns/);
    assert.equal(checks.find(({ name }) => name === 'signature')!.ok, false);
  });
  it('requirements that differ from the flavor, and from conda.yaml', async () => {
    const folder = await saved();
    await writeFile(path.join(folder, 'requirements.txt'), 'mlflow==1.0\ntransformers==4.0.0\n-c constraints.txt');
    const { checks } = await validateModel(
      folder,
      runner(() => Promise.resolve({ predictions: answer })),
    );
    const messages = checks.filter(({ ok }) => !ok).map(({ message }) => message);
    assert.equal(messages.length, 4);
    assert.match(messages[0]!, /asks for transformers 4\.0\.0, the model was saved with 5/);
    assert.match(messages[1]!, /asks for mlflow 1\.0/);
    assert.match(messages[2]!, /constraints\.txt, which is missing/);
    assert.match(messages[3]!, /conda\.yaml and requirements\.txt list different packages/);
  });
  it('errors of the MLmodel file, each with its line; the model is tried all the same', async () => {
    const folder = await saved();
    await rename(path.join(folder, 'components/tokenizer'), path.join(folder, 'components/other'));
    const { checks, input } = await validateModel(
      folder,
      runner(() => Promise.resolve({ predictions: answer })),
    );
    const wrong = checks.filter(({ ok }) => !ok);
    assert.deepEqual(
      wrong.map(({ name }) => name),
      ['mlmodel'],
    );
    assert.match(wrong[0]!.message, /components\/tokenizer is named here, but is not in the model folder/);
    const lines = (await readFile(path.join(folder, 'MLmodel'), 'utf8')).split('\n');
    assert.match(lines[(wrong[0]!.line ?? 0) - 1]!, /tokenizer_type/);
    assert.deepEqual(input, { data: 'hello', params: { top_k: 2 } });
  });
  it('findings instead of errors: no example, no load, no MLmodel; a cancel is passed on', async () => {
    const fails = (error: Error): ModelRunner => ({ ...runner(() => Promise.reject(error)) });
    const failedNames = async (folder: string, engine: ModelRunner): Promise<string[]> =>
      (await validateModel(folder, engine)).checks.filter(({ ok }) => !ok).map(({ name }) => name);
    assert.deepEqual(await failedNames(await saved(false), fails(new Error('x'))), ['example']);
    assert.deepEqual(await failedNames(await saved(), fails(new Error('x'))), ['predict']);
    const unloadable = { ...fails(new Error('x')), load: () => Promise.reject(new Error('no graph')) };
    assert.deepEqual(await failedNames(await saved(), unloadable), ['load']);
    assert.deepEqual(await failedNames(root, unloadable), ['mlmodel']);
    const broken = await saved();
    await appendFile(path.join(broken, 'MLmodel'), '\n: [');
    assert.deepEqual(await failedNames(broken, unloadable), ['mlmodel']);
    await assert.rejects(validateModel(await saved(), fails(MlflowError.cancelled())), { errorCode: 'CANCELLED' });
  });
});
