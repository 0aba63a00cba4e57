import { MlflowError } from '../../errors.js';
import { stringRepr } from '../../serialization/pythonRepr.js';

/** The largest page of runs and of experiments. */
const largestPage = 50_000;

/** Source: SqlAlchemyStore._validate_max_results_param */
export function validateMaxResults(maxResults: number): void {
  if (!(maxResults >= 1)) {
    throw MlflowError.invalidParameter(
      `Invalid value ${maxResults} for parameter 'max_results' supplied. It must be a positive integer`,
    );
  }
  if (maxResults > largestPage) {
    throw MlflowError.invalidParameter(
      `Invalid value ${maxResults} for parameter 'max_results' supplied. It must be at most ${largestPage}`,
    );
  }
}

/** @throws INTERNAL_ERROR, as Python does, when an order names a field twice. */
export function assertDistinct(fields: readonly string[], orderBy: readonly string[]): void {
  if (new Set(fields).size === fields.length) return;
  const list = orderBy.map(stringRepr).join(', ');
  throw new MlflowError(`\`order_by\` contains duplicate fields: [${list}]`);
}
