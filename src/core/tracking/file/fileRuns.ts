import path from 'node:path';
import { appendToUriPath } from '../../artifacts/uri.js';
import { MlflowError } from '../../errors.js';
import type { Metric, PagedList, Run, RunInfo, RunStatus, ViewType } from '../entities.js';
import { newRandomName, newRunId } from '../identifiers.js';
import { paginate, searchRuns } from './fileSearch.js';
import type { CountRunsOptions, RunCount } from '../countRuns.js';
import type { CreateRunOptions, SearchRunsOptions } from '../trackingStore.js';
import { validateMetricName, validateTagName } from '../validation.js';
import { defaultExperimentId, type FileExperiments } from './fileExperiments.js';
import { reservedNames, type FileStoreFolder } from './fileStoreFolder.js';
import { makeFolder, readMeta, subfolders, writeMeta, writeText } from './files.js';
import { without, type Meta } from './metaYaml.js';
import { RunReader, runInfoOf, runStatuses } from './runReader.js';

const runNameTag = 'mlflow.runName';

/** Runs of a file store. Source: mlflow.store.tracking.file_store.FileStore */
export class FileRuns {
  readonly reader: RunReader;

  constructor(
    private readonly store: FileStoreFolder,
    private readonly experiments: FileExperiments,
  ) {
    this.reader = new RunReader(store);
  }

  /** @throws MlflowError RESOURCE_DOES_NOT_EXIST, INVALID_STATE when the metadata belongs to another place */
  find(runId: string): { info: RunInfo; folder: string } {
    const found = this.store.findRun(runId);
    if (found === undefined) throw MlflowError.doesNotExist(`Run '${runId}' not found`);
    const meta = readMeta(found.folder);
    const info = meta === undefined ? undefined : runInfoOf(meta, found.folder);
    if (info === undefined || info.experimentId !== found.experimentId || info.runId !== runId) {
      throw new MlflowError(`Run '${runId}' metadata is in invalid state.`, 'INVALID_STATE');
    }
    return { info, folder: found.folder };
  }

  /** @throws MlflowError INVALID_PARAMETER_VALUE for a deleted run */
  findActive(runId: string): { info: RunInfo; folder: string } {
    const run = this.find(runId);
    if (run.info.lifecycleStage === 'active') return run;
    throw MlflowError.invalidParameter(`The run ${runId} must be in 'active' lifecycle_stage.`);
  }

  get(runId: string): Run {
    const { info, folder } = this.find(runId);
    return {
      info,
      data: this.reader.data(info, folder, false),
      inputs: this.reader.inputs(info, folder),
      outputs: this.reader.outputs(folder),
    };
  }

  search(options: SearchRunsOptions): PagedList<Run> {
    this.store.checkRoot();
    const view = options.runViewType ?? 'ACTIVE_ONLY';
    const runs = options.experimentIds.flatMap((id) => this.lazyRuns(id, view));
    const page = searchRuns(runs, options);
    return { items: page.items.map(materialized), token: page.token };
  }

  count(options: CountRunsOptions): RunCount {
    this.store.checkRoot();
    const runs = this.lazyRuns(options.experimentId, options.runViewType ?? 'ACTIVE_ONLY');
    if (!options.filterString) return { count: runs.length, isExact: true };
    const { items, token } = searchRuns(runs, {
      experimentIds: [options.experimentId],
      filterString: options.filterString,
      maxResults: 50_000,
    });
    return { count: items.length, isExact: token === null };
  }

  /** Runs whose params, metrics, tags and inputs are read when somebody looks at them: a page of many is fast. */
  private lazyRuns(experimentId: string, view: ViewType): Run[] {
    const experimentFolder = this.store.experimentFolder(experimentId);
    if (experimentFolder === undefined) return [];
    const runs: Run[] = [];
    for (const name of subfolders(experimentFolder)) {
      if (reservedNames.has(name)) continue;
      const folder = experimentFolder + path.sep + name;
      const info = this.readInfo(experimentId, name, folder);
      if (info !== undefined && matchesView(info, view)) runs.push(this.lazyRun(info, folder));
    }
    return runs;
  }

