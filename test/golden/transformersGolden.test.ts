import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { comparable, ourSave, savedFiles, writeArgumentFiles, type Checkpoint } from '../helpers/saveHarness.js';
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
    made.set(checkpoint.name, await writeGoldenCheckpoint(root, generation, checkpoint));
  }
  describe(`files that MLflow ${golden.versions['mlflow']} wrote`, () => {
    for (const [index, { test, ...wanted }] of golden.cases.entries()) {
      it(test.name, async () => {
        const target = path.join(root, generation, String(index));
        await ourSave(test, made.get(test.checkpoint)!, target, { root, generation, versions: golden.versions });
        const { files, tree } = await savedFiles(target);
        assert.deepEqual({ files: comparable(files, root), tree }, wanted);
      });
    }
  });
}
