import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { InferenceEngine } from '../../src/worker/engine/inferenceEngine.js';
import { WhisperFeatureExtractor } from '../../src/worker/media/logMel.js';
import { difference } from '../helpers/closeValues.js';
import { runPython } from '../helpers/python.js';

interface MediaPrediction {
  data?: unknown;
  samples?: number[];
  predictions?: unknown;
  error?: { code: string | null; message: string };
}

interface MediaAnswers {
  models: { name: string; path: string; saveError?: { message: string }; predictions: MediaPrediction[] }[];
  /** Whisper's features of one sound, every fiftieth frame. */
  features: { samples: number[]; values: number[][] };
}

const script = await readFile(new URL('./scripts/mediaModels.py', import.meta.url), 'utf8');
const engine = new InferenceEngine();

for (const generation of ['new', 'old'] as const) {
  const folder = await mkdtemp(path.join(tmpdir(), 'media-'));
  const { models, features } = await runPython<MediaAnswers>(generation, script, { folder });
  describe(`images and sounds, ${generation} Python`, () => {
    after(() => rm(folder, { recursive: true, force: true }));

    it("Whisper's log mel features are transformers' own", () => {
      const extractor = new WhisperFeatureExtractor({});
      const { dims, data } = extractor.extract(Float32Array.from(features.samples));
      const frames = dims[2] ?? 0;
      const found = features.values.map((row, band) => row.map((_, i) => data[band * frames + i * 50]));
      assert.equal(difference(found, features.values), undefined);
    });

    for (const model of models) {
      it(`${model.name}: predictions and errors are those of mlflow.pyfunc`, async () => {
        assert.equal(model.saveError, undefined);
        const { handle } = await engine.load({
          modelPath: model.path,
          modelUri: model.path,
          device: 'cpu',
          precision: 'fp32',
        });
        for (const prediction of model.predictions) await check(handle, prediction);
        await engine.unload({ handle });
      });
    }
  });
}

async function check(handle: string, { data, samples, predictions, error }: MediaPrediction): Promise<void> {
  const answer = engine.predict({ handle, data: samples ? Float32Array.from(samples) : data });
  if (error) {
    const expected = error.message.replace(/ <_io.BytesIO object at 0x[0-9a-f]+>/, '');
    await assert.rejects(answer, { message: expected, ...(error.code === null ? {} : { errorCode: error.code }) });
    return;
  }
  const found: unknown = JSON.parse(JSON.stringify((await answer).predictions));
  assert.equal(difference(found, predictions), undefined);
}
