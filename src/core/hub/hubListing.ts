import { MlflowError } from '../errors.js';
import type { HubConnection } from './hubConnection.js';
import { checkedCommit, checkedFile, type HubFile } from './hubNames.js';

/** More files than any model has: a listing that goes on is refused. */
const maximumFiles = 100_000;

/** The commit that a branch or tag stands at. @throws MlflowError as {@link HubConnection.request}. */
export async function resolveCommit(
  connection: HubConnection,
  repositoryId: string,
  revision: string,
  signal?: AbortSignal,
): Promise<string> {
  const { modelInfo } = await import('@huggingface/hub');
  const info = await modelInfo({
    name: repositoryId,
    revision,
    hubUrl: connection.settings.endpoint,
    additionalFields: ['sha'],
    fetch: (input, init) => connection.fetch(input, { ...init, ...(signal ? { signal } : {}) }),
  });
  return checkedCommit(repositoryId, info.sha);
}

/**
 * Every file of a repository at a commit, with its size and hash.
 * @throws MlflowError DATA_LOSS for a listing that cannot be trusted, else as {@link HubConnection.request}.
 */
export async function listCommit(
  connection: HubConnection,
  repositoryId: string,
  commit: string,
  signal?: AbortSignal,
): Promise<HubFile[]> {
  const { listFiles } = await import('@huggingface/hub');
  const files: HubFile[] = [];
  const entries = listFiles({
    repo: { type: 'model', name: repositoryId },
    recursive: true,
    revision: commit,
    hubUrl: connection.settings.endpoint,
    fetch: (input, init) => connection.fetch(input, { ...init, ...(signal ? { signal } : {}) }),
  });
  for await (const entry of entries) {
    if (entry.type !== 'file') continue;
    files.push(
      checkedFile(
        repositoryId,
        entry.path,
        entry.lfs?.size ?? entry.size,
        entry.lfs?.oid.replace(/^sha256:/, '') ?? entry.oid,
      ),
    );
    if (files.length > maximumFiles) {
      throw new MlflowError(
        `The Hub lists more than ${maximumFiles} files for '${repositoryId}', which no model has. Check HF_ENDPOINT.`,
        'DATA_LOSS',
        { details: { repository: repositoryId } },
      );
    }
  }
  return files;
}

/** Where a file's bytes are asked for. */
export function fileUrl(endpoint: string, repositoryId: string, commit: string, name: string): string {
  return `${endpoint}/${repositoryId}/resolve/${commit}/${name.split('/').map(encodeURIComponent).join('/')}`;
}