  private readInfo(experimentId: string, name: string, folder: string): RunInfo | undefined {
    try {
      const meta = readMeta(folder);
      if (meta === undefined) return undefined;
      const info = runInfoOf(meta, folder);
      if (info.experimentId !== experimentId) {
        this.store.warn(
          `Wrong experiment ID (${info.experimentId}) recorded for run '${info.runId}'. It should be ${experimentId}. ` +
            'Run will be ignored.',
        );
        return undefined;
      }
      if (info.runId === name) return info;
      this.store.warn(`The folder '${folder}' holds the metadata of run '${info.runId}'. It will be ignored.`);
    } catch (error) {
      this.store.warn(`Malformed run '${name}': ${MlflowError.from(error).message}`);
    }
    return undefined;
  }

  private lazyRun(info: RunInfo, folder: string): Run {
    const { reader } = this;
    let data: Run['data'] | undefined;
    let inputs: Run['inputs'] | undefined;
    let outputs: Run['outputs'] | undefined;
    return {
      info,
      get data() {
        return (data ??= reader.data(info, folder, true));
      },
      get inputs() {
        return (inputs ??= reader.inputs(info, folder));
      },
      get outputs() {
        return (outputs ??= reader.outputs(folder));
      },
    };
  }

  metricHistory(options: {
    runId: string;
    key: string;
    maxResults?: number | undefined;
    pageToken?: string | undefined;
  }): PagedList<Metric> {
    validateMetricName(options.key);
    const { info, folder } = this.find(options.runId);
    const history = this.reader.history(info, folder, options.key);
    return paginate(history, options.pageToken, options.maxResults ?? Number.POSITIVE_INFINITY);
  }

  create(options: CreateRunOptions): Run {
    const { experimentId = defaultExperimentId, userId = '', startTime = Date.now(), tags = {}, runName } = options;
    const experiment = this.experiments.get(experimentId);
    if (experiment.lifecycleStage !== 'active') {
      throw new MlflowError(
        `Could not create run under non-active experiment with ID ${experimentId}.`,
        'INVALID_STATE',
      );
    }
    const tagged = tags[runNameTag];
    if (runName && tagged && runName !== tagged) throw differentNames(runName, tagged);
    for (const key of Object.keys(tags)) validateTagName(key);
    const name = runName || tagged || newRandomName();
    const runId = newRunId();
    const experimentFolder = this.store.experimentFolder(experimentId) ?? '';
    const folder = path.join(experimentFolder, runId);
    for (const part of ['metrics', 'params', 'artifacts']) makeFolder(folder, part);
    for (const [key, value] of Object.entries({ ...tags, [runNameTag]: name })) {
      writeText(path.join(folder, 'tags', key), value, folder);
    }
    writeMeta(folder, {
      artifact_uri: appendToUriPath(experiment.artifactLocation, runId, 'artifacts'),
      end_time: null,
      entry_point_name: '',
      experiment_id: experimentId,
      lifecycle_stage: 'active',
      run_id: runId,
      run_name: name,
      run_uuid: runId,
      source_name: '',
      source_type: 4,
      source_version: '',
      start_time: startTime,
      status: 1,
      tags: [],
      user_id: userId,
    });
    return this.get(runId);
  }

  update(options: {
    runId: string;
    status?: RunStatus | undefined;
    endTime?: number | undefined;
    runName?: string | undefined;
  }): RunInfo {
    const { runId, status, endTime, runName } = options;
    const { folder } = this.findActive(runId);
    const changes: Meta = {
      ...(status === undefined ? {} : { status: statusNumber(status) }),
      ...(endTime === undefined ? {} : { end_time: endTime }),
      ...(runName ? { run_name: runName } : {}),
    };
    if (runName) writeText(path.join(folder, 'tags', runNameTag), runName, folder);
    this.overwrite(folder, changes);
    return this.find(runId).info;
  }

