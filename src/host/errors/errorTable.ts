import type { ErrorCode, ErrorReason } from '../../core/errors.js';
import { l10n } from '../../core/l10n.js';
import { hubSentence } from './hubErrors.js';

/** What an error message can offer as a button. */
export type ErrorActionName =
  | 'addTrackingStore'
  | 'manageTrust'
  | 'openMlmodel'
  | 'openSettings'
  | 'persistWeights'
  | 'retry'
  | 'revealFile'
  | 'showLog';

export interface ErrorAdvice {
  /** What to do, as a sentence that follows the error's own; empty where the message says it all. */
  hint: string;
  /** At most two, the better one first. */
  actions: readonly ErrorActionName[];
}

/** Finer than a code: decides when there is one. */
export function adviceByReason(): Readonly<Record<ErrorReason, ErrorAdvice>> {
  return {
    architectureUnsupported: {
      hint: l10n.t('Save an ONNX export of the model, or run it with Python.'),
      actions: ['openMlmodel', 'showLog'],
    },
    artifactSchemeUnsupported: {
      hint: l10n.t('Download the files and open their folder instead.'),
      actions: ['showLog'],
    },
    codeExecutionRefused: {
      hint: l10n.t('Code that comes with a model is never executed here.'),
      actions: ['openMlmodel'],
    },
    deviceUnavailable: { hint: l10n.t('The model can run on the CPU.'), actions: ['showLog'] },
    diskFull: {
      hint: l10n.t('Free some space and try again; nothing half-written was left behind.'),
      actions: ['retry'],
    },
    fileMissing: { hint: l10n.t('Check that the file is still there.'), actions: ['revealFile', 'retry'] },
    fileUnreadable: {
      hint: l10n.t('Check that the file is complete and that you may read it.'),
      actions: ['revealFile', 'retry'],
    },
    flavorMissing: {
      hint: l10n.t('Only models with the transformers flavor can be prompted.'),
      actions: ['openMlmodel'],
    },
    hubOffline: { hint: l10n.t('Check the connection, or unset HF_HUB_OFFLINE.'), actions: ['retry', 'showLog'] },
    hubRateLimited: { hint: l10n.t('Wait a while, or set HF_TOKEN.'), actions: ['retry', 'showLog'] },
    mlmodelInvalid: { hint: l10n.t('Open the file to see where it goes wrong.'), actions: ['openMlmodel'] },
    pickledWeights: { hint: l10n.t('Convert the weights to safetensors first.'), actions: ['openMlmodel', 'showLog'] },
    referenceOnly: {
      hint: l10n.t('Persist the weights, then the model can run.'),
      actions: ['persistWeights', 'openMlmodel'],
    },
    safetensorsInvalid: { hint: l10n.t('Copy the file again from where it came.'), actions: ['revealFile', 'showLog'] },
    shardMissing: { hint: l10n.t('Copy the missing file into the folder.'), actions: ['revealFile', 'retry'] },
    signatureInvalid: { hint: l10n.t('Open the file to see its signature.'), actions: ['openMlmodel'] },
    storeForeign: {
      hint: l10n.t('Choose an mlflow.db or a folder mlruns.'),
      actions: ['addTrackingStore', 'showLog'],
    },
    storeLocked: {
      hint: l10n.t('Another program is writing. It is free again in a moment.'),
      actions: ['retry', 'showLog'],
    },
    storeMissing: { hint: l10n.t('Check the path or the address.'), actions: ['openSettings', 'retry'] },
    storeSchemaUnknown: {
      hint: l10n.t("Run 'mlflow db upgrade' on it with a copy at hand."),
      actions: ['retry', 'showLog'],
    },
    targetExists: { hint: l10n.t('Choose another folder, or empty this one.'), actions: ['revealFile'] },
    taskUnsupported: { hint: l10n.t('The model can be inspected.'), actions: ['openMlmodel', 'showLog'] },
    tokenizerMissing: { hint: l10n.t('Copy tokenizer.json into the model.'), actions: ['openMlmodel', 'revealFile'] },
    tokenizerUnsupported: { hint: l10n.t('The model can be inspected.'), actions: ['openMlmodel', 'showLog'] },
    untrusted: { hint: '', actions: ['manageTrust'] },
    workerDied: { hint: l10n.t('Ask again: the model is loaded anew.'), actions: ['retry', 'showLog'] },
  };
}

