import { MlflowError } from '../../errors.js';
import type { Experiment, LoggedModel, ModelVersion, PagedList, RegisteredModel, Run } from '../entities.js';
import type { SearchRegistryOptions } from '../../registry/registryStore.js';
import type { SearchExperimentsOptions, SearchLoggedModelsOptions, SearchRunsOptions } from '../trackingStore.js';
import {
  filterExperiments,
  filterModelVersions,
  filterRegisteredModels,
  filterRuns,
  sortExperiments,
  sortModelVersions,
  sortRegisteredModels,
  sortRuns,
} from '../search/evaluate.js';
import { createPageToken, parsePageToken } from '../search/pageToken.js';
import { filterLoggedModels, sortLoggedModels } from '../search/evaluateLoggedModels.js';

const runsThreshold = 50_000;
const loggedModelsDefault = 100;

export function searchExperiments(
  items: readonly Experiment[],
  options: SearchExperimentsOptions,
): PagedList<Experiment> {
  const maxResults = options.maxResults ?? 1000;
  if (!Number.isInteger(maxResults) || maxResults < 1) {
    throw MlflowError.invalidParameter(
      `Invalid value ${maxResults} for parameter 'max_results' supplied. It must be a positive integer`,
    );
  }
  if (maxResults > runsThreshold) {
    throw MlflowError.invalidParameter(
      `Invalid value ${maxResults} for parameter 'max_results' supplied. It must be at most ${runsThreshold}`,
    );
  }
  return paginate(
    sortExperiments(filterExperiments(items, options.filterString), options.orderBy),
    options.pageToken,
    maxResults,
  );
}

export function searchRuns(runs: readonly Run[], options: SearchRunsOptions): PagedList<Run> {
  const maxResults = options.maxResults ?? 1000;
  if (maxResults > runsThreshold) {
    throw MlflowError.invalidParameter(
      `Invalid value for request parameter max_results. It must be at most ${runsThreshold}, but got value ${maxResults}`,
    );
  }
  return paginate(sortRuns(filterRuns(runs, options.filterString), options.orderBy), options.pageToken, maxResults);
}

/** @param list reads the models; it is called when the request itself is valid */
export function searchLoggedModels(
  list: () => LoggedModel[],
  options: SearchLoggedModelsOptions,
): PagedList<LoggedModel> {
  if (options.datasets?.some(({ datasetName }) => !datasetName)) {
    throw MlflowError.invalidParameter('`dataset_name` in the `datasets` clause must be specified.');
  }
  return paginate(
    sortLoggedModels(filterLoggedModels(list(), options.filterString, options.datasets), options.orderBy),
    options.pageToken,
    options.maxResults || loggedModelsDefault,
  );
}

export function searchRegisteredModels(
  list: () => RegisteredModel[],
  options: SearchRegistryOptions,
): PagedList<RegisteredModel> {
  const maxResults = checkedRegistryLimit(options.maxResults ?? 100, 1000);
  return paginate(
    sortRegisteredModels(filterRegisteredModels(list(), options.filterString), options.orderBy),
    options.pageToken,
    maxResults,
  );
}

export function searchModelVersions(
  list: () => ModelVersion[],
  options: SearchRegistryOptions,
): PagedList<ModelVersion> {
  const maxResults = checkedRegistryLimit(options.maxResults ?? 10_000, 200_000);
  return paginate(
    sortModelVersions(filterModelVersions(list(), options.filterString), options.orderBy),
    options.pageToken,
    maxResults,
  );
}

function checkedRegistryLimit(maxResults: number, threshold: number): number {
  if (!Number.isInteger(maxResults) || maxResults < 1) {
    throw MlflowError.invalidParameter(
      `Invalid value for max_results. It must be a positive integer, but got ${maxResults}`,
    );
  }
  if (maxResults <= threshold) return maxResults;
  throw MlflowError.invalidParameter(
    `Invalid value for request parameter max_results. It must be at most ${threshold}, but got value ${maxResults}`,
  );
}

/** One page of a whole result. Source: SearchUtils.paginate */
export function paginate<T>(items: readonly T[], pageToken: string | undefined, maxResults: number): PagedList<T> {
  const start = parsePageToken(pageToken);
  const end = start + maxResults;
  return { items: items.slice(start, end), token: end < items.length ? createPageToken(end) : null };
}
