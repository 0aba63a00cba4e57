import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MlflowError } from '../../src/core/errors.js';
import type { RegistryStore } from '../../src/core/registry/registryStore.js';
import type { LoggedModel, ModelVersion, Run } from '../../src/core/tracking/entities.js';
import {
  filterExperiments,
  filterModelVersions,
  filterRegisteredModels,
  filterRuns,
  sortExperiments,
  sortModelVersions,
  sortRegisteredModels,
  sortRuns,
} from '../../src/core/tracking/search/evaluate.js';
import { filterLoggedModels, sortLoggedModels } from '../../src/core/tracking/search/evaluateLoggedModels.js';
import { openSqliteStores } from '../../src/core/tracking/sqlite/openSqliteStores.js';
import type { LoggedModelOrderBy, TrackingStore } from '../../src/core/tracking/trackingStore.js';
import { floatRepr } from '../../src/core/serialization/pythonRepr.js';
import type { PythonGeneration } from '../helpers/environment.js';
import { runPython } from '../helpers/python.js';
import { searchCases, type OrderBy, type SearchCase } from './sqliteSearchCases.js';

interface Found {
  ids?: unknown[];
  token?: string | null;
  error?: string;
  message?: string;
}

interface PythonView {
  runs: Record<string, unknown>[];
  experiments: Record<string, unknown>[];
  loggedModels: Record<string, unknown>[];
  registeredModels: Record<string, unknown>[];
  versions: Record<string, unknown>[];
  downloadUris: string[];
  histories: [string, string, unknown[]][];
  searches: Found[];
  memory?: Found[];
}

const script = readFileSync(new URL('../fixtures/sqlite/buildStore.py', import.meta.url), 'utf8');
const experimentIds = ['0', '1', '2', '3', '4'];

for (const generation of ['new', 'old'] as PythonGeneration[]) {
  describe(`a store that Python (${generation}) filled`, () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sqlite-read-'));
    const file = path.join(folder, 'mlflow.db');
    let python: PythonView;
    let tracking: TrackingStore;
    let registry: RegistryStore;

    before(async () => {
      const searches = searchCases.filter(([kind]) => generation === 'new' || kind !== 'loggedModels');
      python = await runPython<PythonView>(generation, script, { file, searches }, { cwd: folder });
      ({ tracking, registry } = await openSqliteStores(`sqlite:///${file}`));
    });
    after(async () => {
      await tracking.close();
      await registry.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it('reads the same runs', async () => {
      assert.equal(python.runs.length, 61);
      for (const expected of python.runs) {
        const run = await tracking.getRun({ runId: String(expected['runId']) });
        assert.deepEqual(runView(run), expected);
      }
    });

    it('reads the same experiments', async () => {
      const { items } = await tracking.searchExperiments({ viewType: 'ALL' });
      const view = items.map(({ lifecycleStage, ...rest }) => ({ ...rest, stage: lifecycleStage }));
      assert.deepEqual(
        view,
        python.experiments.map((item) => ({ ...item })),
      );
      assert.equal((await tracking.getExperimentByName({ name: 'gone' }))?.lifecycleStage, 'deleted');
      assert.equal(await tracking.getExperimentByName({ name: 'nobody' }), null);
    });

    it('reads the same logged models', async () => {
      assert.equal(python.loggedModels.length, generation === 'new' ? 11 : 0);
      for (const expected of python.loggedModels) {
        const model = await tracking.getLoggedModel({ modelId: String(expected['modelId']) });
        assert.deepEqual(modelView(model), expected);
      }
    });

    it('reads the same registered models, versions and download locations', async () => {
      const models = (await registry.searchRegisteredModels()).items;
      const view = models.map((model) => ({ ...model, latestVersions: model.latestVersions.map(versionView) }));
      assert.deepEqual(view, python.registeredModels);
      const uris: string[] = [];
      for (const expected of python.versions) {
        const key = { name: String(expected['name']), version: String(expected['version']) };
        assert.deepEqual(versionView(await registry.getModelVersion(key)), expected);
        uris.push(await registry.getModelVersionDownloadUri(key));
      }
      assert.deepEqual(uris, python.downloadUris);
    });

    it('reads the same metric histories, paged', async () => {
      for (const [runId, key, expected] of python.histories) {
        const points: unknown[] = [];
        let pageToken: string | undefined;
        do {
          const page = await tracking.getMetricHistory({ runId, key, maxResults: 2, pageToken });
          points.push(...page.items.map(({ value, timestamp, step }) => [floatRepr(value), timestamp, step]));
          pageToken = page.token ?? undefined;
        } while (pageToken !== undefined);
        assert.deepEqual(points, expected);
      }
    });

    it('AB1-AB10 finds the same in the same order, or refuses with the same words', async () => {
      const cases = searchCases.filter(([kind]) => generation === 'new' || kind !== 'loggedModels');
      const differences: string[] = [];
      let compared = 0;
      for (const [index, one] of cases.entries()) {
        const expected = python.searches[index] as Found;
        if (generation === 'old' && isNewerGrammar(one, expected)) continue;
        const got = await search(tracking, registry, one);
        if (generation === 'old' && got.error !== undefined) continue;
        compared += 1;
        compare(one, got, expected, differences);
      }
      assert.deepEqual(differences.slice(0, 10), []);
      assert.ok(compared > (generation === 'new' ? cases.length - 1 : 400), `${compared} searches compared`);
    });

    it('leaves nothing beside the database and does not change it', async () => {
      const before = statSync(file).mtimeMs;
      await tracking.searchRuns({ experimentIds });
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.startsWith('mlflow.db')),
        ['mlflow.db'],
      );
      assert.equal(statSync(file).mtimeMs, before);
    });

    if (generation === 'new') {
      it('in memory, finds what the file store finds', async () => {
        const memory = await loadEverything(tracking, registry);
        const differences: string[] = [];
        for (const [index, one] of searchCases.entries()) {
          if (one[3].max !== undefined || isUnsortableInPython(one)) continue;
          compare(one, searchMemory(memory, one), (python.memory as Found[])[index] as Found, differences);
        }
        assert.deepEqual(differences.slice(0, 10), []);
      });
    }
  });
}

