import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { masked, ourSave, textFiles, writeArgumentFiles, type Checkpoint } from '../helpers/saveHarness.js';
import { readGolden, writeGoldenCheckpoint } from './transformersGolden.js';

const root = await mkdtemp(path.join(tmpdir(), 'golden-'));
after(() => rm(root, { recursive: true, force: true }));
await writeArgumentFiles(root);
const goldens = [
  { generation: 'new', golden: await readGolden('new') },
  { generation: 'old', golden: await readGolden('old') },
] as const;

for (const { generation, golden } of goldens) {
  const made = new Map<string, Checkpoint>();
  for (const checkpoint of golden.checkpoints) {
    const folder = path.join(root, generation, 'checkpoints', checkpoint.name);
    await writeGoldenCheckpoint(folder, checkpoint);
    made.set(checkpoint.name, { ...checkpoint, folder, input: null, params: null });
  }
  describe(`files that MLflow ${golden.versions['mlflow']} wrote`, () => {
    for (const [index, { test, files: wanted }] of golden.cases.entries()) {
      it(test.name, async () => {
        const target = path.join(root, generation, String(index));
        await ourSave(test, made.get(test.checkpoint)!, target, { root, generation, versions: golden.versions });
        const files = Object.entries(await textFiles(target));
        assert.deepEqual(Object.fromEntries(files.map(([name, text]) => [name, masked(text, root)])), wanted);
      });
    }
  });
}
