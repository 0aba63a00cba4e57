import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { InferenceEngine } from '../../src/worker/engine/inferenceEngine.js';
import { difference } from '../helpers/closeValues.js';
import { runPython } from '../helpers/python.js';

interface LoggedClassifier {
  name: string;
  path: string;
  predictions: unknown;
}

const script = await readFile(new URL('./scripts/visionModels.py', import.meta.url), 'utf8');

for (const generation of ['new', 'old'] as const) {
  const folder = await mkdtemp(path.join(tmpdir(), 'vision-'));
  const classifiers = await runPython<LoggedClassifier[]>(generation, script, { folder });

  describe(`image classifiers from their weights, ${generation} Python`, () => {
    const engine = new InferenceEngine();
    const images = ['wide', 'tall'].map((image) => path.join(folder, `${image}.png`));
    after(() => rm(folder, { recursive: true, force: true }));
    for (const { name, path: modelPath, predictions } of classifiers) {
      it(`${name}: the labels and scores of mlflow.pyfunc`, async () => {
        const { handle } = await engine.load({ modelPath, modelUri: modelPath, device: 'cpu', precision: 'fp32' });
        const { predictions: found } = await engine.predict({ handle, data: images });
        await engine.unload({ handle });
        assert.equal(difference(JSON.parse(JSON.stringify(found)), predictions), undefined);
      });
    }
  });
}
