import { l10n, window, type QuickPickItem } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import type { HostServices } from '../hostServices.js';
import { summaryParts } from '../tree/describeNode.js';
import type { ModelReference } from '../tree/modelReference.js';
import { modelArgument } from './modelArgument.js';

/** The model a command was started on, or the one that the user chooses. @throws MlflowError CANCELLED */
export async function chooseModel(services: HostServices, argument: unknown, title: string): Promise<ModelReference> {
  const model = modelArgument(argument) ?? (await pickModels(services, title, false))[0];
  if (model === undefined) throw MlflowError.cancelled();
  return model;
}

interface ModelItem extends QuickPickItem {
  model: ModelReference;
}

/** A choice among all models of the open stores and folders. */
export async function pickModels(
  services: HostServices,
  title: string,
  canPickMany: boolean,
): Promise<ModelReference[]> {
  const items = services.models.refresh().then((entries): ModelItem[] => {
    if (entries.length === 0) {
      throw MlflowError.doesNotExist(
        l10n.t('There is no model in the open stores and folders. Log one, or open the sample.'),
      );
    }
    return entries.map((model) => ({
      model,
      label: model.name,
      description: model.summary === undefined ? '' : summaryParts(model.summary).join(' · '),
      detail: `${model.uri} · ${model.storeLabel}`,
    }));
  });
  const options = { title, matchOnDescription: true, matchOnDetail: true, placeHolder: l10n.t('Choose a model') };
  if (canPickMany) {
    const chosen = await window.showQuickPick(items, { ...options, canPickMany: true });
    return (chosen ?? []).map((item) => item.model);
  }
  const chosen = await window.showQuickPick(items, options);
  return chosen === undefined ? [] : [chosen.model];
}
