import { l10n } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import type { HostServices } from '../hostServices.js';
import type { ModelReference } from '../tree/modelReference.js';
import { modelArgument } from './modelArgument.js';
import { pickModel } from './pickModel.js';

/** Models that a command is for. */
export interface ModelKind {
  accepts(model: ModelReference): boolean;
  /** Said where there is none. */
  noneText: string;
}

/** The model a command was started on, or the one that the user chooses. @throws MlflowError CANCELLED */
export async function chooseModel(
  services: HostServices,
  argument: unknown,
  title: string,
  kind?: ModelKind,
): Promise<ModelReference> {
  const model =
    modelArgument(argument) ??
    (await pickModel(services.models, { title, accepts: kind?.accepts.bind(kind), noneText: kind?.noneText }));
  if (model === undefined) throw MlflowError.cancelled();
  return model;
}

/** Models that can run here. */
export function transformersModels(): ModelKind {
  return {
    accepts: ({ summary }) => summary?.flavors.includes('transformers') === true,
    noneText: l10n.t('There is no model with the transformers flavor in the open stores and folders'),
  };
}

/** Models whose weights lie elsewhere. */
export function referenceOnlyModels(): ModelKind {
  return {
    accepts: ({ summary }) => summary?.isReferenceOnly === true,
    noneText: l10n.t('All models of the open stores and folders have their weights'),
  };
}

/** Models that a store knows by themselves, not as versions of a registered one. */
export function loggedModels(): ModelKind {
  return {
    accepts: ({ storeUri, uri }) => storeUri !== undefined && !isVersionUri(uri),
    noneText: l10n.t('There is no logged model in the open stores'),
  };
}

/** Models whose MLmodel file may be changed. */
export function changeableModels(): ModelKind {
  return {
    accepts: ({ uri, summary }) => !isVersionUri(uri) && summary?.flavors.includes('transformers') === true,
    noneText: l10n.t('There is no model with the transformers flavor in the open stores and folders'),
  };
}

/** `models:/name/3`, not `models:/m-...`. */
function isVersionUri(uri: string): boolean {
  return /^models:\/[^/]+\/[^/]/.test(uri);
}
