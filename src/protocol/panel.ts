import type { ErrorCode, ErrorReason } from '../core/errors.js';
import type { FormDraft } from '../core/signature/formDraft.js';
import type { SignatureForm } from '../core/signature/formFields.js';
import type { AnswerView } from './answerView.js';
import type { DeviceChoice, LoadedModel, PrecisionChoice, PredictionStats } from './inference.js';
import type { NumberedDelta, Snapshot } from './replica.js';

/** A model as the panel names it. */
export interface PanelModel {
  /** {@link ModelEntry.id} of the catalog. */
  id: string;
  name: string;
  uri: string;
  /** Where it comes from, such as `mlflow.db`. */
  storeLabel: string;
  task: string | null;
  /** Weights that lie elsewhere must be persisted before the model can answer. */
  isReferenceOnly: boolean;
}

/** What the panel offers beside an error's sentence. */
export type ErrorAction =
  'retry' | 'showLog' | 'persistWeights' | 'manageTrust' | 'openMlmodel' | 'chooseModel' | 'useCpu';

export interface PanelError {
  message: string;
  errorCode: ErrorCode;
  reason: ErrorReason | null;
  actions: ErrorAction[];
}

/** Where the chosen model stands. */
export type ModelStatus =
  | { kind: 'none' }
  /** Loads with the first prompt. `note` says why it is not in memory. */
  | { kind: 'unloaded'; note: string | null }
  | { kind: 'loading'; message: string; fraction: number | null }
  | { kind: 'ready'; model: LoadedModel }
  | { kind: 'failed'; error: PanelError };

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** What was asked in a turn, as the user gave it. */
export interface TurnInput {
  draft: FormDraft;
  /** One line for lists and for the turn's head. */
  summary: string;
}

export type AnswerStatus = 'waiting' | 'streaming' | 'done' | 'stopped' | 'failed';

/** One model's answer to one prompt. */
export interface Answer {
  modelId: string;
  modelName: string;
  status: AnswerStatus;
  /** What has been streamed so far; for generating tasks the whole text at the end. */
  text: string;
  view: AnswerView | null;
  /** `predictions` as JSON, cut to a size that a panel can show. */
  raw: string | null;
  isRawCut: boolean;
  stats: PredictionStats | null;
  finishReason: 'stop' | 'length' | 'cancelled' | null;
  warnings: string[];
  error: PanelError | null;
}

export interface Turn {
  id: string;
  timeMs: number;
  input: TurnInput;
  /** One a model: two while a second model is compared. */
  answers: Answer[];
  /** Kept turns stay when the history is cleared. */
  isKept: boolean;
}

/** An earlier conversation in the list. */
export interface HistoryEntry {
  id: string;
  modelId: string;
  modelName: string;
  title: string;
  timeMs: number;
  turnCount: number;
  isKept: boolean;
}

export interface Preset {
  name: string;
  /** Params by name, as text. */
  params: Record<string, string>;
}

/** An embedding to compare others with. */
export interface PinnedEmbedding {
  id: string;
  label: string;
  modelName: string;
  vector: number[];
}

/** Everything the panel shows that is not the user's unfinished typing. The host owns it. */
export interface PanelState {
  isTrusted: boolean;
  isCatalogLoading: boolean;
  modelCount: number;
  model: PanelModel | null;
  status: ModelStatus;
  form: SignatureForm | null;
  compareModel: PanelModel | null;
  device: DeviceChoice;
  precision: PrecisionChoice;
  /** Devices that exist on this platform, best first. */
  devices: DeviceChoice[];
  conversationId: string;
  turns: Turn[];
  runningTurnId: string | null;
  /** A stop has been asked for and has not happened yet: the next one ends the process. */
  isStopping: boolean;
  history: HistoryEntry[];
  presets: Preset[];
  pins: PinnedEmbedding[];
}

/** One change of the state. `set` replaces whole fields, the others exist because they are frequent. */
export type PanelDelta =
  | { type: 'set'; fields: Partial<PanelState> }
  | { type: 'turn'; turn: Turn }
  | { type: 'turnRemoved'; turnId: string }
  | { type: 'answer'; turnId: string; answerIndex: number; fields: Partial<Answer> }
  | { type: 'text'; turnId: string; answerIndex: number; text: string };

export interface RunParams {
  draft: FormDraft;
  /** Asks again in the place of this turn; those after it are dropped where they build on it. */
  replaceTurnId?: string | undefined;
}

/** What the panel asks of the host. */
export type PanelMethods = {
  ready: { params: undefined; result: Snapshot<PanelState> };
  chooseModel: { params: { purpose: 'prompt' | 'compare' }; result: void };
  stopComparing: { params: undefined; result: void };
  setDevice: { params: { device: DeviceChoice; precision: PrecisionChoice }; result: void };
  load: { params: undefined; result: void };
  unload: { params: undefined; result: void };
  run: { params: RunParams; result: void };
  stop: { params: undefined; result: void };
  regenerate: { params: { turnId: string }; result: void };
  newConversation: { params: undefined; result: void };
  openConversation: { params: { conversationId: string }; result: void };
  deleteConversation: { params: { conversationId: string }; result: void };
  clearHistory: { params: undefined; result: void };
  deleteTurn: { params: { turnId: string }; result: void };
  keepTurn: { params: { turnId: string; isKept: boolean }; result: void };
  copyAnswer: { params: { turnId: string; answerIndex: number }; result: void };
  openRaw: { params: { turnId: string; answerIndex: number }; result: void };
  pinEmbedding: { params: { turnId: string; answerIndex: number }; result: void };
  unpinEmbedding: { params: { id: string }; result: void };
  savePreset: { params: Preset; result: void };
  deletePreset: { params: { name: string }; result: void };
  chooseFile: { params: { kind: 'image' | 'audio' | 'any' }; result: string | null };
  openLink: { params: { href: string }; result: void };
  act: { params: { action: ErrorAction; turnId?: string | undefined }; result: void };
};

export type PanelNotifications = { delta: NumberedDelta<PanelDelta> };

/** What a run comes to: the model's data and params. */
export interface RunInput {
  data: unknown;
  params: Record<string, unknown>;
}
