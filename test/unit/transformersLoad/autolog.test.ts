import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Fluent } from '../../../src/core/client/fluent.js';
import { silentLog } from '../../../src/core/ports.js';
import { autolog, type AutologOptions, type AutologSettings } from '../../../src/core/transformers/autolog.js';
import { createTransformers } from '../../../src/library/transformers.js';

test('autolog has the settings of Python, and says that it has no effect', () => {
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (message: string) => void warnings.push(message) };
  assert.deepEqual(autolog({ disable: true, extraTags: { a: 'b' } }, log), {
    logInputExamples: false,
    logModelSignatures: false,
    logModels: false,
    logDatasets: false,
    disable: true,
    exclusive: false,
    disableForUnsupportedVersions: false,
    silent: false,
    extraTags: { a: 'b' },
  });
  assert.deepEqual(warnings, []);
  autolog({}, log);
  assert.equal(warnings.length, 1);
  autolog({ silent: true }, log);
  assert.equal(warnings.length, 1);
});

test('autolog refuses settings that Python does not have, and values of another type', () => {
  assert.throws(() => autolog({ logEverything: true } as never), {
    errorCode: 'INVALID_PARAMETER_VALUE',
    message: "autolog() got an unexpected keyword argument 'log_everything'",
  });
  assert.throws(() => autolog({ disable: 'yes' } as never), { errorCode: 'INVALID_PARAMETER_VALUE' });
  assert.throws(() => autolog({ extraTags: { a: 1 } } as never), { errorCode: 'INVALID_PARAMETER_VALUE' });
});

describe('autolog with a store', () => {
  let root: string;
  let fluent: Fluent;
  let autologs: (options: AutologOptions) => AutologSettings;
  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'autolog-'));
    fluent = new Fluent();
    fluent.setTrackingUri(`sqlite:///${path.join(root, 'mlflow.db')}`);
    await fluent.setExperiment('trained elsewhere');
    autologs = createTransformers(fluent, {}).autolog;
  });
  after(() => rm(root, { recursive: true, force: true }));
  const runs = async () => (await fluent.client().searchRuns({ experimentIds: ['1'] })).items;
  const models = async () => (await fluent.client().searchLoggedModels({ experimentIds: ['1'] })).items;

  test('no run and no model comes of it by itself, inside a run or outside (Q1, Q3)', async () => {
    autologs({ logModels: true, logInputExamples: true, silent: true });
    assert.equal(fluent.activeRun(), null);
    assert.deepEqual([await runs(), await models()], [[], []]);
    await fluent.startRun({}, async () => {
      autologs({ logModels: true, silent: true });
      await fluent.logMetric('loss', 1);
    });
    const [run, ...others] = await runs();
    assert.deepEqual([others, await models()], [[], []]);
    assert.deepEqual(Object.keys(run!.data.metrics), ['loss']);
    assert.deepEqual(run!.data.params, {});
  });

  test('what is logged afterwards is logged as before, and disabled settings stay disabled (Q2)', async () => {
    const disabled = autologs({ disable: true });
    autologs({ silent: true });
    assert.equal(disabled.disable, true);
    const before = (await runs()).length;
    await fluent.startRun({}, () => fluent.logParam('C', '1'));
    const found = await runs();
    assert.equal(found.length, before + 1);
    assert.ok(found.some((run) => run.data.params['C'] === '1'));
  });
});
