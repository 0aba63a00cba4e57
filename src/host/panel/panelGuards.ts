import { MlflowError } from '../../core/errors.js';
import type { Handlers } from '../../protocol/channel.js';
import type { ErrorAction, PanelMethods } from '../../protocol/panel.js';

/** Longest text that is taken from the panel in one field. */
const textLimit = 2_000_000;
const shortLimit = 1000;
const entryLimit = 500;

type Guard<T> = (value: unknown) => value is T;
type Params<K extends keyof PanelMethods> = PanelMethods[K]['params'];
type PanelGuards = { [K in keyof PanelMethods]: Guard<PanelMethods[K]['params']> };

const devices = new Set(['auto', 'cpu', 'cuda', 'webgpu', 'coreml', 'dml']);
const precisions = new Set(['auto', 'fp32', 'int8', 'int4']);
const actions = new Set<ErrorAction>([
  'retry',
  'showLog',
  'persistWeights',
  'manageTrust',
  'openMlmodel',
  'chooseModel',
  'useCpu',
]);

const nothing = (value: unknown): value is undefined => value === undefined || value === null;
const turn = shape<{ turnId: string }>({ turnId: isShort });
const turnAnswer = shape<{ turnId: string; answerIndex: number }>({ turnId: isShort, answerIndex: isIndex });
const conversation = shape<{ conversationId: string }>({ conversationId: isShort });
const draft = shape({
  isJson: (value) => typeof value === 'boolean',
  json: isText,
  values: isTexts,
  params: isTexts,
  system: isText,
});

/** What a message of the panel must look like: a webview is not trusted. */
export const panelGuards: PanelGuards = {
  ready: nothing,
  chooseModel: shape<Params<'chooseModel'>>({ purpose: (value) => value === 'prompt' || value === 'compare' }),
  stopComparing: nothing,
  setDevice: shape<Params<'setDevice'>>({
    device: (value) => typeof value === 'string' && devices.has(value),
    precision: (value) => typeof value === 'string' && precisions.has(value),
  }),
  load: nothing,
  unload: nothing,
  run: shape<Params<'run'>>({ draft, replaceTurnId: optional(isShort) }),
  stop: nothing,
  regenerate: turn,
  newConversation: nothing,
  openConversation: conversation,
  deleteConversation: conversation,
  clearHistory: nothing,
  deleteTurn: turn,
  keepTurn: shape<Params<'keepTurn'>>({ turnId: isShort, isKept: (value) => typeof value === 'boolean' }),
  copyAnswer: turnAnswer,
  openRaw: turnAnswer,
  pinEmbedding: turnAnswer,
  unpinEmbedding: shape<Params<'unpinEmbedding'>>({ id: isShort }),
  savePreset: shape<Params<'savePreset'>>({ name: (value) => isShort(value) && value.trim() !== '', params: isTexts }),
  deletePreset: shape<Params<'deletePreset'>>({ name: isShort }),
  chooseFile: shape<Params<'chooseFile'>>({
    kind: (value) => value === 'image' || value === 'audio' || value === 'any',
  }),
  openLink: shape<Params<'openLink'>>({ href: (value) => isShort(value) && /^https?:\/\//i.test(value) }),
  act: shape<Params<'act'>>({
    action: (value) => typeof value === 'string' && actions.has(value as ErrorAction),
    turnId: optional(isShort),
  }),
};

/** Handlers that refuse messages of the wrong shape before they see them. */
export function guarded(handlers: Handlers<PanelMethods>): Handlers<PanelMethods> {
  const entries = Object.entries(handlers).map(([name, handler]) => {
    const isValid = panelGuards[name as keyof PanelMethods];
    const checked = (params: unknown, context: unknown): unknown => {
      if (!isValid(params)) throw MlflowError.invalidParameter(`The panel sent a malformed '${name}' request.`);
      return (handler as (params: unknown, context: unknown) => unknown)(params, context);
    };
    return [name, checked];
  });
  return Object.fromEntries(entries) as Handlers<PanelMethods>;
}

function shape<T>(fields: { [K in keyof T]-?: (value: unknown) => boolean }): Guard<T> {
  return (value): value is T =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.entries<(value: unknown) => boolean>(fields).every(([key, isValid]) =>
      isValid(Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined),
    );
}

function optional(isValid: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => value === undefined || value === null || isValid(value);
}

function isShort(value: unknown): value is string {
  return typeof value === 'string' && value.length <= shortLimit;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length <= textLimit;
}

function isIndex(value: unknown): boolean {
  return value === 0 || value === 1;
}

function isTexts(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return entries.length <= entryLimit && entries.every(([key, text]) => isShort(key) && isText(text));
}
