import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/ports.js';
import { InferenceEngine } from '../../src/worker/engine/inferenceEngine.js';
import { AstFeatureExtractor } from '../../src/worker/media/astFeatures.js';
import { difference } from '../helpers/closeValues.js';
import { runPython } from '../helpers/python.js';

interface SoundAnswers {
  models: { name: string; path: string; samples: number; predictions?: unknown; error?: string }[];
  /** Every seventeenth of the values. */
  features: { config: JsonObject; samples: number; dims: number[]; values: number[] }[];
}

const script = await readFile(new URL('./scripts/soundClassifiers.py', import.meta.url), 'utf8');

for (const generation of ['new', 'old'] as const) {
  const folder = await mkdtemp(path.join(tmpdir(), 'sounds-'));
  const { models, features } = await runPython<SoundAnswers>(generation, script, { folder });

  describe(`classifiers of sounds from their weights, ${generation} Python`, () => {
    const engine = new InferenceEngine();
    after(() => rm(folder, { recursive: true, force: true }));
    const soundOf = async (samples: number): Promise<Float32Array> =>
      new Float32Array(new Uint8Array(await readFile(path.join(folder, `${samples}.f32`))).buffer);

    for (const { name, path: modelPath, samples, predictions, error } of models) {
      it(`${name}, ${samples} samples: what mlflow.pyfunc answers`, async () => {
        const { handle } = await engine.load({ modelPath, modelUri: modelPath, device: 'cpu', precision: 'fp32' });
        const answer = engine.predict({ handle, data: await soundOf(samples) });
        if (error === undefined) {
          const { predictions: found } = await answer;
          assert.equal(difference(JSON.parse(JSON.stringify(found)), predictions), undefined);
        } else await assert.rejects(answer, { message: error });
        await engine.unload({ handle });
      });
    }

    for (const { config, samples, dims, values } of features) {
      const { num_mel_bins: bands, sampling_rate: rate } = config;
      it(`AST's features of ${samples} samples in ${String(bands)} bands at ${String(rate)} Hz are transformers' own`, async () => {
        const extractor = new AstFeatureExtractor(config);
        const found = extractor.extract(await soundOf(samples));
        assert.deepEqual(found.dims, dims);
        const thinned = Array.from(found.data, Number).filter((_, index) => index % 17 === 0);
        assert.equal(difference(thinned, values), undefined);
      });
    }
  });
}
