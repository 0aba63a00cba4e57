import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { openStores } from '../../src/core/tracking/openStores.js';
import type { Experiment, Run } from '../../src/core/tracking/entities.js';
import { describeStoreInPython, makeStoreInPython } from '../helpers/pythonStores.js';
import { runPython } from '../helpers/python.js';

interface PythonStore {
  experiments: (Omit<Experiment, 'tags'> & { tags: Record<string, string> })[];
  runs: Run[];
  history: { value: number | string; step: number; timestamp: number }[];
  models: Record<string, unknown>[];
  registered: Record<string, unknown>[];
  versions: Record<string, unknown>[];
}

/** Python's JSON has no NaN; both sides show such numbers as text. */
function comparable(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, item: unknown) =>
      typeof item === 'number' && !Number.isFinite(item) ? String(item) : item,
    ),
  );
}

for (const generation of ['new', 'old'] as const) {
  test(`a file store that MLflow ${generation === 'new' ? 3 : 2} wrote reads as MLflow reads it`, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'file store ü-'));
    const uri = `file://${path.join(folder, 'mlruns')}`;
    const expected = await runPython<PythonStore>(generation, makeStoreInPython + describeStoreInPython, { uri });
    const { tracking, registry } = await openStores({ trackingUri: uri, cwd: folder, environment: {} });
    const experiments = (await tracking.searchExperiments({ viewType: 'ALL' })).items;
    const byId = <T extends { experimentId: string }>(items: T[]) =>
      [...items].sort((a, b) => (a.experimentId < b.experimentId ? -1 : 1));
    assert.deepEqual(byId(experiments), byId(expected.experiments));
    const runs = (
      await tracking.searchRuns({ experimentIds: experiments.map((e) => e.experimentId), runViewType: 'ALL' })
    ).items;
    const byRunId = (items: Run[]) => [...items].sort((a, b) => (a.info.runId < b.info.runId ? -1 : 1));
    assert.deepEqual(comparable(byRunId(runs)), byRunId(expected.runs));
    for (const run of expected.runs) {
      assert.deepEqual(comparable(await tracking.getRun({ runId: run.info.runId })), run);
    }
    const main = expected.runs.find((run) => run.data.tags['main'] === 'yes');
    assert.ok(main);
    const history = await tracking.getMetricHistory({ runId: main.info.runId, key: 'loss/train' });
    assert.deepEqual(
      comparable(history.items.map(({ value, step, timestamp }) => ({ value, step, timestamp }))),
      expected.history,
    );
    const models = await tracking.searchLoggedModels({ experimentIds: experiments.map((e) => e.experimentId) });
    assert.deepEqual(comparable(models.items.sort((a, b) => (a.modelId < b.modelId ? -1 : 1))), expected.models);
    const registered = (await registry.searchRegisteredModels()).items;
    assert.deepEqual(
      registered.map(({ latestVersions, ...model }) => ({
        ...model,
        latest: latestVersions.map((v) => v.version).sort(),
      })),
      expected.registered,
    );
    const versions = (await registry.searchModelVersions()).items;
    assert.deepEqual(
      versions.sort((a, b) => Number(a.version) - Number(b.version)),
      expected.versions,
    );
  });
}
