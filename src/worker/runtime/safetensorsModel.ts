import { MlflowError } from '../../core/errors.js';
import type { AlignmentHead } from '../../core/graph/generatedGraph.js';
import { QuantizationPlan, quantizedFile } from '../../core/graph/quantizationPlan.js';
import { graphFor, resolveHead, type GraphRequest } from '../../core/graph/registry.js';
import type { CheckpointTensors } from '../../core/safetensors/checkpoint.js';
import type { Device, PrecisionChoice } from '../../protocol/inference.js';
import type { OpenModelOptions } from './model.js';
import { findQuantized, makeQuantized, type QuantizedWeights } from './quantization/quantizedCache.js';
import type { Session } from './onnxRuntime.js';
import { openGenerated, type SessionSet } from './sessionSet.js';

/** Below this, quantizing costs more than it brings. */
const leastQuantizedParameters = 100_000_000;
/** Stored half-precision weights up to here are converted while opening. */
const convertedAtOnceBytes = 512 * 1024 * 1024;
/** Models up to here get a second, faster layout of their weights in memory. */
const prepackedBytes = 2 * 1024 * 1024 * 1024;

/** A way to better sessions than those that answer first. */
export type Upgrade = (signal: AbortSignal) => Promise<SessionSet>;

export interface OpenedModel {
  sessions: SessionSet;
  /** `null`: nothing better is to be had. */
  upgrade: Upgrade | null;
}

type Base = Omit<GraphRequest, 'options'>;

/** Opens generated graphs over safetensors: at once over the files as they lie, and plans what is built behind them. */
export async function openSafetensors(base: Base, options: OpenModelOptions, device: Device): Promise<OpenedModel> {
  const target = device === 'webgpu' ? 'webgpu' : 'cpu';
  const bits = device === 'cpu' ? quantizedBits(base, options.precision) : null;
  if (bits !== null) {
    const cached = await openCached(base, bits, options);
    if (cached) return { sessions: cached, upgrade: null };
  }
  const generated = graphFor({ ...base, options: { target, quantization: null } });
  const isStoredHalf = storedHalfBytes(base.checkpoint) > 0;
  const keepsStoredPrecision = device === 'cpu' && isStoredHalf && base.checkpoint.weightsBytes > convertedAtOnceBytes;
  const settings = { device, precision: 'fp32', isPrepacked: device !== 'cpu', keepsStoredPrecision } as const;
  const sessions = await openGenerated(generated, settings);
  if (bits !== null) return { sessions, upgrade: (signal) => openQuantized(base, bits, options, signal) };
  const isWorthPrepacking = device === 'cpu' && (!isLanguageModel(base) || keepsStoredPrecision);
  if (!isWorthPrepacking || base.checkpoint.weightsBytes > prepackedBytes) return { sessions, upgrade: null };
  const upgrade = () => openGenerated(generated, { ...settings, isPrepacked: true, keepsStoredPrecision: false });
  return { sessions, upgrade };
}

/** A session over the stored weights whose output `alignment` is what the heads attend to. */
export async function openAlignment(base: Base, heads: readonly AlignmentHead[]): Promise<Session> {
  const { alignment } = graphFor({ ...base, options: { target: 'cpu', quantization: null } });
  if (!alignment) {
    throw new MlflowError('The attention of this architecture over its input is not to be had.', 'NOT_IMPLEMENTED');
  }
  const settings = { device: 'cpu', precision: 'fp32', isPrepacked: false, keepsStoredPrecision: false } as const;
  return (await openGenerated({ main: alignment(heads), encoder: null }, settings)).main;
}

function isLanguageModel(base: Base): boolean {
  const { head } = resolveHead(base);
  return head === 'causalLm' || head === 'conditionalGeneration';
}

function quantizedBits(base: Base, precision: PrecisionChoice): 4 | 8 | null {
  switch (precision) {
    case 'fp32':
      return null;
    case 'int8':
      return 8;
    case 'int4':
      return 4;
    case 'auto':
      return isLanguageModel(base) && base.checkpoint.parameterCount >= leastQuantizedParameters ? 8 : null;
  }
}

function storedHalfBytes({ parametersByDtype }: CheckpointTensors): number {
  return 2 * ((parametersByDtype.BF16 ?? 0) + (parametersByDtype.F16 ?? 0));
}

async function openCached(base: Base, bits: 4 | 8, options: OpenModelOptions): Promise<SessionSet | null> {
  const plan = new QuantizationPlan(bits);
  const generated = graphFor({ ...base, options: { target: 'cpu', quantization: plan } });
  const weights = await findQuantized(plan, options.cacheFolder);
  return weights && openOver(generated, weights, bits);
}

async function openQuantized(
  base: Base,
  bits: 4 | 8,
  options: OpenModelOptions,
  signal: AbortSignal,
): Promise<SessionSet> {
  const plan = new QuantizationPlan(bits);
  const generated = graphFor({ ...base, options: { target: 'cpu', quantization: plan } });
  const weights = await makeQuantized(plan, options, {
    signal,
    onProgress: (fraction) => options.onProgress?.(`Quantizing to ${bits} bits`, fraction),
  });
  try {
    return await openOver(generated, weights, bits);
  } catch (error) {
    await weights.release();
    throw error;
  }
}

async function openOver(
  generated: ReturnType<typeof graphFor>,
  weights: QuantizedWeights,
  bits: 4 | 8,
): Promise<SessionSet> {
  const sessions = await openGenerated(
    generated,
    { device: 'cpu', precision: bits === 8 ? 'int8' : 'int4', isPrepacked: true, keepsStoredPrecision: false },
    { folder: weights.folder, locate: () => quantizedFile },
  );
  return { ...sessions, release: () => weights.release() };
}
