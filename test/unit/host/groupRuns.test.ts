import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { groupRuns, type ListedRun } from '../../../src/host/commands/groupRuns.js';
import { fakeRun } from './fakeStore.js';

function listed(runId: string, experimentId: string, startTime: number, storeUri = 'sqlite:////a.db'): ListedRun {
  const run = fakeRun(runId);
  run.info = { ...run.info, experimentId, startTime };
  return { storeUri, storeLabel: storeUri, run, experimentName: `experiment ${experimentId}` };
}

function shown(runs: readonly ListedRun[], beside?: ListedRun): [string, string[]][] {
  return groupRuns(runs, beside).map(({ experimentName, runs: members }) => [
    experimentName,
    members.map(({ run }) => run.info.runId),
  ]);
}

describe('runs to choose from', () => {
  const runs = [listed('a1', '1', 10), listed('b1', '2', 50), listed('a2', '1', 30), listed('b2', '2', 20)];

  it('are grouped by experiment, the one that ran last first, and each newest first', () => {
    assert.deepEqual(shown(runs), [
      ['experiment 2', ['b1', 'b2']],
      ['experiment 1', ['a2', 'a1']],
    ]);
  });

  it('beside a run: those of its experiment first, and not itself', () => {
    assert.deepEqual(shown(runs, runs[0]), [
      ['experiment 1', ['a2']],
      ['experiment 2', ['b1', 'b2']],
    ]);
  });

  it('experiments with the same id in two stores are two groups', () => {
    const other = listed('c1', '1', 5, 'sqlite:////b.db');
    assert.deepEqual(shown([...runs, other], other).length, 2);
    assert.deepEqual(shown([...runs, other]).length, 3);
  });
});
