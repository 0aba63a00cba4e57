import type { GeneratedModel } from '../../core/graph/generatedGraph.js';
import { encodeOnnxModel, type OnnxModel } from '../../core/graph/onnxModel.js';
import type { Device, Precision } from '../../protocol/inference.js';
import { createSession, type Session, type SessionOptions } from './onnxRuntime.js';
import { RopeCache } from './ropeCache.js';
import { locateWeights, type WeightLocation } from './weightLocation.js';

/** The sessions that answer together: one, or a decoder with its encoder. */
export interface SessionSet {
  main: Session;
  encoder: Session | null;
  rope: RopeCache;
  device: Device;
  precision: Precision;
  /** Removes what the sessions alone needed, once they are gone. */
  release(): Promise<void>;
}

export interface OpenSettings {
  device: Device;
  precision: Precision;
  /** Weights are copied into the layout that computes fastest; otherwise they stay mapped where they lie. */
  isPrepacked: boolean;
  /** Stored bf16 and fp16 weights are converted at each use instead of once while opening. */
  keepsStoredPrecision: boolean;
}

/**
 * Opens the sessions of generated graphs over the files that hold their weights.
 * @param weights where these are; found from the graphs when absent.
 */
export async function openGenerated(
  generated: GeneratedModel,
  settings: OpenSettings,
  weights?: WeightLocation,
): Promise<SessionSet> {
  const graphs = [generated.main, ...(generated.encoder ? [generated.encoder] : [])];
  const location = weights ?? (await locateWeights(externalFiles(graphs.map(({ model }) => model))));
  const open = (model: OnnxModel): Promise<Session> =>
    createSession(
      encodeOnnxModel(model, (file) => location.locate(file)),
      sessionOptions(settings, location),
    );
  return {
    main: await open(generated.main.model),
    encoder: generated.encoder ? await open(generated.encoder.model) : null,
    rope: new RopeCache(generated.main.decoder?.ropeTables ?? []),
    device: settings.device,
    precision: settings.precision,
    release: async () => undefined,
  };
}

export async function disposeSessions(sessions: SessionSet): Promise<void> {
  await sessions.main.release();
  await sessions.encoder?.release();
  await sessions.release();
}

/** Paths of the files that hold a graph's weights. */
export function externalFiles(models: readonly OnnxModel[]): string[] {
  const files = new Set<string>();
  for (const model of models) {
    for (const { data } of model.initializers) if (!(data instanceof Uint8Array)) files.add(data.file);
  }
  return [...files];
}

export function sessionOptions(settings: OpenSettings, location: WeightLocation | null): SessionOptions {
  return {
    executionProviders: [settings.device],
    graphOptimizationLevel: settings.keepsStoredPrecision ? 'disabled' : 'all',
    logSeverityLevel: 3,
    extra: {
      session: {
        ...(settings.isPrepacked ? {} : { disable_prepacking: '1' }),
        ...(location ? { model_external_initializers_file_folder_path: location.folder } : {}),
      },
    },
  };
}
