import { MlflowError } from '../../errors.js';
import { integerParameter } from './conditions.js';
import type { SqlValue } from './connection.js';

/**
 * An experiment id as the number that the database keeps. Source: mlflow.utils.validation._parse_experiment_id
 * @throws INVALID_PARAMETER_VALUE for a text that is no whole number.
 */
export function parseExperimentId(experimentId: string): bigint {
  const text = experimentId.trim();
  if (!/^[-+]?\d+(_\d+)*$/.test(text)) {
    throw MlflowError.invalidParameter(
      `Invalid experiment ID '${experimentId}'. Experiment ID must be a valid integer.`,
    );
  }
  return BigInt(text.replaceAll('_', '').replace(/^\+/, ''));
}

export function experimentIdParameter(experimentId: string): SqlValue {
  return integerParameter(parseExperimentId(experimentId));
}
