import type { LongRunningOptions } from '../ports.js';

/** What saving and loading ask of the Hugging Face Hub. Implemented in core/hub; a fake stands in tests. */
export interface HubAccess {
  /** The newest commit of a repository's main branch. @throws MlflowError reason `hubOffline` without network. */
  latestCommit(repositoryId: string, options?: LongRunningOptions): Promise<string>;
  /** The text of README.md; `null` when there is none. */
  modelCard(repositoryId: string, options?: LongRunningOptions): Promise<string | null>;
  /** Names of the repository's files, with `/`. */
  listFiles(repositoryId: string, options?: LongRunningOptions & { revision?: string | undefined }): Promise<string[]>;
  /** A local copy of one file, in the shared cache. */
  downloadFile(
    repositoryId: string,
    fileName: string,
    options?: LongRunningOptions & { revision?: string | undefined },
  ): Promise<string>;
  /** A local folder with the files of a revision that `filter` takes, in the shared cache. */
  downloadSnapshot(
    repositoryId: string,
    options?: LongRunningOptions & {
      revision?: string | undefined;
      filter?: ((fileName: string) => boolean) | undefined;
    },
  ): Promise<{ folder: string; commit: string }>;
}

/**
 * Whether a text can be the id of a Hub repository: `name` or `owner/name`, and no folder of that name exists.
 * Source: huggingface_hub.utils.validate_repo_id.
 */
export function isRepositoryId(text: string): boolean {
  if (
    text.length > 96 ||
    text.split('/').length > 2 ||
    text.includes('--') ||
    text.includes('..') ||
    text.endsWith('.git')
  )
    return false;
  return /^(\b[\w\-.]+\b\/)?\b[\w\-.]{1,96}\b$/.test(text);
}
