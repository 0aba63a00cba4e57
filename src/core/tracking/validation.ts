import { MlflowError } from '../errors.js';
import type { Metric, Param } from './entities.js';
import { stringRepr } from '../serialization/pythonRepr.js';

/** MLflow's limits. Source: mlflow.utils.validation. */
export const maxParamsTagsPerBatch = 100;
export const maxMetricsPerBatch = 1000;
export const maxEntitiesPerBatch = 1000;
export const maxParamValueLength = 6000;
export const maxTagValueLength = 8000;
export const maxEntityKeyLength = 250;
export const maxExperimentNameLength = 500;
export const maxExperimentTagValueLength = 20_000;
export const maxRegistryTagValueLength = 100_000;
export const maxArtifactLocationLength = 2048;
export const maxAliasLength = 255;

const missingKeyName = 'A key name must be provided.';
const isWindows = process.platform === 'win32';
const keyPattern = isWindows ? /^[/\p{L}\p{N}_.\- ]*$/u : /^[/\p{L}\p{N}_.\- :]*$/u;

/** `mlflow.utils.validation.invalid_value`: the value as compact JSON. */
export function invalidValue(path: string, value: unknown, message?: string): string {
  const shown = pythonJson(value);
  return message === undefined
    ? `Invalid value ${shown} for parameter '${path}' supplied.`
    : `Invalid value ${shown} for parameter '${path}' supplied: ${message}`;
}

export function missingValue(path: string): string {
  return `Missing value for required parameter '${path}'.`;
}

export function exceedsMaximumLength(path: string, limit: number): string {
  return `'${path}' exceeds the maximum length of ${limit} characters`;
}

/** `json.dumps` of a scalar: ASCII only, NaN and infinities as Python names them. */
function pythonJson(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value))
    return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  const text = JSON.stringify(value) ?? 'null';
  return text.replace(/[\u007f-\uffff]/g, (c) =>
    c === '\u007f' ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** `posixpath.normpath`: keeps one or two leading slashes, never ends in a slash, `.` for nothing. */
export function posixNormpath(path: string): string {
  if (path === '') return '.';
  const leading = /^\/\/(?!\/)/.test(path) ? '//' : path.startsWith('/') ? '/' : '';
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..' || (leading === '' && parts.length === 0) || parts.at(-1) === '..') parts.push(part);
    else if (parts.length > 0) parts.pop();
  }
  return leading + parts.join('/') || '.';
}

/** True where a name, taken as a path, would be another path. Source: `path_not_unique`. */
export function pathNotUnique(name: string): boolean {
  const norm = posixNormpath(name);
  return norm !== name || norm === '.' || norm.startsWith('..') || norm.startsWith('/');
}

export function badPathMessage(name: string): string {
  return (
    'Names may be treated as files in certain cases, and must not resolve to other names' +
    ` when treated as such. This name would resolve to ${stringRepr(posixNormpath(name))}`
  );
}

function badCharacterMessage(): string {
  const colon = isWindows ? '' : ', colon(:)';
  return `Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( )${colon} and slashes (/).`;
}

function validateKeyCharacters(name: string, path: string): void {
  if (!keyPattern.test(name.endsWith('\n') ? name.slice(0, -1) : name)) {
    throw MlflowError.invalidParameter(invalidValue(path, name, badCharacterMessage()));
  }
  if (pathNotUnique(name)) throw MlflowError.invalidParameter(invalidValue(path, name, badPathMessage(name)));
}

export function validateMetricName(name: string | null | undefined, path = 'name'): void {
  if (name == null) {
    throw MlflowError.invalidParameter(invalidValue(path, null, `Metric name cannot be None. ${missingKeyName}`));
  }
  validateKeyCharacters(name, path);
}

export function validateParamName(name: string | null | undefined, path = 'key'): void {
  if (name == null) throw MlflowError.invalidParameter(invalidValue(path, '', missingKeyName));
  validateKeyCharacters(name, path);
}

export function validateTagName(name: string | null | undefined, path = 'key'): void {
  if (name == null) throw MlflowError.invalidParameter(missingValue(path));
  validateKeyCharacters(name, path);
}

function appendToPath(current: string, value: string): string {
  return current === '' ? value : `${current}.${value}`;
}

/** The number of code points, which is what Python's `len` counts. */
function lengthOf(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) length--;
  }
  return length;
}

function firstCodePoints(text: string, count: number): string {
  return text.length <= count ? text : Array.from(text).slice(0, count).join('');
}

/**
 * A text within its limit. With `truncate`, and unless `MLFLOW_TRUNCATE_LONG_VALUES` is false, a longer one is cut.
 * @throws MlflowError INVALID_PARAMETER_VALUE
 */
