import { MlflowError } from '../../../src/core/errors.js';
import type { Experiment, LoggedModel, Run, Tags } from '../../../src/core/tracking/entities.js';
import type { RegistryStore } from '../../../src/core/registry/registryStore.js';
import type { TrackingStore } from '../../../src/core/tracking/trackingStore.js';
import type { StoreOpener, StoreSession } from '../../../src/host/stores/storeSession.js';

export function fakeRun(runId: string, tags: Tags = {}): Run {
  return {
    info: {
      runId,
      runName: `name of ${runId}`,
      experimentId: '1',
      userId: 'someone',
      status: 'FINISHED',
      startTime: 1000,
      endTime: 2000,
      lifecycleStage: 'active',
      artifactUri: `/artifacts/${runId}`,
    },
    data: { metrics: {}, metricObjects: [], params: {}, tags: { ...tags } },
    inputs: { datasetInputs: [], modelInputs: [] },
    outputs: { modelOutputs: [] },
  };
}

export function fakeExperiment(experimentId: string): Experiment {
  return {
    experimentId,
    name: `experiment ${experimentId}`,
    artifactLocation: `/artifacts/${experimentId}`,
    lifecycleStage: 'active',
    creationTime: 0,
    lastUpdateTime: 0,
    tags: {},
  };
}

/** A store in memory, as much of it as the tree asks for. Every question is counted by its name. */
export class FakeStore implements StoreOpener {
  experiments: Experiment[] = [fakeExperiment('1')];
  runs: Run[] = [];
  models: LoggedModel[] = [];
  token = 0;
  failure: MlflowError | undefined;
  /** Thrown by every question while it is set. */
  lock: MlflowError | undefined;
  readonly calls: string[] = [];

  async open(): Promise<StoreSession> {
    if (this.failure !== undefined) throw this.failure;
    const count =
      <T>(name: string, answer: () => T) =>
      async (): Promise<T> => {
        this.calls.push(name);
        if (this.lock !== undefined) throw this.lock;
        return answer();
      };
    const tracking = {
      searchExperiments: count('searchExperiments', () => ({ items: [...this.experiments], token: null })),
      searchRuns: async ({ maxResults = 1000 }: { maxResults?: number }) => {
        this.calls.push('searchRuns');
        if (this.lock !== undefined) throw this.lock;
        const items = this.runs.slice(0, maxResults).map((run) => structuredClone(run));
        return { items, token: this.runs.length > maxResults ? 'next' : null };
      },
      searchLoggedModels: count('searchLoggedModels', () => ({ items: [...this.models], token: null })),
      getMetricHistory: count('getMetricHistory', () => ({ items: [], token: null })),
      changeToken: async () => String(this.token),
    } as unknown as TrackingStore;
    return {
      tracking,
      registry: {
        searchRegisteredModels: count('searchRegisteredModels', () => ({ items: [], token: null })),
      } as unknown as RegistryStore,
      countRuns: async () => ({ count: this.runs.length, isExact: true }),
      resolveModelUri: () => Promise.reject(MlflowError.doesNotExist('none')),
      artifacts: () => Promise.reject(MlflowError.doesNotExist('none')),
      close: () => Promise.resolve(),
    };
  }
}
