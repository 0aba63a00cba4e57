import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { stringRepr } from '../serialization/pythonRepr.js';
import { MlflowError } from '../errors.js';
import type { LongRunningOptions } from '../ports.js';
import type { FileInfo, LoggedModel, Run } from '../tracking/entities.js';
import type { TrackingStore } from '../tracking/trackingStore.js';
import type { ArtifactRepository } from './artifactRepository.js';
import { preparedDestination } from './destination.js';
import { loggedModelMeta, writeRegisteredModelMeta } from './registeredModelMeta.js';

/**
 * The artifacts of a run together with those of the logged models that the run made, each under its name, as MLflow 3 shows
 * them. Where both have a file of one path, the model's wins. Source: mlflow.store.artifact.runs_artifact_repo
 */
export class RunArtifactRepository implements ArtifactRepository {
  readonly localPath = undefined;
  private readonly models = new Map<string, Promise<ArtifactRepository | undefined>>();

  constructor(
    readonly artifactUri: string,
    private readonly run: Run,
    private readonly runFiles: ArtifactRepository,
    private readonly tracking: TrackingStore,
    private readonly openModel: (model: LoggedModel) => ArtifactRepository,
    /** Where `runFiles` begins below the run's artifacts, with a `/` at its end; a logged model's files keep their whole path. */
    private readonly base = '',
  ) {}

  async list(artifactPath = ''): Promise<FileInfo[]> {
    const files = new Map((await this.runFiles.list(artifactPath)).map((file) => [file.path, file]));
    const model = await this.modelAt(artifactPath);
    if (model !== undefined) {
      for (const file of await model.repository.list(model.path)) {
        const full = `${model.name}/${file.path}`;
        files.set(full, { ...file, path: full });
      }
    }
    return [...files.values()];
  }

  async read(artifactPath: string, range?: { offset: number; length: number }): Promise<Uint8Array> {
    const model = await this.modelAt(artifactPath);
    if (model === undefined) return this.runFiles.read(artifactPath, range);
    try {
      return await model.repository.read(model.path, range);
    } catch (error) {
      if (!MlflowError.is(error, 'RESOURCE_DOES_NOT_EXIST')) throw error;
      return this.runFiles.read(artifactPath, range);
    }
  }

  async download(
    artifactPath: string,
    options: { dstPath?: string | undefined } & LongRunningOptions = {},
  ): Promise<string> {
    const model = await this.modelAt(artifactPath);
    if (model === undefined)
      return this.runFiles.download(artifactPath, options).catch(asMissing(this.asked(artifactPath)));
    if (options.dstPath === undefined) {
      const alone = await this.onlySource(artifactPath, model, options);
      if (alone !== undefined) return alone;
    }
    const dstPath = await preparedDestination(options.dstPath);
    const fromRun = await this.runFiles
      .download(artifactPath, { ...options, dstPath })
      .catch(undefinedWhenMissing(options.signal));
    const modelFolder = path.join(dstPath, model.name);
    await mkdir(modelFolder, { recursive: true });
    const fromModel = await model.repository
      .download(model.path, { ...options, dstPath: modelFolder })
      .catch(undefinedWhenMissing(options.signal));
    if (fromModel !== undefined) await writeRegisteredModelMeta(fromModel, loggedModelMeta);
    const result = fromRun ?? fromModel;
    if (result === undefined) throw pathMissing(this.asked(artifactPath));
    return result;
  }

  uploadFile(localFile: string, artifactPath?: string, options?: LongRunningOptions): Promise<void> {
    return this.runFiles.uploadFile(localFile, artifactPath, options);
  }

  uploadFolder(localFolder: string, artifactPath?: string, options?: LongRunningOptions): Promise<void> {
    return this.runFiles.uploadFolder(localFolder, artifactPath, options);
  }

  delete(artifactPath: string): Promise<void> {
    return this.runFiles.delete(artifactPath);
  }

  /** The place of files on this machine that only the run or only the model has: nothing has to be copied. */
  private async onlySource(
    artifactPath: string,
    model: ModelPath,
    options: LongRunningOptions,
  ): Promise<string | undefined> {
    if (this.runFiles.localPath === undefined || model.repository.localPath === undefined) return undefined;
    const own = await this.runFiles.download(artifactPath, options).catch(undefinedWhenMissing(options.signal));
    const models = await model.repository.download(model.path, options).catch(undefinedWhenMissing(options.signal));
    if (own === undefined && models === undefined) throw pathMissing(this.asked(artifactPath));
    return own === undefined || models === undefined ? (own ?? models) : undefined;
  }

  /** The path as errors name it: below a folder of the run as it was asked for, else its last part. */
  private asked(artifactPath: string): string {
    return this.base === '' ? path.posix.basename(artifactPath) : artifactPath;
  }

  private async modelAt(artifactPath: string): Promise<ModelPath | undefined> {
    const [name = '', ...rest] = (this.base + artifactPath).split('/');
    if (name === '') return undefined;
    let opened = this.models.get(name);
    if (opened === undefined) {
      opened = loggedModelOfRun(this.tracking, this.run, name).then((model) => model && this.openModel(model));
      this.models.set(name, opened);
    }
    const repository = await opened;
    return repository && { name, path: rest.join('/'), repository };
  }
}

interface ModelPath {
  name: string;
  path: string;
  repository: ArtifactRepository;
}

/** The newest logged model of that name which the run made. */
export async function loggedModelOfRun(
  tracking: TrackingStore,
  run: Run,
  name: string,
): Promise<LoggedModel | undefined> {
  if (/["'%./:]/.test(name)) return undefined;
  let pageToken: string | undefined;
  do {
    const page = await tracking.searchLoggedModels({
      experimentIds: [run.info.experimentId],
      filterString: `name = '${name}'`,
      pageToken,
    });
    const found = page.items.find((model) => model.sourceRunId === run.info.runId);
    if (found !== undefined) return found;
    pageToken = page.token ?? undefined;
  } while (pageToken !== undefined);
  return undefined;
}

/** Python's error for a path that neither the run nor a logged model has. */
export function pathMissing(artifactPath: string): MlflowError {
  return MlflowError.doesNotExist(
    `Failed to download artifacts from path ${stringRepr(artifactPath)}, ` + 'please ensure that the path is correct.',
    { reason: 'fileMissing', details: { path: artifactPath } },
  );
}

function asMissing(artifactPath: string): (error: unknown) => never {
  return (error) => {
    throw MlflowError.is(error, 'RESOURCE_DOES_NOT_EXIST') ? pathMissing(artifactPath) : error;
  };
}

function undefinedWhenMissing(signal: AbortSignal | undefined): (error: unknown) => undefined {
  return (error) => {
    if (signal?.aborted || !MlflowError.is(error, 'RESOURCE_DOES_NOT_EXIST')) throw error;
    return undefined;
  };
}