export function validateLengthLimit(entityName: string, limit: number, value: string, truncate = false): string {
  if (value.length <= limit || lengthOf(value) <= limit) return value;
  if (truncate && truncatesLongValues()) return firstCodePoints(value, limit);
  throw MlflowError.invalidParameter(exceedsMaximumLength(entityName, limit));
}

function truncatesLongValues(): boolean {
  const setting = process.env['MLFLOW_TRUNCATE_LONG_VALUES']?.toLowerCase();
  return setting !== 'false' && setting !== '0';
}

/**
 * Checks one metric. `path` is where it stands in a batch, such as `metrics[0]`.
 * @throws MlflowError INVALID_PARAMETER_VALUE with Python's text
 */
export function validateMetric(metric: Metric, path = ''): void {
  const { key, value, timestamp, step } = metric;
  validateMetricName(key, appendToPath(path, 'name'));
  if (value == null) throw MlflowError.invalidParameter(missingValue(appendToPath(path, 'value')));
  if (typeof value !== 'number') {
    const hint = `(timestamp=${timestamp}). Please specify value as a valid double (64-bit floating point)`;
    throw MlflowError.invalidParameter(invalidValue(appendToPath(path, 'value'), value, hint));
  }
  const shown = Number.isInteger(value) ? `${value}.0` : String(value);
  if (typeof timestamp !== 'number' || !(timestamp >= 0) || !Number.isInteger(timestamp)) {
    const hint = `metric '${key}' (value=${shown}). Timestamp must be a nonnegative long (64-bit integer) `;
    throw MlflowError.invalidParameter(invalidValue(appendToPath(path, 'timestamp'), timestamp, hint));
  }
  if (typeof step !== 'number' || !Number.isInteger(step)) {
    const hint = `metric '${key}' (value=${shown}). Step must be a valid long (64-bit integer).`;
    throw MlflowError.invalidParameter(invalidValue(appendToPath(path, 'step'), step, hint));
  }
  validateLengthLimit('Metric name', maxEntityKeyLength, key);
}

/** A param within its limits; a long value is cut. */
export function validateParam(param: Param, path = ''): Param {
  validateParamName(param.key, appendToPath(path, 'key'));
  return {
    key: validateLengthLimit('Param key', maxEntityKeyLength, param.key),
    value: validateLengthLimit('Param value', maxParamValueLength, param.value, true),
  };
}

/** A run tag within its limits; a long value is cut. */
export function validateTag(tag: Param, path = ''): Param {
  validateTagName(tag.key, appendToPath(path, 'key'));
  return {
    key: validateLengthLimit(appendToPath(path, 'key'), maxEntityKeyLength, tag.key),
    value: validateLengthLimit(appendToPath(path, 'value'), maxTagValueLength, tag.value, true),
  };
}

export function validateExperimentTag(key: string, value: string): void {
  validateTagName(key);
  validateLengthLimit('key', maxEntityKeyLength, key);
  validateLengthLimit('value', maxExperimentTagValueLength, value);
}

export function validateRegisteredModelTag(key: string, value: string): void {
  validateTagName(key);
  validateLengthLimit('key', maxEntityKeyLength, key);
  validateLengthLimit('value', maxRegistryTagValueLength, value);
}

export function validateModelVersionTag(key: string, value: string | null | undefined): void {
  validateTagName(key);
  if (value == null) throw MlflowError.invalidParameter('Tag value cannot be None');
  validateLengthLimit('key', maxEntityKeyLength, key);
  if (key === 'mlflow.prompt.text' && lengthOf(value) > maxRegistryTagValueLength) {
    throw MlflowError.invalidParameter(`Prompt text exceeds max length of ${maxRegistryTagValueLength} characters.`);
  }
  validateLengthLimit('value', maxRegistryTagValueLength, value);
}

/** The batch with long values cut. @throws MlflowError for the first bad entry, named by its place in the batch */
export function validateBatchLogData(
  metrics: readonly Metric[],
  params: readonly Param[],
  tags: readonly Param[],
): { params: Param[]; tags: Param[] } {
  metrics.forEach((metric, index) => validateMetric(metric, `metrics[${index}]`));
  return {
    params: params.map((param, index) => validateParam(param, `params[${index}]`)),
    tags: tags.map((tag, index) => validateTag(tag, `tags[${index}]`)),
  };
}

export function validateBatchLogLimits(metrics: number, params: number, tags: number): void {
  validateBatchLimit('metrics', maxMetricsPerBatch, metrics);
  validateBatchLimit('params', maxParamsTagsPerBatch, params);
  validateBatchLimit('tags', maxParamsTagsPerBatch, tags);
  validateBatchLimit('metrics, params, and tags', maxEntitiesPerBatch, metrics + params + tags);
}

