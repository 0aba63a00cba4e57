import { commands, l10n, Uri, window } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import type { Log } from '../../core/ports.js';
import { errorAdvice, errorText, type ErrorActionName } from './errorTable.js';

export interface ShowErrorOptions {
  log: Log;
  /** Does the failed thing again; without it *Retry* is not offered. */
  retry?: (() => unknown) | undefined;
  /** The model the error speaks of; without it actions on a model are not offered. */
  modelArgument?: unknown;
}

/** Tells of a failure with at most two ways on. A cancelled operation is silent. */
export async function showError(thrown: unknown, options: ShowErrorOptions): Promise<void> {
  const error = MlflowError.from(thrown);
  if (error.errorCode === 'CANCELLED') return;
  options.log.error(
    `${error.errorCode}${error.reason === undefined ? '' : ` (${error.reason})`}: ${error.stack ?? error.message}`,
  );
  const actions = errorAdvice(error).actions.filter((action) => isPossible(action, error, options));
  const labels = new Map(actions.map((action) => [actionLabel(action), action]));
  const chosen = await window.showErrorMessage(errorText(error), ...labels.keys());
  const action = chosen === undefined ? undefined : labels.get(chosen);
  if (action !== undefined) await runAction(action, error, options);
}

function isPossible(action: ErrorActionName, error: MlflowError, options: ShowErrorOptions): boolean {
  switch (action) {
    case 'retry':
      return options.retry !== undefined;
    case 'openMlmodel':
    case 'persistWeights':
      return options.modelArgument !== undefined;
    case 'revealFile':
      return typeof error.details?.['path'] === 'string';
    default:
      return true;
  }
}

function actionLabel(action: ErrorActionName): string {
  switch (action) {
    case 'addTrackingStore':
      return l10n.t('Add Tracking Store…');
    case 'manageTrust':
      return l10n.t('Manage Trust');
    case 'openMlmodel':
      return l10n.t('Inspect');
    case 'openSettings':
      return l10n.t('Open Settings');
    case 'persistWeights':
      return l10n.t('Persist Weights');
    case 'retry':
      return l10n.t('Retry');
    case 'revealFile':
      return l10n.t('Reveal File');
    case 'showLog':
      return l10n.t('Show Log');
  }
}

async function runAction(action: ErrorActionName, error: MlflowError, options: ShowErrorOptions): Promise<void> {
  switch (action) {
    case 'addTrackingStore':
      return commands.executeCommand('mlflow.addTrackingStore');
    case 'manageTrust':
      return commands.executeCommand('workbench.trust.manage');
    case 'openMlmodel':
      return commands.executeCommand('mlflow.openMlmodel', options.modelArgument);
    case 'openSettings':
      return commands.executeCommand('workbench.action.openSettings', 'mlflow.trackingUris');
    case 'persistWeights':
      return commands.executeCommand('mlflow.persistPretrainedModel', options.modelArgument);
    case 'retry':
      await options.retry?.();
      return;
    case 'revealFile':
      return commands.executeCommand('revealInExplorer', Uri.file(String(error.details?.['path'])));
    case 'showLog':
      return commands.executeCommand('mlflow.showLog');
  }
}
