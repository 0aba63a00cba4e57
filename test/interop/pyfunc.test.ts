import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { MlflowError } from '../../src/core/errors.js';
import type { JsonObject } from '../../src/core/ports.js';
import { InferenceEngine } from '../../src/worker/engine/inferenceEngine.js';
import { difference } from '../helpers/closeValues.js';
import { runPython } from '../helpers/python.js';

interface PythonErrorAnswer {
  type: string;
  code: string | null;
  message: string;
}

interface PythonPrediction {
  data: unknown;
  params: JsonObject | null;
  predictions?: unknown;
  error?: PythonErrorAnswer;
}

interface PythonModel {
  name: string;
  path: string;
  saveError?: PythonErrorAnswer;
  predictions: PythonPrediction[];
  raw?: { data: unknown; value?: unknown; error?: PythonErrorAnswer };
}

const script = await readFile(new URL('./scripts/pyfuncModels.py', import.meta.url), 'utf8');
/** Names of models: a way to look at a few of them. */
const only = process.env['PYFUNC_ONLY']?.split(',');
const engine = new InferenceEngine();
/** What a random UUID or the clock decides. */
const arbitrary = ['id', 'created'];

for (const generation of ['new', 'old'] as const) {
  const folder = await mkdtemp(path.join(tmpdir(), 'pyfunc-'));
  const models = await runPython<PythonModel[]>(generation, script, { folder, only });
  describe(`tiny models logged by the ${generation} Python`, () => {
    after(() => rm(folder, { recursive: true, force: true }));
    for (const model of models) {
      it(`${model.name}: predictions and errors are those of mlflow.pyfunc`, async () => {
        assert.equal(model.saveError, undefined);
        const { handle } = await load(model.path);
        try {
          for (const prediction of model.predictions) await check(handle, prediction);
        } finally {
          await engine.unload({ handle });
        }
      });

      if (model.raw?.value === undefined) continue;
      it(`${model.name}: the pipeline's own answer keeps its labels, scores and offsets`, async () => {
        const { handle } = await load(model.path);
        const { raw } = await engine.predict({ handle, data: model.raw?.data });
        await engine.unload({ handle });
        // A single text goes through pyfunc as a list of one.
        const wanted = model.raw?.value;
        const found = [raw, Array.isArray(raw) ? raw[0] : raw].map((value) => difference(asJson(value), wanted));
        assert.ok(found.includes(undefined), found[0]);
      });
    }
  });
}

function load(modelPath: string) {
  return engine.load({ modelPath, modelUri: modelPath, device: 'cpu', precision: 'fp32' });
}

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

async function check(handle: string, { data, params, predictions, error }: PythonPrediction): Promise<void> {
  const shown = `${JSON.stringify(data)?.slice(0, 200)} ${JSON.stringify(params)}`;
  const answer = engine.predict({ handle, data, params: params ?? undefined });
  if (error) {
    await assert.rejects(answer, (thrown: unknown) => {
      assert.ok(MlflowError.is(thrown), `${shown}: ${String(thrown)}`);
      assert.equal(sortedSets(thrown.message), sortedSets(error.message), shown);
      if (error.code !== null) assert.equal(thrown.errorCode, error.code, shown);
      return true;
    });
    return;
  }
  const found = difference(asJson((await answer).predictions), predictions, shown, arbitrary);
  assert.equal(found, undefined);
}

/** Python's sets have no order: their items are sorted before messages are compared. */
function sortedSets(message: string): string {
  return message.replace(/\{('[^{}]*')\}/g, (_, items: string) => `{${items.split(', ').sort().join(', ')}}`);
}