function validateBatchLimit(entityName: string, limit: number, length: number): void {
  if (length <= limit) return;
  throw MlflowError.invalidParameter(
    `A batch logging request can contain at most ${limit} ${entityName}. Got ${length} ${entityName}. ` +
      `Please split up ${entityName} across multiple requests and try again.`,
  );
}

export function validateParamKeysUnique(params: readonly Param[]): void {
  const seen = new Set<string>();
  const duplicates: string[] = [];
  for (const { key } of params) {
    if (seen.has(key)) duplicates.push(key);
    else seen.add(key);
  }
  if (duplicates.length === 0) return;
  throw MlflowError.invalidParameter(
    `Duplicate parameter keys have been submitted: [${duplicates.map(stringRepr).join(', ')}]. Please ensure ` +
      'the request contains only one param value per param key.',
  );
}

export function validateRunId(runId: string, path = 'run_id'): void {
  if (!/^[a-zA-Z0-9][\p{L}\p{N}_-]{0,255}$/u.test(runId)) throw MlflowError.invalidParameter(invalidValue(path, runId));
}

export function validateExperimentId(experimentId: string): void {
  if (!/^[a-zA-Z0-9][\p{L}\p{N}_-]{0,63}$/u.test(experimentId)) {
    throw MlflowError.invalidParameter(`Invalid experiment ID: '${experimentId}'`);
  }
}

export function validateExperimentName(name: unknown): asserts name is string {
  if (name === '' || name == null) {
    throw MlflowError.invalidParameter(`Invalid experiment name: '${name === '' ? '' : 'None'}'`);
  }
  if (typeof name !== 'string') {
    throw MlflowError.invalidParameter(`Invalid experiment name: ${String(name)}. Expects a string.`);
  }
  if (lengthOf(name) > maxExperimentNameLength) {
    throw MlflowError.invalidParameter(exceedsMaximumLength('name', maxExperimentNameLength));
  }
}

/** Client-side rule: an artifact location may not be a `runs:` URI. */
export function validateExperimentArtifactLocation(artifactLocation: string | undefined): void {
  if (artifactLocation?.startsWith('runs:')) {
    throw MlflowError.invalidParameter(`Artifact location cannot be a runs:/ URI. Given: '${artifactLocation}'`);
  }
}

export function validateArtifactLocationLength(artifactLocation: string): void {
  const limit = Number(process.env['MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH'] ?? maxArtifactLocationLength);
  if (lengthOf(artifactLocation) <= limit) return;
  throw MlflowError.invalidParameter(
    'Invalid artifact path length. The length of the artifact path cannot be ' +
      `greater than ${limit} characters. To configure this limit, please set the ` +
      'MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH environment variable.',
  );
}

export function validateLoggedModelName(name: string | null | undefined): void {
  if (name == null) return;
  if (name !== '' && !/[/:.%"']/.test(name)) return;
  throw MlflowError.invalidParameter(
    `Invalid model name (${stringRepr(name)}) provided. Model name must be a non-empty string ` +
      `and cannot contain the following characters: ('/', ':', '.', '%', '"', "'")`,
  );
}

/** Rules of registered model names in every store. */
export function validateModelName(name: string | null | undefined): void {
  if (name == null || name.trim() === '') throw MlflowError.invalidParameter(missingValue('name'));
  if (/[/:]/.test(name)) {
    throw MlflowError.invalidParameter(`Invalid model name '${name}'. Names cannot contain '/' or ':'.`);
  }
  if (pathNotUnique(name)) throw MlflowError.invalidParameter(invalidValue('name', name, badPathMessage(name)));
}

export function validateModelRenaming(newName: string | null | undefined): void {
  if (newName == null || newName.trim() === '') throw MlflowError.invalidParameter(missingValue('new_name'));
  validateModelName(newName);
}

/** The version as a number. */
export function validateModelVersion(version: string | number): number {
  const text = String(version).trim();
  if (!/^[+-]?\d+(?:_\d+)*$/.test(text)) {
    throw MlflowError.invalidParameter(`Parameter 'version' must be an integer, got '${version}'.`);
  }
  return Number(text.replaceAll('_', ''));
}

export function validateModelAliasName(alias: string | null | undefined): void {
  if (alias == null || alias === '') throw MlflowError.invalidParameter('Registered model alias name cannot be empty.');
  if (!/^[\p{L}\p{N}_-]*$/u.test(alias)) {
    throw MlflowError.invalidParameter(
      `Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`,
    );
  }
  validateLengthLimit('Registered model alias name', maxAliasLength, alias);
}

export function validateModelAliasNameReserved(alias: string): void {
  if (alias.toLowerCase() === 'latest') {
    throw MlflowError.invalidParameter("'latest' alias name (case insensitive) is reserved.");
  }
  if (/^[vV]\p{Nd}+$/u.test(alias)) {
    throw MlflowError.invalidParameter(`Version alias name '${alias}' is reserved.`);
  }
}
