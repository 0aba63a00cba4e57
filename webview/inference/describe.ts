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

const deviceNames: Readonly<Record<DeviceChoice, string>> = {
  auto: 'Auto',
  cpu: 'CPU',
  cuda: 'CUDA',
  webgpu: 'WebGPU',
  coreml: 'CoreML',
  dml: 'DirectML',
};
const precisionNames: Readonly<Record<PrecisionChoice, string>> = {
  auto: 'Auto',
  fp32: 'fp32',
  int8: '8 bit',
  int4: '4 bit',
};
const actionLabels: Readonly<Record<ErrorAction, string>> = {
  retry: 'Retry',
  showLog: 'Show log',
  persistWeights: 'Persist weights',
  manageTrust: 'Manage trust',
  openMlmodel: 'Inspect',
  chooseModel: 'Choose another model',
  useCpu: 'Use CPU',
};

export function deviceName(device: DeviceChoice): string {
  return deviceNames[device];
}

export function precisionName(precision: PrecisionChoice): string {
  return precisionNames[precision];
}

export function actionLabel(action: ErrorAction): string {
  return actionLabels[action];
}

/** `fp32 CPU`. */
export function whereText(device: Device, precision: Precision): string {
  return `${precisionNames[precision]} ${deviceNames[device]}`;
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
      return { icon: 'circle-outline', tone: 'quiet', text: 'no model' };
    case 'unloaded':
      return { icon: 'circle-outline', tone: 'quiet', text: status.note ?? 'not loaded · loads with the first prompt' };
    case 'loading':
      return { icon: 'ring', tone: 'busy', text: loadingText(status), fraction: status.fraction };
    case 'failed':
      return { icon: 'error', tone: 'error', text: status.error.message };
    case 'ready':
      if (isStopping) return { icon: 'ring', tone: 'busy', text: 'stopping · stop again to end the process' };
      if (runningTurnId !== null)
        return { icon: 'ring', tone: 'busy', text: `answering · ${readyFacts(status.model)}` };
      return {
        icon: 'circle-filled',
        tone: 'ready',
        text: unbroken(`ready · loaded in ${formatDuration(status.model.loadMs)} · ${readyFacts(status.model)}`),
      };
  }
}

/** A number stays on one line with its unit. */
function unbroken(text: string): string {
  return text
    .replace(/(\d) (?=\S)/g, '$1\u00a0')
    .replace('loaded in ', 'loaded in\u00a0')
    .replace(/\u00a0·/g, ' ·');
}

function loadingText({ message, fraction }: Extract<ModelStatus, { kind: 'loading' }>): string {
  return fraction === null ? `${message}…` : `${message}… ${Math.round(fraction * 100)} %`;
}

function readyFacts(model: LoadedModel): string {
  const upgrade = model.isUpgrading ? ' · upgrading' : '';
  return `${formatBytes(model.memoryBytes)}${upgrade}`;
}

/** What the status line leaves out; its hover. */
export function statusDetails(status: ModelStatus): string {
  if (status.kind !== 'ready') return '';
  const { architecture, parameterCount, weightsBytes, loadMs, memoryBytes, contextLength, isUpgrading } = status.model;
  const lines = [
    architecture,
    `${formatCount(parameterCount)} parameters, ${formatBytes(weightsBytes)} of weights`,
    `Loaded in ${formatDuration(loadMs)}`,
    `Memory of the inference process: ${formatBytes(memoryBytes)}`,
  ];
  if (contextLength !== null) lines.push(`Context: ${contextLength.toLocaleString('en-US')} tokens`);
  if (isUpgrading) lines.push('A faster session is being built and takes over between two answers.');
  return lines.join('\n');
}

/** `23 tokens · first 62 ms · 46 tok/s · fp32 CPU`. */
export function statsLine(stats: PredictionStats, finishReason: Answer['finishReason']): string {
  const parts: string[] = [];
  if (stats.completionTokens !== null)
    parts.push(stats.completionTokens === 1 ? '1 token' : `${stats.completionTokens} tokens`);
  if (stats.timeToFirstTokenMs !== null) parts.push(`first ${formatDuration(stats.timeToFirstTokenMs)}`);
  if (stats.tokensPerSecond !== null) parts.push(`${rate(stats.tokensPerSecond)} tok/s`);
  if (parts.length === 0) parts.push(formatDuration(stats.totalMs));
  parts.push(whereText(stats.device, stats.precision));
  if (finishReason === 'length') parts.push('stopped at the length limit');
  return parts.join(' · ');
}

/** Everything that is known about an answer's making, a line each: the statistics' hover. */
export function statsDetails(stats: PredictionStats): string {
  const lines = [`Total: ${formatDuration(stats.totalMs)}`];
  if (stats.promptTokens !== null) lines.push(`Prompt: ${stats.promptTokens} tokens`);
  if (stats.completionTokens !== null) lines.push(`Answer: ${stats.completionTokens} tokens`);
  if (stats.timeToFirstTokenMs !== null) lines.push(`Time to first token: ${formatDuration(stats.timeToFirstTokenMs)}`);
  if (stats.tokensPerSecond !== null) lines.push(`Speed: ${rate(stats.tokensPerSecond)} tokens/s`);
  lines.push(`Memory of the inference process: ${formatBytes(stats.memoryBytes)}`);
  return lines.join('\n');
}

function rate(tokensPerSecond: number): string {
  return tokensPerSecond < 10 ? tokensPerSecond.toFixed(1) : String(Math.round(tokensPerSecond));
}

/** What a screen reader is told: once when something begins and once when it ends, never each token. */
export function announcement(state: PanelState): string {
  if (state.isStopping) return 'Stopping.';
  if (state.runningTurnId !== null) return 'Answering.';
  if (state.status.kind === 'loading') return `Loading ${state.model?.name ?? 'the model'}.`;
  if (state.status.kind === 'failed') return `Error: ${state.status.error.message}`;
  const answer = state.turns.at(-1)?.answers[0];
  if (!answer) return state.status.kind === 'ready' ? `${state.model?.name ?? 'The model'} is ready.` : '';
  if (answer.status === 'failed') return `Error: ${answer.error?.message ?? 'the answer failed.'}`;
  if (answer.status === 'stopped') return 'Stopped.';
  return answer.stats ? `Answer ready: ${statsLine(answer.stats, answer.finishReason)}.` : 'Answer ready.';
}

/** The answer to "Why not GPU?": a sentence, and the rungs that were refused. */
export function deviceReport(status: ModelStatus): { summary: string; refused: { device: string; reason: string }[] } {
  if (status.kind !== 'ready') {
    return {
      summary: 'Which device answers is decided when the model loads. Load it to see what was tried.',
      refused: [],
    };
  }
  const { device, refusedDevices } = status.model;
  const refused = refusedDevices.map((rung) => ({ device: deviceNames[rung.device], reason: rung.reason }));
  const summary =
    refused.length === 0
      ? `The model runs on ${deviceNames[device]}. No other device was tried.`
      : `The model runs on ${deviceNames[device]}. Tried before it, best first:`;
  return { summary, refused };
}
