import { MlflowError } from '../errors.js';
import { isRepositoryId } from '../transformers/hubAccess.js';

/** What one file of a repository is at one commit. */
export interface HubFile {
  /** Path in the repository, with `/`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Name of its content in the cache: the SHA-256 of a large file, git's blob id of a small one. */
  readonly blobId: string;
}

const commitHash = /^[0-9a-f]{40}$/;

/** Whether a revision is a commit, which never changes, and no branch or tag. */
export function isCommitHash(revision: string): boolean {
  return commitHash.test(revision);
}

/** @throws MlflowError INVALID_PARAMETER_VALUE for a text that is no repository id: before anything is asked or opened. */
export function checkRepositoryId(repositoryId: string): void {
  if (isRepositoryId(repositoryId)) return;
  throw MlflowError.invalidParameter(
    `'${repositoryId}' is not the id of a Hub repository. Give 'owner/name', made of letters, digits, '-', '_' and '.'.`,
    { details: { repository: repositoryId } },
  );
}

/** @throws MlflowError INVALID_PARAMETER_VALUE for a revision that would lead out of the cache's folder of references. */
export function checkRevision(repositoryId: string, revision: string): void {
  const segments = revision.split('/');
  const isSafe = segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..');
  if (isSafe && /^[\w\-./+@ ]{1,200}$/u.test(revision)) return;
  throw MlflowError.invalidParameter(
    `'${revision}' is not a revision of '${repositoryId}'. Give a branch, a tag or a commit.`,
    { details: { repository: repositoryId, revision } },
  );
}

/**
 * A file as the Hub lists it, checked: its name stays in its folder on every platform and its ids are hashes.
 * @throws MlflowError DATA_LOSS when the listing cannot be trusted.
 */
export function checkedFile(repositoryId: string, name: string, sizeBytes: unknown, blobId: unknown): HubFile {
  checkFileName(repositoryId, name);
  if (typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw untrusted(repositoryId, `it claims that '${name}' has ${String(sizeBytes)} bytes`);
  }
  if (typeof blobId !== 'string' || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(blobId)) {
    throw untrusted(repositoryId, `it names ${JSON.stringify(blobId) ?? 'nothing'} as the hash of '${name}'`);
  }
  return { name, sizeBytes, blobId };
}

/** @throws MlflowError DATA_LOSS for absolute names, names with `..`, and names that Windows reads as something else. */
export function checkFileName(repositoryId: string, name: string): void {
  const isSafe = name.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
  if (isSafe && !/[\\:\u0000-\u001f]/.test(name)) return;
  throw untrusted(repositoryId, `it lists a file named ${JSON.stringify(name)}, which leads out of its folder`);
}

/** @throws MlflowError DATA_LOSS when what the Hub calls a commit is none. */
export function checkedCommit(repositoryId: string, commit: unknown): string {
  if (typeof commit === 'string' && commitHash.test(commit)) return commit;
  throw untrusted(repositoryId, `it names ${JSON.stringify(commit) ?? 'nothing'} as its commit`);
}

function untrusted(repositoryId: string, fault: string): MlflowError {
  return new MlflowError(
    `The Hub's answer about '${repositoryId}' is refused: ${fault}. Nothing was downloaded; check HF_ENDPOINT and the repository.`,
    'DATA_LOSS',
    { details: { repository: repositoryId } },
  );
}
