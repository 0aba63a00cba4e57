import { stringRepr } from '../serialization/pythonRepr.js';
import { MlflowError } from '../errors.js';
import type { Tags } from '../tracking/entities.js';
import { promptTagKey } from '../tracking/search/prompts.js';

/** Prompts are stored as registered models with this tag. */
export function hasPromptTag(tags: Tags | undefined): boolean {
  return tags !== undefined && Object.hasOwn(tags, promptTagKey);
}

/** @throws MlflowError RESOURCE_DOES_NOT_EXIST for a prompt, or a version of one, where a model is asked for. */
export function assertNoPrompt({ name, tags }: { name: string; tags: Tags }): void {
  if (hasPromptTag(tags)) throw MlflowError.doesNotExist(`Registered Model with name=${stringRepr(name)} not found.`);
}

/**
 * The error for a name that is taken: by the same kind of thing, or by the other.
 * Source: mlflow.prompt.registry_utils.handle_resource_already_exist_error
 */
export function nameTaken(name: string, existingIsPrompt: boolean, newIsPrompt: boolean): MlflowError {
  const existing = existingIsPrompt ? 'Prompt' : 'Registered Model';
  const added = newIsPrompt ? 'Prompt' : 'Registered Model';
  return new MlflowError(
    existing === added
      ? `${added} (name=${name}) already exists.`
      : `Tried to create a ${added.toLowerCase()} with name ${stringRepr(name)}, but the name is already taken by a ` +
          `${existing.toLowerCase()}. MLflow does not allow creating a model and a prompt with the same name.`,
    'RESOURCE_ALREADY_EXISTS',
  );
}