/** For errors without a reason. */
export function adviceByCode(): Readonly<Record<ErrorCode, ErrorAdvice>> {
  return {
    ABORTED: { hint: '', actions: ['retry', 'showLog'] },
    ALREADY_EXISTS: { hint: l10n.t('Choose another name.'), actions: [] },
    BAD_REQUEST: { hint: '', actions: ['showLog'] },
    CANCELLED: { hint: '', actions: [] },
    CUSTOMER_UNAUTHORIZED: {
      hint: l10n.t('Check your credentials for this server.'),
      actions: ['openSettings', 'showLog'],
    },
    DATA_LOSS: { hint: '', actions: ['showLog'] },
    DEADLINE_EXCEEDED: { hint: l10n.t('The server did not answer in time.'), actions: ['retry', 'showLog'] },
    ENDPOINT_NOT_FOUND: { hint: l10n.t('The server may be older than this call.'), actions: ['showLog'] },
    INTERNAL_ERROR: { hint: '', actions: ['showLog'] },
    INVALID_PARAMETER_VALUE: { hint: '', actions: ['showLog'] },
    INVALID_STATE: { hint: '', actions: ['retry', 'showLog'] },
    NOT_FOUND: { hint: '', actions: ['retry'] },
    NOT_IMPLEMENTED: { hint: '', actions: ['showLog'] },
    PERMISSION_DENIED: { hint: l10n.t('Check that you may do this.'), actions: ['showLog'] },
    REQUEST_LIMIT_EXCEEDED: { hint: '', actions: ['retry'] },
    RESOURCE_ALREADY_EXISTS: { hint: l10n.t('Choose another name.'), actions: [] },
    RESOURCE_CONFLICT: { hint: '', actions: ['retry', 'showLog'] },
    RESOURCE_DOES_NOT_EXIST: { hint: l10n.t('It may have been deleted meanwhile.'), actions: ['retry'] },
    RESOURCE_EXHAUSTED: { hint: '', actions: ['retry', 'showLog'] },
    TEMPORARILY_UNAVAILABLE: { hint: '', actions: ['retry', 'showLog'] },
    UNAUTHENTICATED: { hint: l10n.t('Check your credentials for this server.'), actions: ['openSettings', 'showLog'] },
  };
}

/** What to say and to offer beside an error's own message. */
export function errorAdvice(error: Pick<TellableError, 'errorCode' | 'reason' | 'details'>): ErrorAdvice {
  if (hubSentence(error.details) !== undefined) return { hint: '', actions: ['retry', 'showLog'] };
  return error.reason === undefined ? adviceByCode()[error.errorCode] : adviceByReason()[error.reason];
}

/** What messages are made of. */
export interface TellableError {
  message: string;
  errorCode: ErrorCode;
  reason?: ErrorReason | undefined;
  details?: Readonly<Record<string, unknown>> | undefined;
}

/** The message as one text: its own sentence, then what to do. */
export function errorText(error: TellableError): string {
  const { hint } = errorAdvice(error);
  const sentence = shortSentence(error) ?? error.message.trim();
  // A message of two sentences says itself what to do.
  if (hint === '' || /[.!?] \p{Lu}/u.test(sentence)) return sentence;
  return `${/[.!?]$/.test(sentence) ? sentence : `${sentence}.`} ${hint}`;
}

/** The sentence for people, where the library's own speaks of its options. */
function shortSentence({ reason, details }: TellableError): string | undefined {
  const hub = hubSentence(details);
  if (hub !== undefined) return hub;
  const repository = details?.['repository'];
  if (reason !== 'referenceOnly' || typeof repository !== 'string') return undefined;
  return l10n.t("The model is only a reference to '{0}': its weights are not stored with it.", repository);
}
