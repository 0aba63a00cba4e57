import type { Run, ViewType } from '../../core/tracking/entities.js';
import type { RunColumn } from './treeNode.js';

/** Which runs the tree shows, in which order, with which columns. Kept for the workspace. */
export interface RunView {
  /** MLflow's filter language; empty shows all. */
  filterString: string;
  /** `order_by` terms of MLflow; empty is the newest first. */
  orderBy: string[];
  /** `null` until chosen: then the metric that most runs have. */
  columns: RunColumn[] | null;
  showDeleted: boolean;
}

export const initialRunView: RunView = { filterString: '', orderBy: [], columns: null, showDeleted: false };

export function runViewType(view: RunView): ViewType {
  return view.showDeleted ? 'ALL' : 'ACTIVE_ONLY';
}

/** A kept value as a run view; what is missing or of another type is the initial one's. */
export function restoreRunView(kept: unknown): RunView {
  if (typeof kept !== 'object' || kept === null) return initialRunView;
  const view = kept as Partial<Record<keyof RunView, unknown>>;
  return {
    filterString: typeof view.filterString === 'string' ? view.filterString : '',
    orderBy: Array.isArray(view.orderBy) ? view.orderBy.filter((term) => typeof term === 'string') : [],
    columns: Array.isArray(view.columns) ? view.columns.filter(isColumn) : null,
    showDeleted: view.showDeleted === true,
  };
}

/** The metric that most of the runs have, the first by name among equals; none without metrics. */
export function defaultColumns(runs: readonly Run[]): RunColumn[] {
  const counts = new Map<string, number>();
  for (const run of runs) for (const key of Object.keys(run.data.metrics)) counts.set(key, (counts.get(key) ?? 0) + 1);
  const [best] = [...counts].sort(([left, many], [right, more]) => more - many || left.localeCompare(right));
  return best === undefined ? [] : [{ kind: 'metrics', key: best[0] }];
}

function isColumn(value: unknown): value is RunColumn {
  const column = value as Partial<RunColumn> | null;
  return (column?.kind === 'metrics' || column?.kind === 'params') && typeof column.key === 'string';
}

/** An `order_by` term. Keys are quoted, since they may hold anything. */
export function orderByTerm(kind: 'metrics' | 'params' | 'attributes', key: string, isAscending: boolean): string {
  const name = kind === 'attributes' ? key : `\`${key}\``;
  return `${kind}.${name} ${isAscending ? 'ASC' : 'DESC'}`;
}
