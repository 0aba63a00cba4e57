import { existsSync } from 'node:fs';
import { MlflowError } from '../errors.js';
import { isRepositoryId } from './hubAccess.js';

/** A repository of the Hub, named in place of a logged model. */
export interface HubUri {
  repository: string;
  revision: string | undefined;
  /** Written with `hf:`; a bare name may also be a mistyped path. */
  isExplicit: boolean;
}

/**
 * `hf:owner/name`, `hf:owner/name@revision` (slashes behind `hf:` do not matter); `undefined` for other URIs. A text
 * `owner/name` without a scheme is a repository when there is no such folder.
 * @throws MlflowError INVALID_PARAMETER_VALUE for `hf:` with something else behind it.
 */
export function parseHubUri(uri: string): HubUri | undefined {
  const isExplicit = /^hf:/i.test(uri);
  if (!isExplicit && !isBareRepository(uri)) return undefined;
  const text = uri.replace(/^hf:\/*/i, '');
  const at = text.indexOf('@');
  const [repository, revision] = at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
  if (isRepositoryId(repository) && revision !== '') return { repository, revision, isExplicit };
  throw MlflowError.invalidParameter(
    `'${uri}' does not name a Hub repository. Write 'hf:owner/name' or 'hf:owner/name@revision'.`,
    { details: { uri } },
  );
}

function isBareRepository(text: string): boolean {
  const repository = text.replace(/@.*$/, '');
  return repository.split('/').length === 2 && isRepositoryId(repository) && !existsSync(text);
}
