import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { Fluent } from '../../src/core/client/fluent.js';
import { createTransformers } from '../../src/library/transformers.js';
import { InferenceEngine } from '../../src/worker/engine/inferenceEngine.js';
import { runPython } from '../helpers/python.js';

interface PythonRefusal {
  task: string;
  path: string;
  pipelineClass: string;
  code: string;
  message: string;
}

interface PythonAnswers {
  refusals: PythonRefusal[];
  ownClass: { path: string; predictions: { label: string; score: number }[] };
}

const script = await readFile(new URL('./scripts/otherTasks.py', import.meta.url), 'utf8');
const engine = new InferenceEngine();
const { loadModel } = createTransformers(new Fluent(), { environment: { HF_HUB_OFFLINE: '1' } });
const root = await mkdtemp(path.join(tmpdir(), 'other-tasks-'));
after(() => rm(root, { recursive: true, force: true }));

const request = (modelPath: string) => ({
  modelPath,
  modelUri: `file://${modelPath}`,
  device: 'cpu' as const,
  precision: 'fp32' as const,
});
const loadPyfunc = (modelPath: string): Promise<unknown> => engine.load(request(modelPath));

/** What a refusal says after Python's words; one sentence in all. */
async function refusalOf(loading: Promise<unknown>): Promise<{ errorCode: string; reason: string; message: string }> {
  const error = await loading.then(
    () => assert.fail('was loaded'),
    (thrown: unknown) => thrown as { errorCode: string; reason: string; message: string },
  );
  assert.doesNotMatch(error.message, /\. |\n/);
  assert.match(error.message, /`mlflow\.transformers\.load_model`/);
  return error;
}

const withoutEnd = (text: string): string => text.replace(/\.$/, '');

for (const generation of ['new', 'old'] as const) {
  const folderOfAll = path.join(root, generation);
  const { refusals, ownClass } = await runPython<PythonAnswers>(generation, script, { folder: folderOfAll });

  describe(`tasks that pyfunc does not answer, of the ${generation} generation`, () => {
    for (const { task, path: folder, pipelineClass, code, message } of refusals) {
      it(`pyfunc refuses ${task} in Python's words and says what to do (N20)`, async () => {
        const refusal = await refusalOf(loadPyfunc(folder));
        assert.equal(refusal.errorCode, code);
        assert.ok(refusal.message.startsWith(withoutEnd(message)), refusal.message);
        assert.ok(refusal.message.includes(pipelineClass), refusal.message);
      });

      it(`the pipeline of ${task} is refused in one sentence before anything is loaded`, async () => {
        const refusal = await refusalOf(loadModel(folder, { device: 'cpu' }));
        assert.equal(refusal.errorCode, 'NOT_IMPLEMENTED');
        assert.equal(refusal.reason, 'taskUnsupported');
        assert.ok(refusal.message.includes(`'${task}'`) && refusal.message.includes(pipelineClass), refusal.message);
      });
    }

    for (const [task, pipelineClass] of [
      ['image-text-to-text', 'ImageTextToTextPipeline'],
      ['any-to-any', 'AnyToAnyPipeline'],
      ['video-classification', 'VideoClassificationPipeline'],
    ] as const) {
      it(`${task}, whose MLmodel names it, is refused alike`, async () => {
        const known = refusals.find((model) => model.task === 'image-feature-extraction')!;
        const folder = path.join(folderOfAll, `as-${task}`);
        await cp(known.path, folder, { recursive: true });
        const file = path.join(folder, 'MLmodel');
        const text = await readFile(file, 'utf8');
        await writeFile(
          file,
          text.replaceAll('ImageFeatureExtractionPipeline', pipelineClass).replaceAll(known.task, task),
        );
        const refusal = await refusalOf(loadPyfunc(folder));
        assert.equal(refusal.errorCode, known.code);
        assert.ok(refusal.message.startsWith(withoutEnd(known.message.replace(known.pipelineClass, pipelineClass))));
        assert.equal((await refusalOf(loadModel(folder, { device: 'cpu' }))).reason, 'taskUnsupported');
      });
    }

    it("a pipeline class of someone's own answers as the task's class", async () => {
      const { handle } = await engine.load(request(ownClass.path));
      const { predictions } = await engine.predict({ handle, data: 'w7 w8 w9' });
      const [answer] = predictions as { label: string; score: number }[];
      const [expected] = ownClass.predictions;
      assert.equal(answer?.label, expected?.label);
      assert.ok(Math.abs((answer?.score ?? 0) - (expected?.score ?? 1)) < 1e-5, `${answer?.score} ${expected?.score}`);
    });
  });
}
