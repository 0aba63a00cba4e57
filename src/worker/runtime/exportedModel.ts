import path from 'node:path';
import type { Device, Precision, PrecisionChoice } from '../../protocol/inference.js';
import { createSession } from './onnxRuntime.js';
import { RopeCache } from './ropeCache.js';
import { sessionOptions, type SessionSet } from './sessionSet.js';

/** File name endings by precision, best first. Source: the naming of transformers.js and Optimum exports. */
const suffixes: Readonly<Record<PrecisionChoice, readonly string[]>> = {
  auto: ['', '_fp16', '_quantized', '_int8', '_uint8', '_q4', '_q4f16', '_bnb4'],
  fp32: ['', '_fp16', '_quantized', '_int8', '_uint8', '_q4', '_q4f16', '_bnb4'],
  int8: ['_quantized', '_int8', '_uint8', '', '_fp16', '_q4', '_q4f16', '_bnb4'],
  int4: ['_q4', '_q4f16', '_bnb4', '_quantized', '_int8', '_uint8', '', '_fp16'],
};

/** The ONNX files of an export that answer together. */
export interface ExportedFiles {
  main: string;
  encoder: string | null;
  precision: Precision;
}

/** Chooses among the ONNX files of a checkpoint folder; `null` when none has a known name. */
export function chooseExportedFiles(onnxFiles: readonly string[], choice: PrecisionChoice): ExportedFiles | null {
  for (const suffix of suffixes[choice]) {
    const find = (...names: string[]): string | null => {
      for (const name of names) {
        const file = onnxFiles.find((candidate) => path.basename(candidate) === `${name}${suffix}.onnx`);
        if (file !== undefined) return file;
      }
      return null;
    };
    const precision = precisionOf(suffix);
    const encoder = find('encoder_model');
    const decoder = find('decoder_model_merged', 'decoder_model');
    if (encoder !== null && decoder !== null) return { main: decoder, encoder, precision };
    const single = find('model', 'model_optimized') ?? decoder;
    if (single !== null) return { main: single, encoder: null, precision };
  }
  return null;
}

function precisionOf(suffix: string): Precision {
  if (suffix === '' || suffix === '_fp16') return 'fp32';
  return suffix.startsWith('_q4') || suffix === '_bnb4' ? 'int4' : 'int8';
}

/** Opens an export as it is. */
export async function openExported(files: ExportedFiles, device: Device): Promise<SessionSet> {
  const { precision } = files;
  const options = sessionOptions({ device, precision, isPrepacked: true, keepsStoredPrecision: false }, null);
  return {
    main: await createSession(files.main, options),
    encoder: files.encoder === null ? null : await createSession(files.encoder, options),
    rope: new RopeCache([]),
    device,
    precision,
    release: async () => undefined,
  };
}
