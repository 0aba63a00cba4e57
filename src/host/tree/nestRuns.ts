import type { Run } from '../../core/tracking/entities.js';

/** The tag by which MLflow names a run's parent. */
export const parentRunTag = 'mlflow.parentRunId';

export interface NestedRuns {
  /** Runs without a parent among the given ones, in their order. */
  roots: Run[];
  /** Nested runs by the id of their parent, in their order. */
  nestedByParent: ReadonlyMap<string, Run[]>;
}

/** Sorts runs below their parents. A run whose parent is not among them, or that is its own ancestor, stays at the top. */
export function nestRuns(runs: readonly Run[]): NestedRuns {
  const parents = new Map<string, string>();
  const known = new Set(runs.map((run) => run.info.runId));
  for (const run of runs) {
    const parent = run.data.tags[parentRunTag];
    if (parent !== undefined && known.has(parent)) parents.set(run.info.runId, parent);
  }
  const roots: Run[] = [];
  const nestedByParent = new Map<string, Run[]>();
  for (const run of runs) {
    const parent = parents.get(run.info.runId);
    if (parent === undefined || isOwnAncestor(run.info.runId, parents)) {
      roots.push(run);
    } else {
      const siblings = nestedByParent.get(parent) ?? [];
      siblings.push(run);
      nestedByParent.set(parent, siblings);
    }
  }
  return { roots, nestedByParent };
}

function isOwnAncestor(runId: string, parents: ReadonlyMap<string, string>): boolean {
  const seen = new Set<string>();
  for (let id = parents.get(runId); id !== undefined && !seen.has(id); id = parents.get(id)) {
    if (id === runId) return true;
    seen.add(id);
  }
  return false;
}
