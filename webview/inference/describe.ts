import { l10n } from '../../src/core/l10n.js';
import { formatBytes, formatCount, formatDuration } from '../../src/core/format.js';
import type {
  Device,
  DeviceChoice,
  LoadedModel,
  Precision,
  PrecisionChoice,
  PredictionStats,
} from '../../src/protocol/inference.js';
import type { Answer, ErrorAction, ModelStatus, PanelState } from '../../src/protocol/panel.js';
import { unbroken } from '../shared/unbroken.js';

const deviceNames: Readonly<Record<Device, string>> = {
  cpu: 'CPU',
  cuda: 'CUDA',
  webgpu: 'WebGPU',
  coreml: 'CoreML',
  dml: 'DirectML',
};

export function deviceName(device: DeviceChoice): string {
  return device === 'auto' ? l10n.t('Auto') : deviceNames[device];
}

export function precisionName(precision: PrecisionChoice): string {
  switch (precision) {
    case 'auto':
      return l10n.t('Auto');
    case 'int8':
      return l10n.t('8 bit');
    case 'int4':
      return l10n.t('4 bit');
    default:
      return precision;
  }
}

export function actionLabel(action: ErrorAction): string {
  switch (action) {
    case 'retry':
      return l10n.t('Retry');
    case 'showLog':
      return l10n.t('Show log');
    case 'persistWeights':
      return l10n.t('Persist weights');
    case 'manageTrust':
      return l10n.t('Manage trust');
    case 'openMlmodel':
      return l10n.t('Inspect');
    case 'chooseModel':
      return l10n.t('Choose another model');
    case 'useCpu':
      return l10n.t('Use CPU');
  }
}

/** `fp32 CPU`. */
export function whereText(device: Device, precision: Precision): string {
  return `${precisionName(precision)} ${deviceName(device)}`;
}

export interface StatusLine {
  icon: 'circle-filled' | 'circle-outline' | 'error' | 'ring';
  tone: 'ready' | 'busy' | 'quiet' | 'error';
  text: string;
  /** Between 0 and 1; `null` while unknown; absent where nothing is under way. */
  fraction?: number | null;
}

/** The line below the model's name. */
export function statusLine({
  status,
  runningTurnId,
  isStopping,
}: Pick<PanelState, 'status' | 'runningTurnId' | 'isStopping'>): StatusLine {
  switch (status.kind) {
    case 'none':
      return { icon: 'circle-outline', tone: 'quiet', text: l10n.t('no model') };
    case 'unloaded':
      return {
        icon: 'circle-outline',
        tone: 'quiet',
        text: status.note ?? l10n.t('not loaded · loads with the first prompt'),
      };
    case 'loading':
      return { icon: 'ring', tone: 'busy', text: loadingText(status), fraction: status.fraction };
    case 'failed':
      return { icon: 'error', tone: 'error', text: status.error.message };
    case 'ready':
      if (isStopping) return { icon: 'ring', tone: 'busy', text: l10n.t('stopping · stop again to end the process') };
      if (runningTurnId !== null)
        return { icon: 'ring', tone: 'busy', text: l10n.t('answering · {0}', readyFacts(status.model)) };
      return {
        icon: 'circle-filled',
        tone: 'ready',
        text: unbroken(
          l10n.t('ready · loaded in {0} · {1}', formatDuration(status.model.loadMs), readyFacts(status.model)),
        ),
      };
  }
}

function loadingText({ message, fraction }: Extract<ModelStatus, { kind: 'loading' }>): string {
  return fraction === null ? `${message}…` : `${message}… ${Math.round(fraction * 100)} %`;
}

function readyFacts(model: LoadedModel): string {
  const memory = formatBytes(model.memoryBytes);
  return model.isUpgrading ? l10n.t('{0} · upgrading', memory) : memory;
}

