import { MlflowError } from '../errors.js';
import type { ModelVersionStage } from '../tracking/entities.js';

export const allStages: readonly ModelVersionStage[] = ['None', 'Staging', 'Production', 'Archived'];
/** Stages whose former holders can be archived by a transition. */
export const activeStages: readonly ModelVersionStage[] = ['Staging', 'Production'];

/**
 * The stage of any spelling of its case.
 * @throws MlflowError INVALID_PARAMETER_VALUE. Source: mlflow.entities.model_registry.model_version_stages
 */
export function canonicalStage(stage: string): ModelVersionStage {
  const found = allStages.find((known) => known.toLowerCase() === stage.toLowerCase());
  if (found !== undefined) return found;
  throw MlflowError.invalidParameter(
    `Invalid Model Version stage: ${stage}. Value must be one of ${allStages.join(', ')}.`,
  );
}

/** @throws MlflowError when archiving is asked for with a stage that has no holders to archive */
export function checkCanArchive(stage: string): void {
  if (activeStages.includes(canonicalStage(stage))) return;
  throw new MlflowError(
    'Model version transition cannot archive existing model versions ' +
      `because '${stage}' is not an Active stage. Valid stages are ['Staging', 'Production']`,
  );
}
