import { MlflowError, type ErrorReason } from '../../core/errors.js';
import { l10n } from '../../core/l10n.js';
import type { ErrorAction, PanelError } from '../../protocol/panel.js';
import { errorAdvice, errorText, type ErrorActionName } from '../errors/errorTable.js';

const panelActions: Partial<Record<ErrorActionName, ErrorAction>> = {
  manageTrust: 'manageTrust',
  openMlmodel: 'openMlmodel',
  persistWeights: 'persistWeights',
  retry: 'retry',
  showLog: 'showLog',
};

/** Where nothing can be done about the model itself, another one can be taken. */
const hopeless = new Set<ErrorReason>([
  'architectureUnsupported',
  'flavorMissing',
  'pickledWeights',
  'taskUnsupported',
]);

/** Characters of a message that are shown: some repeat the input, a whole image. */
const messageLimit = 2000;

/** Any thrown value as the panel shows it: its sentence, and what can be done about it. */
export function panelError(thrown: unknown): PanelError {
  const error = MlflowError.from(thrown);
  const { reason = null, errorCode } = error;
  const actions = errorAdvice(error)
    .actions.map((action) => panelActions[action])
    .filter((action) => action !== undefined);
  if (reason === 'deviceUnavailable') actions.unshift('useCpu');
  if (reason !== null && hopeless.has(reason)) actions.push('chooseModel');
  return { message: errorText(error).slice(0, messageLimit), errorCode, reason, actions };
}

/** Restricted Mode: the panel shows models and refuses to run them. */
export function untrustedError(): MlflowError {
  return new MlflowError(
    l10n.t(
      'This workspace is in Restricted Mode, so its models are shown but not run. Trust the workspace to prompt them.',
    ),
    'PERMISSION_DENIED',
    { reason: 'untrusted' },
  );
}
