import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Experiment, ModelVersion, RegisteredModel, Run } from '../../../src/core/tracking/entities.js';
import {
  filterExperiments,
  filterModelVersions,
  filterRegisteredModels,
  filterRuns,
  sortExperiments,
  sortModelVersions,
  sortRuns,
} from '../../../src/core/tracking/search/evaluate.js';
import { createPageToken, parsePageToken } from '../../../src/core/tracking/search/pageToken.js';

function run(
  runId: string,
  more: {
    startTime?: number;
    metrics?: Record<string, number>;
    params?: Record<string, string>;
    tags?: Record<string, string>;
  } = {},
): Run {
  return {
    info: {
      ...{
        runId,
        runName: runId,
        experimentId: '0',
        userId: 'u',
        status: 'FINISHED' as const,
        startTime: more.startTime ?? 0,
      },
      ...{ endTime: null, lifecycleStage: 'active' as const, artifactUri: '' },
    },
    data: { metrics: more.metrics ?? {}, metricObjects: [], params: more.params ?? {}, tags: more.tags ?? {} },
    inputs: { datasetInputs: [], modelInputs: [] },
    outputs: { modelOutputs: [] },
  };
}

const ids = (runs: Run[]): string[] => runs.map(({ info }) => info.runId);

describe('searching entities in memory', () => {
  it('AB2 puts real values first, then NaN, then what is missing, in both directions', () => {
    const runs = [
      run('none'),
      run('nan', { metrics: { m: Number.NaN } }),
      run('inf', { metrics: { m: Infinity } }),
      run('low', { metrics: { m: -Infinity } }),
      run('one', { metrics: { m: 1 } }),
    ];
    assert.deepEqual(ids(sortRuns(runs, ['metrics.m'])), ['low', 'one', 'inf', 'nan', 'none']);
    assert.deepEqual(ids(sortRuns(runs, ['metrics.m DESC'])), ['inf', 'one', 'low', 'nan', 'none']);
  });

  it('AB2 breaks ties by the newest start, then by id', () => {
    const runs = [run('b', { startTime: 1 }), run('a', { startTime: 1 }), run('c', { startTime: 2 })];
    assert.deepEqual(ids(sortRuns(runs, null)), ['c', 'a', 'b']);
    assert.deepEqual(ids(sortRuns(runs, ['status'])), ['c', 'a', 'b']);
  });

  it('AB2 of several faulty orders the last is refused, and a dataset only where there are runs', () => {
    assert.throws(() => sortRuns([], ['nonsense', 'metrics.m upwards']), /Invalid ordering key .*upwards/);
    assert.deepEqual(sortRuns([], ['dataset.name']), []);
    assert.throws(() => sortRuns([run('a')], ['dataset.name']), /Invalid order_by entity type 'dataset'/);
  });

  it('AB3 what is missing satisfies nothing, != included', () => {
    const runs = [run('with', { params: { p: '1' } }), run('without')];
    assert.deepEqual(ids(filterRuns(runs, "params.p != '2'")), ['with']);
    assert.deepEqual(ids(filterRuns(runs, 'params.p IS NULL')), ['without']);
    assert.deepEqual(ids(filterRuns(runs, 'params.p is not null')), ['with']);
    assert.deepEqual(ids(filterRuns(runs, "params.toString != 'x'")), []);
  });

  it('AB4 AB5 compares NaN with != only, and patterns character by character', () => {
    const runs = [run('x', { metrics: { m: Number.NaN }, tags: { t: 'a.b(c)\n😀' } })];
    assert.equal(filterRuns(runs, 'metrics.m != 1').length, 1);
    assert.equal(filterRuns(runs, 'metrics.m <= 1').length, 0);
    assert.equal(filterRuns(runs, "tags.t LIKE 'a.b(c)%'").length, 1);
    assert.equal(filterRuns(runs, "tags.t LIKE 'a_b_c_%'").length, 1);
    assert.equal(filterRuns(runs, "tags.t LIKE 'axb%'").length, 0);
    assert.equal(filterRuns(runs, "tags.t LIKE '%😀'").length, 0);
    assert.equal(filterRuns(runs, "tags.t ILIKE 'A.B%'").length, 1);
  });

  it('notices an unsuitable comparator only where a run is looked at', () => {
    assert.deepEqual(filterRuns([], "status > 'a'"), []);
    assert.throws(() => filterRuns([run('x')], "status > 'a'"), /Invalid comparator '>' not one of/);
    assert.deepEqual(filterRuns([run('x')], "status = 'no' AND status > 'a'"), []);
  });

  it('orders experiments by newest, ids as text', () => {
    const experiment = (experimentId: string, creationTime: number | null): Experiment => ({
      ...{ experimentId, name: experimentId, artifactLocation: '', lifecycleStage: 'active' as const },
      ...{ creationTime, lastUpdateTime: null, tags: {} },
    });
    const experiments = [experiment('10', 1), experiment('9', 1), experiment('1', 2), experiment('0', null)];
    const order = (orderBy: string[] | null): string[] =>
      sortExperiments(experiments, orderBy).map((item) => item.name);
    assert.deepEqual(order(null), ['1', '10', '9', '0']);
    assert.deepEqual(order(['creation_time']), ['9', '10', '1', '0']);
    assert.throws(() => order(['tags.x']), /Invalid order_by entity: tag/);
    assert.equal(filterExperiments(experiments, 'creation_time > 0.5').length, 3);
  });

  it('hides prompts unless they are asked for', () => {
    const model = (name: string, tags: Record<string, string>): RegisteredModel => ({
      ...{
        name,
        creationTimestamp: 0,
        lastUpdatedTimestamp: 0,
        description: null,
        latestVersions: [],
        tags,
        aliases: {},
      },
    });
    const models = [model('m', {}), model('p', { 'mlflow.prompt.is_prompt': 'true' })];
    const names = (filter: string | null): string[] => filterRegisteredModels(models, filter).map(({ name }) => name);
    assert.deepEqual(names(null), ['m']);
    assert.deepEqual(names("name LIKE '%'"), ['m']);
    assert.deepEqual(names("tags.`mlflow.prompt.is_prompt` = 'true'"), ['p']);
    assert.deepEqual(names("tags.`mlflow.prompt.is_prompt` = 'false'"), ['m']);
  });

  it('compares and orders versions as numbers', () => {
    const versions = ['2', '10', '1'].map((version): ModelVersion => ({
      ...{ name: 'm', version, creationTimestamp: 0, lastUpdatedTimestamp: 0, description: null, userId: null },
      ...{ currentStage: 'None' as const, source: `s${version}`, runId: null, runLink: null, status: 'READY' as const },
      ...{ statusMessage: null, tags: {}, aliases: [], modelId: null },
    }));
    assert.deepEqual(
      sortModelVersions(versions, null).map(({ version }) => version),
      ['10', '2', '1'],
    );
    assert.deepEqual(
      filterModelVersions(versions, 'version_number > 1.9').map(({ version }) => version),
      ['2', '10'],
    );
    assert.throws(
      () => filterModelVersions(versions, "version_number = 'x'"),
      /invalid literal for int\(\) with base 10: 'x'/,
    );
  });

  it('AB9 page tokens are the base64 of a JSON object', () => {
    assert.equal(createPageToken(200), 'eyJvZmZzZXQiOiAyMDB9');
    assert.equal(parsePageToken(createPageToken(200)), 200);
    assert.equal(parsePageToken(undefined), 0);
    assert.throws(() => parsePageToken('x'), /could not base64-decode/);
    assert.throws(() => parsePageToken(Buffer.from('no').toString('base64')), /decoded value=b'no'/);
  });

  it("a page token for the first page is refused in Python's words", () => {
    assert.throws(() => parsePageToken(createPageToken(0)), /parsed value=\{'offset': 0\}$/);
  });
});