/** MLflow 2.16 lacked parts of the grammar, worded refusals otherwise, and let NaN's placeholder match. */
function isNewerGrammar([kind, filter, orderBy]: SearchCase, expected: Found): boolean {
  if (expected.error !== undefined) return true;
  const text = `${filter ?? ''}${JSON.stringify(orderBy ?? '')}`;
  if (text.includes('is_prompt')) return true;
  return kind === 'runs' && (text.includes('metrics.m') || /run_id (not )?in/i.test(text));
}

/** Python's file store fails where an order compares text with nothing; we put nothing last, as the SQL store does. */
function isUnsortableInPython([kind, , orderBy]: SearchCase): boolean {
  const [first] = orderBy ?? [];
  return kind === 'loggedModels' && typeof first === 'object' && first.field_name === 'model_type';
}

function compare(one: SearchCase, got: Found, expected: Found, differences: string[]): void {
  const left = JSON.stringify(normalized(got));
  const right = JSON.stringify(normalized(expected));
  if (left !== right) differences.push(`${JSON.stringify(one)}\n  ours   ${left}\n  python ${right}`);
}

/** Sets print in any order, addresses and statement texts differ, and Python's plain errors have no code. */
function normalized(found: Found): Found {
  if (found.error === undefined) return found;
  const code = found.error === 'PYTHON' ? 'INVALID_PARAMETER_VALUE' : found.error;
  const message = (found.message ?? '')
    .replace(/\{([^{}]*)\}/g, (_, items: string) => `{${items.split(', ').sort().join(', ')}}`)
    .replace(/malformed node or string.*$/s, 'malformed node')
    .replace(/Error binding parameter.*$/s, 'Error binding parameter')
    .replace("'LoggedModelStatus'", "'str'")
    .replace(/\n\[SQL.*$/s, '');
  return { error: code, message };
}

async function search(tracking: TrackingStore, registry: RegistryStore, one: SearchCase): Promise<Found> {
  const [kind, filter, orderBy, extra] = one;
  const filterString = filter ?? undefined;
  const texts = (orderBy ?? undefined) as string[] | undefined;
  const maxResults = extra.max;
  try {
    switch (kind) {
      case 'runs': {
        const runViewType = (extra.view ?? 'ALL') as 'ALL';
        const page = await tracking.searchRuns({
          experimentIds,
          filterString,
          orderBy: texts,
          maxResults,
          runViewType,
        });
        return { ids: page.items.map(({ info }) => info.runId), token: page.token };
      }
      case 'experiments': {
        const page = await tracking.searchExperiments({ viewType: 'ALL', filterString, orderBy: texts, maxResults });
        return { ids: page.items.map(({ experimentId }) => experimentId), token: page.token };
      }
      case 'registeredModels': {
        const page = await registry.searchRegisteredModels({ filterString, orderBy: texts, maxResults });
        return { ids: page.items.map(({ name }) => name), token: page.token };
      }
      case 'modelVersions': {
        const page = await registry.searchModelVersions({ filterString, orderBy: texts, maxResults });
        return { ids: page.items.map(({ name, version }) => [name, version]), token: page.token };
      }
      case 'loggedModels': {
        const page = await tracking.searchLoggedModels({
          experimentIds: ['0', '1'],
          filterString,
          orderBy: orderBy === null ? undefined : loggedModelOrder(orderBy),
          maxResults,
          datasets: datasetsOf(extra),
        });
        return { ids: page.items.map(({ modelId }) => modelId), token: page.token };
      }
    }
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): Found {
  const { errorCode, message } = MlflowError.from(error);
  return { error: errorCode, message };
}

function loggedModelOrder(orderBy: OrderBy[]): LoggedModelOrderBy[] {
  return orderBy.map((order) => {
    assert.ok(typeof order === 'object');
    return {
      fieldName: order.field_name,
      ascending: order.ascending,
      datasetName: order.dataset_name,
      datasetDigest: order.dataset_digest,
    };
  });
}

function datasetsOf(extra: SearchCase[3]): { datasetName: string; datasetDigest?: string | undefined }[] | undefined {
  return extra.datasets?.map((dataset) => ({
    datasetName: dataset.dataset_name ?? '',
    datasetDigest: dataset.dataset_digest,
  }));
}

type Everything = Awaited<ReturnType<typeof loadEverything>>;

async function loadEverything(tracking: TrackingStore, registry: RegistryStore) {
  const isPrompt = "tags.`mlflow.prompt.is_prompt` = 'true'";
  const { items: found } = await tracking.searchRuns({ experimentIds, runViewType: 'ALL' });
  return {
    runs: await Promise.all(found.map(({ info }) => tracking.getRun({ runId: info.runId }))),
    experiments: (await tracking.searchExperiments({ viewType: 'ALL' })).items,
    registeredModels: [
      ...(await registry.searchRegisteredModels()).items,
      ...(await registry.searchRegisteredModels({ filterString: isPrompt })).items,
    ],
    versions: [
      ...(await registry.searchModelVersions()).items,
      ...(await registry.searchModelVersions({ filterString: isPrompt })).items,
    ],
    loggedModels: (await tracking.searchLoggedModels({ experimentIds: ['0', '1'] })).items.map((model) => ({
      ...model,
      metrics: [...model.metrics].sort((left, right) => left.step - right.step),
    })),
  };
}

function searchMemory(memory: Everything, [kind, filter, orderBy, extra]: SearchCase): Found {
  const texts = orderBy as string[] | null;
  try {
    switch (kind) {
      case 'runs':
        return { ids: sortRuns(filterRuns(memory.runs, filter), texts).map(({ info }) => info.runId) };
      case 'experiments':
        return {
          ids: sortExperiments(filterExperiments(memory.experiments, filter), texts).map((item) => item.experimentId),
        };
      case 'registeredModels':
        return {
          ids: sortRegisteredModels(filterRegisteredModels(memory.registeredModels, filter), texts).map(
            ({ name }) => name,
          ),
        };
      case 'modelVersions': {
        const found = sortModelVersions(filterModelVersions(memory.versions, filter), texts);
        return { ids: found.map(({ name, version }) => [name, version]) };
      }
      case 'loggedModels': {
        const found = filterLoggedModels(memory.loggedModels, filter, datasetsOf(extra));
        return {
          ids: sortLoggedModels(found, orderBy === null ? null : loggedModelOrder(orderBy)).map((m) => m.modelId),
        };
      }
    }
  } catch (error) {
    return failure(error);
  }
}

function runView({ info, data, inputs, outputs }: Run): Record<string, unknown> {
  const { lifecycleStage, ...rest } = info;
  return {
    ...rest,
    stage: lifecycleStage,
    params: data.params,
    tags: data.tags,
    metrics: Object.fromEntries(
      data.metricObjects.map(({ key, value, timestamp, step }) => [key, [floatRepr(value), timestamp, step]]),
    ),
    datasets: inputs.datasetInputs.map(({ dataset, tags }) => [
      ...[dataset.name, dataset.digest, dataset.sourceType, dataset.source, dataset.schema, dataset.profile],
      tags,
    ]),
    modelInputs: inputs.modelInputs.map(({ modelId }) => modelId),
    modelOutputs: outputs.modelOutputs.map(({ modelId, step }) => [modelId, step]).sort(),
  };
}

function modelView(model: LoggedModel): Record<string, unknown> {
  const metrics = model.metrics.map(({ key, value, timestamp, step, datasetName, datasetDigest, runId }) => [
    ...[key, floatRepr(value), timestamp, step, datasetName, datasetDigest, runId],
  ]);
  return { ...model, metrics: metrics.sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1)) };
}

function versionView({ modelId, ...version }: ModelVersion): Record<string, unknown> {
  assert.equal(modelId, null);
  return { ...version, aliases: [...version.aliases].sort() };
}
