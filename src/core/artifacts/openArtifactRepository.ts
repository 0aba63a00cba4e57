import { MlflowError } from '../errors.js';
import type { Fetch } from '../ports.js';
import type { ArtifactRepository } from './artifactRepository.js';
import { HubArtifactRepository, type HubFiles } from './hubArtifactRepository.js';
import { HttpArtifactRepository } from './httpArtifactRepository.js';
import { LocalArtifactRepository } from './localArtifactRepository.js';
import { relocatedPath, type StoreLocation } from './relocation.js';
import { localPathOf, uriScheme } from './uri.js';

export interface OpenArtifactRepositoryOptions {
  /** Of the store that the URI comes from; `mlflow-artifacts:` is served by it. */
  trackingUri?: string | undefined;
  /** Where the store lies now: files of a store that was copied from elsewhere are found beside it. */
  storeLocation?: StoreLocation | undefined;
  fetch?: Fetch | undefined;
  /** Made at the first `hf:` address. */
  hub?: (() => HubFiles) | undefined;
}

/**
 * The repository behind one artifact URI: plain paths, `file:`, `http(s):`, and `hf:` where a Hub is given. `runs:` and
 * `models:` URIs are resolved first, by `resolveModelUri`.
 * @throws MlflowError NOT_IMPLEMENTED (`artifactSchemeUnsupported`) for every other scheme
 */
export function openArtifactRepository(uri: string, options: OpenArtifactRepositoryOptions = {}): ArtifactRepository {
  const scheme = uriScheme(uri);
  if (scheme === '' || scheme === 'file') {
    const stored = localPathOf(uri);
    return new LocalArtifactRepository(uri, relocatedPath(stored, options.storeLocation) ?? stored);
  }
  if (scheme === 'http' || scheme === 'https')
    return new HttpArtifactRepository(uri, options.fetch ?? globalThis.fetch);
  if (scheme === 'hf' && options.hub !== undefined) return new HubArtifactRepository(uri, options.hub());
  if (scheme === 'runs' || scheme === 'models') {
    throw MlflowError.invalidParameter(
      `${uri} names an artifact through a store; open the store and resolve it first.`,
    );
  }
  throw artifactSchemeUnsupported(uri, scheme);
}

function artifactSchemeUnsupported(uri: string, scheme: string): MlflowError {
  const remedy =
    scheme === 'mlflow-artifacts'
      ? "Files behind a tracking server's artifact proxy cannot be read yet."
      : `Artifacts at ${scheme}: addresses cannot be read yet.`;
  return new MlflowError(
    `${remedy} Download ${uri} with 'mlflow artifacts download' and open the folder instead.`,
    'NOT_IMPLEMENTED',
    { reason: 'artifactSchemeUnsupported', details: { uri, scheme } },
  );
}