  delete(runId: string): void {
    this.setLifecycle(this.find(runId).folder, 'deleted', Date.now());
  }

  restore(runId: string): void {
    this.setLifecycle(this.find(runId).folder, 'active', undefined);
  }

  deleteExperiment(experimentId: string): void {
    if (experimentId === defaultExperimentId) {
      throw new MlflowError(
        "Cannot delete the default experiment '0'. This is an internally reserved experiment.",
        'INTERNAL_ERROR',
      );
    }
    const folder = this.store.experimentFolder(experimentId, 'ACTIVE_ONLY');
    if (folder === undefined) throw MlflowError.doesNotExist(`Could not find experiment with ID ${experimentId}`);
    this.experiments.get(experimentId);
    const now = Date.now();
    this.setLifecycleOfAll(experimentId, folder, 'deleted', now);
    this.experiments.overwrite(experimentId, { lifecycle_stage: 'deleted', last_update_time: now });
    this.store.moveToTrash(folder, experimentId);
  }

  restoreExperiment(experimentId: string): void {
    const folder = this.store.experimentFolder(experimentId, 'DELETED_ONLY');
    if (folder === undefined)
      throw MlflowError.doesNotExist(`Could not find deleted experiment with ID ${experimentId}`);
    if (this.store.experimentFolder(experimentId, 'ACTIVE_ONLY') !== undefined) {
      throw new MlflowError(
        `Cannot restore experiment with ID ${experimentId}. An experiment with same ID already exists.`,
        'RESOURCE_ALREADY_EXISTS',
      );
    }
    this.store.moveFromTrash(folder, experimentId);
    const restored = path.join(this.store.root, experimentId);
    this.setLifecycleOfAll(experimentId, restored, 'active', undefined);
    this.experiments.overwrite(experimentId, { lifecycle_stage: 'active', last_update_time: Date.now() });
  }

  private setLifecycleOfAll(
    experimentId: string,
    folder: string,
    stage: 'active' | 'deleted',
    deletedTime: number | undefined,
  ): void {
    for (const name of subfolders(folder)) {
      if (reservedNames.has(name)) continue;
      const runFolder = path.join(folder, name);
      const info = this.readInfo(experimentId, name, runFolder);
      if (info !== undefined && info.lifecycleStage !== stage) this.setLifecycle(runFolder, stage, deletedTime);
    }
  }

  private setLifecycle(folder: string, stage: 'active' | 'deleted', deletedTime: number | undefined): void {
    this.overwrite(folder, {
      lifecycle_stage: stage,
      ...(deletedTime === undefined ? {} : { deleted_time: deletedTime }),
    });
  }

  /** Rewrites meta.yaml; what this version does not know stays in it, `deleted_time` only when it is given. */
  private overwrite(folder: string, changes: Meta): void {
    const kept = without(readMeta(folder) ?? {}, 'deleted_time');
    const runId = kept['run_id'] ?? kept['run_uuid'] ?? null;
    writeMeta(folder, { ...kept, run_id: runId, run_uuid: runId, ...changes });
  }
}

function matchesView(info: RunInfo, view: ViewType): boolean {
  return view === 'ALL' || (info.lifecycleStage === 'deleted') === (view === 'DELETED_ONLY');
}

/** Plain data out of a lazy run. */
function materialized(run: Run): Run {
  return { info: run.info, data: run.data, inputs: run.inputs, outputs: run.outputs };
}

/** @throws MlflowError with Python's text for a status that is none */
export function statusNumber(status: string): number {
  const index = runStatuses.indexOf(status as RunStatus);
  if (index >= 0) return index + 1;
  throw new MlflowError(
    `Could not get run status corresponding to string ${status}. Valid run status strings: ` +
      `[${runStatuses.map((known) => `'${known}'`).join(', ')}]`,
  );
}

function differentNames(runName: string, tagged: string): MlflowError {
  return MlflowError.invalidParameter(
    "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values " +
      `(run_name='${runName}', mlflow.runName='${tagged}').`,
  );
}
