import { commands, l10n, Uri, window } from 'vscode';
import path from 'node:path';
import { formatBytes } from '../../core/format.js';
import { MlflowError } from '../../core/errors.js';
import type { PersistPlan } from '../../core/transformers/persistPlan.js';
import type { HostServices } from '../hostServices.js';
import { saveSettings } from '../settings/settings.js';
import { chooseModel, referenceOnlyModels } from './chooseModel.js';
import { commandStep, offer, type Command } from './command.js';
import { mlmodelEditor, resolveFolder } from './modelCommands.js';
import { withProgress } from './progress.js';
import { downloadText } from './saveQuestions.js';

/** Stores the weights of models that only refer to them. */
export const persistCommands: readonly Command[] = [
  { id: 'mlflow.persistPretrainedModel', needsTrust: true, run: persistPretrainedModel },
];

/** Says exactly what would be downloaded, then downloads it into the model. @returns the folder of the model */
async function persistPretrainedModel(services: HostServices, argument: unknown): Promise<string> {
  const model = await chooseModel(services, argument, l10n.t('Persist weights'), referenceOnlyModels());
  const library = await services.library();
  if (model.storeUri !== undefined) library.setTrackingUri(model.storeUri);
  const plan = await withProgress(l10n.t('Asking for the size of {0}', model.name), (options) =>
    library.transformers.planPersist(model.uri, options),
  );
  const prompt = commandStep(l10n.t('Prompt'), 'mlflow.promptModel', model);
  if (!plan.isNeeded) {
    offer(services, { message: l10n.t('The weights of {0} are stored already.', model.name), steps: [prompt] });
    return resolveFolder(services, model);
  }
  const persist = l10n.t('Persist Weights');
  const answer = await window.showInformationMessage(
    l10n.t('Store the weights of {0} with the model?', model.name),
    { modal: true, detail: planText(plan) },
    persist,
  );
  if (answer !== persist) throw MlflowError.cancelled();
  const { allowHardLinks } = saveSettings();
  const persisted = await withProgress(l10n.t('Persisting {0}', model.name), (options) =>
    library.transformers.persistPretrainedModel(model.uri, { ...options, allowHardLinks }),
  );
  services.view.redrawAll();
  const folder = persisted.folder ?? (await resolveFolder(services, model));
  await commands.executeCommand('vscode.openWith', Uri.file(path.join(folder, 'MLmodel')), mlmodelEditor);
  const size = plan.download === null ? undefined : formatBytes(plan.download.sizeBytes);
  offer(services, {
    message:
      size === undefined
        ? l10n.t('The weights are stored with {0} now.', model.name)
        : l10n.t('The weights are stored with {0} now, {1}.', model.name, size),
    warnings: persisted.notes,
    steps: [
      prompt,
      ...(model.storeUri === undefined ? [] : [commandStep(l10n.t('Register…'), 'mlflow.registerModel', model)]),
    ],
  });
  return folder;
}

function planText({ download, localBase, note }: PersistPlan): string {
  const lines: string[] = [];
  if (download !== null) {
    lines.push(
      l10n.t('From {0} at commit {1}.', download.repository, download.commit.slice(0, 12)),
      `${downloadText(download)}.`,
    );
    if (download.remainingBytes > 0) lines.push(l10n.t('A download that is cut goes on where it stopped.'));
  }
  if (localBase !== null) lines.push(l10n.t('Copied from {0}.', localBase));
  if (note !== undefined) lines.push(note);
  return lines.join('\n');
}
