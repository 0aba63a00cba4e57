import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/ports.js';
import { TransformersVersion } from '../../src/core/transformers/transformersVersion.js';
import { InferenceEngine } from '../../src/worker/engine/inferenceEngine.js';
import { openModel } from '../../src/worker/runtime/openModel.js';
import { runPython } from '../helpers/python.js';

interface PythonModel {
  name: string;
  folder: string;
  version: string;
  calls: { prompts: number[][]; options: JsonObject; sequences?: number[][]; error?: string }[];
}

interface PythonAnswers {
  models: PythonModel[];
  logged: { path: string; config: JsonObject; predictions?: unknown; error?: string }[];
}

const script = await readFile(new URL('./scripts/generationModes.py', import.meta.url), 'utf8');
const padId = 1;
const engine = new InferenceEngine();

for (const generation of ['old', 'new'] as const) {
  const folder = await mkdtemp(path.join(tmpdir(), 'generate-'));
  const { models, logged } = await runPython<PythonAnswers>(generation, script, { folder });
  describe(`generation modes, ${generation} Python`, () => {
    after(() => rm(folder, { recursive: true }));
    for (const { name, folder: checkpointFolder, version, calls } of models) {
      it(`${name}: searches with beams, groups of beams and by contrast find what Python finds`, async () => {
        const model = await openModel({
          checkpointFolder,
          task: 'text-generation',
          device: 'cpu',
          precision: 'fp32',
        });
        for (const { prompts, options, sequences, error } of calls) {
          const shown = JSON.stringify({ prompts, options });
          const answer = model.generate({
            inputIds: prompts,
            generation: { ...model.generationConfig, ...options },
            transformersMajor: generation === 'old' ? 4 : 5,
            version: new TransformersVersion(version),
          });
          if (error === undefined) {
            assert.deepEqual((await answer).sequences.map(withoutPadding), sequences?.map(withoutPadding), shown);
          } else await assert.rejects(answer, { message: error }, shown);
        }
        await model.dispose();
      });
    }

    for (const { path: modelPath, config, predictions, error } of logged) {
      it(`${path.basename(modelPath)}: ${JSON.stringify(config)} in a logged model's config answers as mlflow.pyfunc`, async () => {
        const { handle } = await engine.load({ modelPath, modelUri: modelPath, device: 'cpu', precision: 'fp32' });
        const answer = engine.predict({ handle, data: ['w7 w30 w12', 'w41'] });
        if (error === undefined) assert.deepEqual((await answer).predictions, predictions);
        else await assert.rejects(answer, { message: error });
        await engine.unload({ handle });
      });
    }
  });
}

/** Shorter sequences of a batch are filled up. */
function withoutPadding(ids: readonly number[]): number[] {
  const end = ids.findLastIndex((id) => id !== padId);
  return ids.slice(0, end + 1);
}
