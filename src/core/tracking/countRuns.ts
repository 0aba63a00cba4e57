import type { ViewType } from './entities.js';
import type { TrackingStore } from './trackingStore.js';

export interface CountRunsOptions {
  experimentId: string;
  filterString?: string | undefined;
  runViewType?: ViewType | undefined;
}

/** How many runs there are: exactly, or at least. */
export interface RunCount {
  count: number;
  isExact: boolean;
}

/** A store that can count without reading the runs. */
interface CountingStore {
  countRuns(options: CountRunsOptions): Promise<RunCount>;
}

const pageSize = 50_000;

/** Counts runs, by the store's own short cut where it has one. */
export async function countRuns(store: TrackingStore, options: CountRunsOptions): Promise<RunCount> {
  const counting = store as TrackingStore & Partial<CountingStore>;
  if (counting.countRuns !== undefined) return counting.countRuns(options);
  const { items, token } = await store.searchRuns({
    experimentIds: [options.experimentId],
    filterString: options.filterString,
    runViewType: options.runViewType,
    maxResults: pageSize,
  });
  return { count: items.length, isExact: token === null };
}
