import type { Run } from '../../core/tracking/entities.js';

/** A run with the store it is in. */
export interface RunReference {
  storeUri: string;
  run: Run;
}

export interface ListedRun extends RunReference {
  storeLabel: string;
  experimentName: string;
}

export interface RunGroup {
  experimentName: string;
  storeLabel: string;
  /** Newest first. */
  runs: ListedRun[];
}

/** Runs by experiment: that of `beside` first (without `beside` itself), then those whose newest run is the newest. */
export function groupRuns(runs: readonly ListedRun[], beside?: RunReference): RunGroup[] {
  const groups = new Map<string, ListedRun[]>();
  for (const listed of runs) {
    const { storeUri, run } = listed;
    if (beside?.storeUri === storeUri && beside.run.info.runId === run.info.runId) continue;
    const key = groupKey(listed);
    groups.set(key, [...(groups.get(key) ?? []), listed]);
  }
  const first = beside === undefined ? undefined : groupKey(beside);
  const startOf = ([newest]: readonly ListedRun[]): number => newest?.run.info.startTime ?? 0;
  const newestFirst = (left: ListedRun, right: ListedRun): number => right.run.info.startTime - left.run.info.startTime;
  return [...groups]
    .map(([key, members]) => ({ key, members: [...members].sort(newestFirst) }))
    .sort((left, right) => {
      const preferred = Number(right.key === first) - Number(left.key === first);
      return preferred !== 0 ? preferred : startOf(right.members) - startOf(left.members);
    })
    .map(({ members }) => ({
      experimentName: members[0]?.experimentName ?? '',
      storeLabel: members[0]?.storeLabel ?? '',
      runs: members,
    }));
}

function groupKey({ storeUri, run }: RunReference): string {
  return JSON.stringify([storeUri, run.info.experimentId]);
}