/** What the status line leaves out; its hover. */
export function statusDetails(status: ModelStatus): string {
  if (status.kind !== 'ready') return '';
  const { architecture, parameterCount, weightsBytes, loadMs, memoryBytes, contextLength, isUpgrading } = status.model;
  const lines = [
    architecture,
    l10n.t('{0} parameters, {1} of weights', formatCount(parameterCount), formatBytes(weightsBytes)),
    l10n.t('Loaded in {0}', formatDuration(loadMs)),
    l10n.t('Memory of the inference process: {0}', formatBytes(memoryBytes)),
  ];
  if (contextLength !== null) lines.push(l10n.t('Context: {0} tokens', contextLength.toLocaleString('en-US')));
  if (isUpgrading) lines.push(l10n.t('A faster session is being built and takes over between two answers.'));
  return lines.join('\n');
}

/** `23 tokens · first 62 ms · 46 tok/s · fp32 CPU`. */
export function statsLine(stats: PredictionStats, finishReason: Answer['finishReason']): string {
  const parts: string[] = [];
  if (stats.completionTokens !== null)
    parts.push(stats.completionTokens === 1 ? l10n.t('1 token') : l10n.t('{0} tokens', stats.completionTokens));
  if (stats.timeToFirstTokenMs !== null) parts.push(l10n.t('first {0}', formatDuration(stats.timeToFirstTokenMs)));
  if (stats.tokensPerSecond !== null) parts.push(l10n.t('{0} tok/s', rate(stats.tokensPerSecond)));
  if (parts.length === 0) parts.push(formatDuration(stats.totalMs));
  parts.push(whereText(stats.device, stats.precision));
  if (finishReason === 'length') parts.push(l10n.t('stopped at the length limit'));
  return parts.join(' · ');
}

/** Everything that is known about an answer's making, a line each: the statistics' hover. */
export function statsDetails(stats: PredictionStats): string {
  const lines = [l10n.t('Total: {0}', formatDuration(stats.totalMs))];
  if (stats.promptTokens !== null) lines.push(l10n.t('Prompt: {0} tokens', stats.promptTokens));
  if (stats.completionTokens !== null) lines.push(l10n.t('Answer: {0} tokens', stats.completionTokens));
  if (stats.timeToFirstTokenMs !== null) {
    lines.push(l10n.t('Time to first token: {0}', formatDuration(stats.timeToFirstTokenMs)));
  }
  if (stats.tokensPerSecond !== null) lines.push(l10n.t('Speed: {0} tokens/s', rate(stats.tokensPerSecond)));
  lines.push(l10n.t('Memory of the inference process: {0}', formatBytes(stats.memoryBytes)));
  return lines.join('\n');
}

function rate(tokensPerSecond: number): string {
  return tokensPerSecond < 10 ? tokensPerSecond.toFixed(1) : String(Math.round(tokensPerSecond));
}

/** What a screen reader is told: once when something begins and once when it ends, never each token. */
export function announcement(state: PanelState): string {
  if (state.isStopping) return l10n.t('Stopping.');
  if (state.runningTurnId !== null) return l10n.t('Answering.');
  const name = state.model?.name ?? l10n.t('the model');
  if (state.status.kind === 'loading') return l10n.t('Loading {0}.', name);
  if (state.status.kind === 'failed') return l10n.t('Error: {0}', state.status.error.message);
  const answer = state.turns.at(-1)?.answers[0];
  if (!answer) return state.status.kind === 'ready' ? l10n.t('Ready: {0}.', name) : '';
  if (answer.status === 'failed') return l10n.t('Error: {0}', answer.error?.message ?? '');
  if (answer.status === 'stopped') return l10n.t('Stopped.');
  return answer.stats
    ? l10n.t('Answer ready: {0}.', statsLine(answer.stats, answer.finishReason))
    : l10n.t('Answer ready.');
}

/** The answer to "Why not GPU?": a sentence, and the rungs that were refused. */
export function deviceReport(status: ModelStatus): { summary: string; refused: { device: string; reason: string }[] } {
  if (status.kind !== 'ready') {
    return {
      summary: l10n.t('Which device answers is decided when the model loads. Load it to see what was tried.'),
      refused: [],
    };
  }
  const { device, refusedDevices } = status.model;
  const refused = refusedDevices.map((rung) => ({ device: deviceName(rung.device), reason: rung.reason }));
  const summary =
    refused.length === 0
      ? l10n.t('The model runs on {0}. No other device was tried.', deviceName(device))
      : l10n.t('The model runs on {0}. Tried before it, best first:', deviceName(device));
  return { summary, refused };
}
