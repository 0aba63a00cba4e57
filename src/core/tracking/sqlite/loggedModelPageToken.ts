import { MlflowError } from '../../errors.js';
import { dumpPythonJson, parsePythonJson } from '../../serialization/pythonJson.js';
import { pythonRepr } from '../../serialization/pythonRepr.js';
import type { PyValue } from '../../serialization/pyValue.js';
import { decodeBase64 } from '../search/pageToken.js';
import type { LoggedModelOrderBy, SearchLoggedModelsOptions } from '../trackingStore.js';

/**
 * The token for the next page of logged models: it holds the request, which must be the same again.
 * Source: mlflow.utils.search_utils.SearchLoggedModelsPaginationToken
 */
export function createLoggedModelPageToken(options: SearchLoggedModelsOptions, offset: number): string {
  return Buffer.from(dumpPythonJson({ ...requestOf(options), offset })).toString('base64');
}

/** @throws INVALID_PARAMETER_VALUE when the token belongs to another request. */
export function parseLoggedModelPageToken(options: SearchLoggedModelsOptions): number {
  if (!options.pageToken) return 0;
  const token = decode(options.pageToken);
  const request = requestOf(options);
  const parts: [string, string, PyValue][] = [
    ['Experiment IDs', 'experiment IDs', 'experiment_ids'],
    ['Filter string', 'filter string', 'filter_string'],
    ['Order by', 'order by', 'order_by'],
  ];
  for (const [first, second, name] of parts) {
    const expected = request[name as keyof typeof request] ?? null;
    const found = (name === 'experiment_ids' ? token[name] : token[name as string] || null) ?? null;
    if (dumpPythonJson(expected, { sortKeys: true }) === dumpPythonJson(found, { sortKeys: true })) continue;
    throw MlflowError.invalidParameter(
      `${first} in the page token do${name === 'experiment_ids' ? '' : 'es'} not match the requested ${second}. ` +
        `Expected: ${shown(expected)}. Found: ${shown(found)}`,
    );
  }
  return Number(token['offset'] ?? 0);
}

/** As a Python format string shows it: text without quotes. */
function shown(value: PyValue): string {
  return typeof value === 'string' ? value : pythonRepr(value);
}

function decode(pageToken: string): Record<string, PyValue> {
  const text = decodeBase64(pageToken).toString('utf8');
  try {
    return parsePythonJson(text) as Record<string, PyValue>;
  } catch (error) {
    throw MlflowError.invalidParameter(`Invalid page token: ${pageToken}. ${(error as Error).message}`);
  }
}

function requestOf({ experimentIds, filterString, orderBy }: SearchLoggedModelsOptions): {
  experiment_ids: string[];
  filter_string: string | null;
  order_by: PyValue;
} {
  return {
    experiment_ids: experimentIds,
    filter_string: filterString ?? null,
    order_by: orderBy?.map(orderByRecord) ?? null,
  };
}

function orderByRecord(orderBy: LoggedModelOrderBy): PyValue {
  return {
    field_name: orderBy.fieldName,
    ...(orderBy.ascending === undefined ? {} : { ascending: orderBy.ascending }),
    ...(orderBy.datasetName === undefined ? {} : { dataset_name: orderBy.datasetName }),
    ...(orderBy.datasetDigest === undefined ? {} : { dataset_digest: orderBy.datasetDigest }),
  };
}
