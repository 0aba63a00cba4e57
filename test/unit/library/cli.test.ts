import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MlflowClient } from '../../../src/core/client/mlflowClient.js';

const cli = fileURLToPath(new URL('../../../src/cli.ts', import.meta.url));
const loader = import.meta.resolve('tsx');
const folder = mkdtempSync(path.join(tmpdir(), 'cli-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--import', loader, cli, ...args], { cwd: folder, encoding: 'utf8', input: '' });
}

describe('mlflow-transformers on the command line', () => {
  it('prints runs as JSON on stdout', async () => {
    const client = new MlflowClient({ trackingUri: path.join(folder, 'mlruns') });
    const { info } = await client.createRun({ experimentId: '0', runName: 'a' });
    await client.logMetric({ runId: info.runId, key: 'm', value: 2 });
    const { status, stdout, stderr } = run('search-runs', '--tracking-uri', 'mlruns', '--filter', 'metrics.m > 1');
    assert.equal(stderr, '');
    assert.equal(status, 0);
    const runs = JSON.parse(stdout) as { info: { runId: string }; data: { metrics: unknown } }[];
    assert.deepEqual([runs[0]?.info.runId, runs[0]?.data.metrics], [info.runId, { m: 2 }]);
  });

  it('prints what an MLmodel says', () => {
    writeFileSync(path.join(folder, 'MLmodel'), 'flavors: {}\nmodel_uuid: x\n');
    const { status, stdout } = run('inspect', folder);
    assert.equal(status, 0);
    const { model, weights } = JSON.parse(stdout) as { model: { model_uuid: string }; weights: unknown };
    assert.deepEqual([model.model_uuid, weights], ['x', null]);
  });

  it('ends with 1 and the error code on stderr when something fails, 2 for wrong arguments', () => {
    const failed = run('search-runs', '--tracking-uri', 'mlruns', '--filter', 'bad');
    assert.deepEqual([failed.status, failed.stdout], [1, '']);
    assert.match(failed.stderr, /^INVALID_PARAMETER_VALUE: Invalid clause\(s\) in filter string: 'bad'/);
    for (const args of [[], ['nope'], ['inspect'], ['--frob'], ['search-runs', '--max', 'many']]) {
      const wrong = run(...args);
      assert.deepEqual([args, wrong.status, wrong.stdout], [args, 2, '']);
      assert.match(wrong.stderr, /Usage: mlflow-transformers/);
    }
  });

  it('prints the usage on stdout when asked for it', () => {
    const { status, stdout } = run('--help');
    assert.equal(status, 0);
    assert.match(stdout, /^Usage: /);
  });
});
