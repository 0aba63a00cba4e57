import type { Stats } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { downloadArtifacts, listArtifacts, openStored } from '../artifacts/artifactFunctions.js';
import type { ArtifactRepository } from '../artifacts/artifactRepository.js';
import { verifyArtifactPath } from '../artifacts/artifactPath.js';
import type { ArtifactStores } from '../artifacts/artifactStores.js';
import { MlflowError } from '../errors.js';
import type { LongRunningOptions } from '../ports.js';
import { dumpPythonJson } from '../serialization/pythonJson.js';
import { stringRepr } from '../serialization/pythonRepr.js';
import { dumpPyYaml } from '../serialization/pyYaml.js';
import type { PyValue } from '../serialization/pyValue.js';
import type { FileInfo } from '../tracking/entities.js';
import { posixNormpath } from '../tracking/validation.js';
import { TrackingClient } from './trackingClient.js';
import { given } from './values.js';

/** Artifacts of runs and logged models. Source: mlflow.tracking.client.MlflowClient */
export class ArtifactClient extends TrackingClient {
  /** Writes a local file, or a folder under its own name, into the run's artifacts. */
  async logArtifact(
    options: { runId: string; localPath: string; artifactPath?: string | undefined } & LongRunningOptions,
  ): Promise<void> {
    const { runId, localPath, artifactPath, signal, onProgress } = given(options);
    const repository = await this.runRepository(runId);
    if (!(await localStat(localPath)).isDirectory()) {
      await repository.uploadFile(localPath, artifactPath, { signal, onProgress });
      return;
    }
    const target = path.posix.join(artifactPath ?? '', path.basename(path.resolve(localPath)));
    await repository.uploadFolder(localPath, target, { signal, onProgress });
  }

  /** Writes everything in a local folder into the run's artifacts. */
  async logArtifacts(
    options: { runId: string; localDir: string; artifactPath?: string | undefined } & LongRunningOptions,
  ): Promise<void> {
    const { runId, localDir, artifactPath, signal, onProgress } = given(options);
    const repository = await this.runRepository(runId);
    await localStat(localDir);
    await repository.uploadFolder(localDir, artifactPath, { signal, onProgress });
  }

  async logText({ runId, text, artifactFile }: { runId: string; text: string; artifactFile: string }): Promise<void> {
    await this.logContent(runId, text, artifactFile);
  }

  /** As YAML for `.yaml` and `.yml`, else as JSON; both ASCII only, as Python writes them. */
  async logDict(options: { runId: string; dictionary: unknown; artifactFile: string }): Promise<void> {
    const { runId, dictionary, artifactFile } = options;
    const value = dictionary as PyValue;
    const isYaml = /\.ya?ml$/.test(artifactFile);
    await this.logContent(runId, isYaml ? dumpPyYaml(value) : dumpPythonJson(value, { indent: 2 }), artifactFile);
  }

  private async logContent(runId: string, content: string, artifactFile: string): Promise<void> {
    const normalized = posixNormpath(artifactFile);
    const folder = path.posix.dirname(normalized);
    const artifactPath = folder === '.' ? undefined : folder;
    verifyArtifactPath(artifactPath);
    const repository = await this.runRepository(runId);
    const temporary = await mkdtemp(path.join(tmpdir(), 'mlflow-log-'));
    try {
      const file = path.join(temporary, path.posix.basename(normalized));
      await writeFile(file, content);
      await repository.uploadFile(file, artifactPath);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }

  /** Files and folders directly below `path`; below a logged model's name, the model's files too. */
  async listArtifacts({ runId, path: below }: { runId: string; path?: string | undefined }): Promise<FileInfo[]> {
    return listArtifacts({ runId, artifactPath: below }, () => this.artifactStores());
  }

  async downloadArtifacts(
    options: { runId: string; path: string; dstPath?: string | undefined } & LongRunningOptions,
  ): Promise<string> {
    const { path: artifactPath, ...rest } = options;
    return downloadArtifacts({ ...rest, artifactPath }, () => this.artifactStores());
  }

  async listLoggedModelArtifacts(options: { modelId: string; path?: string | undefined }): Promise<FileInfo[]> {
    return (await this.modelRepository(options.modelId)).list(options.path ?? undefined);
  }

  async logModelArtifact(
    options: { modelId: string; localPath: string; artifactPath?: string | undefined } & LongRunningOptions,
  ): Promise<void> {
    const { modelId, localPath, artifactPath, signal, onProgress } = given(options);
    await (await this.modelRepository(modelId)).uploadFile(localPath, artifactPath, { signal, onProgress });
  }

  async logModelArtifacts(
    options: { modelId: string; localDir: string; artifactPath?: string | undefined } & LongRunningOptions,
  ): Promise<void> {
    const { modelId, localDir, artifactPath, signal, onProgress } = given(options);
    await (await this.modelRepository(modelId)).uploadFolder(localDir, artifactPath, { signal, onProgress });
  }

  /** The stores that artifact and model URIs are looked up in. */
  async artifactStores(): Promise<ArtifactStores> {
    return { ...(await this.stores.read()), fetch: this.stores.fetch };
  }

  private async runRepository(runId: string): Promise<ArtifactRepository> {
    return openStored((await this.getRun({ runId })).info.artifactUri, await this.artifactStores());
  }

  private async modelRepository(modelId: string): Promise<ArtifactRepository> {
    return openStored((await this.getLoggedModel({ modelId })).artifactLocation, await this.artifactStores());
  }
}

/** @throws MlflowError RESOURCE_DOES_NOT_EXIST, in the words of Python's FileNotFoundError. */
async function localStat(localPath: string): Promise<Stats> {
  try {
    return await stat(localPath);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    const message = `[Errno 2] No such file or directory: ${stringRepr(localPath)}`;
    throw MlflowError.doesNotExist(message, { reason: 'fileMissing', details: { path: localPath }, cause });
  }
}
