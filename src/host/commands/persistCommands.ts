import { commands, l10n, Uri, window } from 'vscode';
import path from 'node:path';
import { formatBytes, formatCount } from '../../core/format.js';
import { MlflowError } from '../../core/errors.js';
import type { PersistPlan } from '../../core/transformers/persistPlan.js';
import type { HostServices } from '../hostServices.js';
import { saveSettings } from '../settings/settings.js';
import { chooseModel } from './chooseModel.js';
import type { Command } from './command.js';
import { mlmodelEditor, resolveFolder } from './modelCommands.js';
import { withProgress } from './progress.js';

/** Stores the weights of models that only refer to them. */
export const persistCommands: readonly Command[] = [
  { id: 'mlflow.persistPretrainedModel', needsTrust: true, run: persistPretrainedModel },
];

/** Says exactly what would be downloaded, then downloads it into the model. @returns the folder of the model */
async function persistPretrainedModel(services: HostServices, argument: unknown): Promise<string> {
  const model = await chooseModel(services, argument, l10n.t('Persist weights'));
  const library = await services.library();
  if (model.storeUri !== undefined) library.setTrackingUri(model.storeUri);
  const plan = await withProgress(l10n.t('Asking for the size of {0}', model.name), (options) =>
    library.transformers.planPersist(model.uri, options),
  );
  if (!plan.isNeeded) {
    throw MlflowError.invalidParameter(
      l10n.t('The weights of {0} are stored already; there is nothing to do.', model.name),
    );
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
  for (const note of persisted.notes) services.log.info(note);
  services.view.redrawAll();
  const folder = persisted.folder ?? (await resolveFolder(services, model));
  await commands.executeCommand('vscode.openWith', Uri.file(path.join(folder, 'MLmodel')), mlmodelEditor);
  return folder;
}

/** `SmolLM2-135M at 12fd25f77366: 269 MB in 1 weight file, 134.5 M bf16 parameters; 0 B of it is here already.` */
function planText({ download, localBase, note }: PersistPlan): string {
  const lines: string[] = [];
  if (download !== null) {
    const { repository, commit, sizeBytes, remainingBytes, shardCount, parameterCount, dtype } = download;
    lines.push(
      l10n.t(
        'From {0} at commit {1}: {2} in {3} weight files.',
        repository,
        commit.slice(0, 12),
        formatBytes(sizeBytes),
        shardCount,
      ),
    );
    if (parameterCount > 0) lines.push(l10n.t('{0} parameters, {1}.', formatCount(parameterCount), dtype ?? ''));
    lines.push(
      remainingBytes === 0
        ? l10n.t('Everything is in the local cache; nothing is downloaded.')
        : l10n.t('To download: {0}. A download that is cut goes on where it stopped.', formatBytes(remainingBytes)),
    );
  }
  if (localBase !== null) lines.push(l10n.t('Copied from {0}.', localBase));
  if (note !== undefined) lines.push(note);
  return lines.join('\n');
}
