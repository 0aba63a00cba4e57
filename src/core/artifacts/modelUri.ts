import { MlflowError } from '../errors.js';
import { parseUri, uriScheme } from './uri.js';

/** What a `models:/` URI names: one logged model, or a version of a registered model (the latest where nothing is set). */
export type ParsedModelUri =
  | { kind: 'loggedModel'; modelId: string }
  | { kind: 'registered'; name: string; version?: string; stage?: string; alias?: string };

export function isModelsUri(uri: string): boolean {
  return uriScheme(uri) === 'models';
}

export function isRunsUri(uri: string): boolean {
  return uriScheme(uri) === 'runs';
}

function improperModelUri(uri: string): MlflowError {
  return new MlflowError(
    `Not a proper models:/ URI: ${uri}. Models URIs must be of the form 'models:/name/suffix' or 'models:/name@alias' ` +
      "where suffix is a version, stage, or the string 'latest' and where alias is a registered model alias. " +
      'Only one of suffix or alias can be defined at a time.',
  );
}

/** A `models:/` URI's path with everything behind it: fragments are not split off. */
function modelsPath(uri: string): string {
  const { path, fragment } = parseUri(uri);
  return path + fragment;
}

/**
 * Parses `models:/<model id>`, `models:/<name>/<version | stage | latest>` and `models:/<name>@<alias>`, without a sub-path.
 * @throws MlflowError INTERNAL_ERROR with Python's text. Source: mlflow.store.artifact.utils.models._parse_model_uri
 */
export function parseModelUri(uri: string): ParsedModelUri {
  const path = modelsPath(uri);
  if (!isModelsUri(uri) || !path.startsWith('/') || path.length <= 1) throw improperModelUri(uri);
  const [first = '', suffix, ...others] = path.replace(/^\/+/, '').split('/');
  if (others.length > 0 || first.trim() === '') throw improperModelUri(uri);
  if (suffix !== undefined) return parseSuffix(uri, first, suffix);
  if (!path.includes('@')) return { kind: 'loggedModel', modelId: first };
  const at = first.lastIndexOf('@');
  const alias = first.slice(at + 1);
  if (alias.trim() === '') throw improperModelUri(uri);
  return { kind: 'registered', name: first.slice(0, at), alias };
}

function parseSuffix(uri: string, name: string, suffix: string): ParsedModelUri {
  if (suffix.trim() === '') throw improperModelUri(uri);
  if (/^\p{Nd}+$/u.test(suffix)) return { kind: 'registered', name, version: suffix };
  if (suffix.toLowerCase() === 'latest') return { kind: 'registered', name };
  return { kind: 'registered', name, stage: suffix };
}

/**
 * Splits a sub-path off: after two segments, after one for an alias. A logged model's URI has no sub-path.
 * Source: ModelsArtifactRepository.split_models_uri
 */
export function splitModelsUri(uri: string): { rootUri: string; subPath: string } {
  const trimmed = uri.replace(/\/+$/, '');
  const { authority } = parseUri(trimmed);
  const path = modelsPath(trimmed);
  const segments = path.split('/');
  if (segments.length < 3) return { rootUri: trimmed, subPath: '' };
  const cut = segments[1]?.includes('@') ? 2 : 3;
  const prefix = authority === '' ? 'models:' : `models://${authority}`;
  return { rootUri: prefix + segments.slice(0, cut).join('/'), subPath: segments.slice(cut).join('/') };
}

/**
 * The run and the path below its artifacts; the path is empty for the artifacts as a whole.
 * @throws MlflowError INTERNAL_ERROR with Python's text. Source: RunsArtifactRepository.parse_runs_uri
 */
export function parseRunsUri(uri: string): { runId: string; artifactPath: string } {
  const { path } = parseUri(uri);
  const [, runId = '', ...rest] = path.split('/');
  if (!isRunsUri(uri) || !path.startsWith('/') || runId === '') {
    throw new MlflowError(
      `Not a proper runs:/ URI: ${uri}. Runs URIs must be of the form 'runs:/<run_id>/run-relative/path/to/artifact'`,
    );
  }
  return { runId, artifactPath: rest.join('/') };
}
