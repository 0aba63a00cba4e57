import type { LongRunningOptions } from '../ports.js';
import type { FileInfo } from '../tracking/entities.js';

/**
 * The files below one artifact URI. Paths are relative to that URI and use `/`.
 * Source: mlflow.store.artifact.artifact_repo.
 */
export interface ArtifactRepository {
  readonly artifactUri: string;
  /** The local folder when the files lie on this machine, else `undefined`. */
  readonly localPath: string | undefined;

  /** Files and folders directly below `path`; empty when there is nothing. */
  list(path?: string): Promise<FileInfo[]>;
  /** `length` bytes from `offset`, fewer at the end of the file. */
  read(path: string, range?: { offset: number; length: number }): Promise<Uint8Array>;
  /** Copies a file or a tree below `path` to `dstPath` (a new temporary folder when absent) and returns where it lies. */
  download(path: string, options?: { dstPath?: string | undefined } & LongRunningOptions): Promise<string>;
  /** Uploads one local file into the folder `artifactPath`. */
  uploadFile(localFile: string, artifactPath?: string, options?: LongRunningOptions): Promise<void>;
  /** Uploads everything in a local folder into the folder `artifactPath`. */
  uploadFolder(localFolder: string, artifactPath?: string, options?: LongRunningOptions): Promise<void>;
  delete(path: string): Promise<void>;
}
