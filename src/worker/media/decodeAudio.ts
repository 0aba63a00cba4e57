import { spawn } from 'node:child_process';
import { MlflowError } from '../../core/errors.js';
import { readFlac } from './flac.js';
import { resampleAsFfmpeg } from './resample.js';
import { monoOf, type Sound } from './sound.js';
import { readWave } from './wave.js';

export interface DecodeOptions {
  /** Samples a second that are wanted. */
  samplingRate: number;
  /** What the pipeline says of bytes that are no sound. */
  malformed: string;
  signal?: AbortSignal | undefined;
}

/**
 * A file's bytes as mono samples: as ffmpeg gives them to Python's pipelines. WAV and FLAC are read here, other formats
 * by `ffmpeg`.
 * @throws MlflowError INVALID_PARAMETER_VALUE for what is no sound, and where `ffmpeg` is needed and missing.
 */
export async function decodeAudio(bytes: Uint8Array, options: DecodeOptions): Promise<Float32Array> {
  const sound = readWave(bytes) ?? readFlac(bytes);
  if (!sound) return throughFfmpeg(bytes, options);
  const samples = resampled(sound, options.samplingRate);
  if (samples.length === 0) throw MlflowError.invalidParameter(options.malformed);
  return samples;
}

function resampled(sound: Sound, samplingRate: number): Float32Array {
  return resampleAsFfmpeg(monoOf(sound), sound.samplingRate, samplingRate);
}

/** Source: transformers audio_utils.ffmpeg_read. */
async function throughFfmpeg(
  bytes: Uint8Array,
  { samplingRate, malformed, signal }: DecodeOptions,
): Promise<Float32Array> {
  const settings = `-i pipe:0 -ac 1 -ar ${samplingRate} -f f32le -hide_banner -loglevel quiet pipe:1`.split(' ');
  const child = spawn('ffmpeg', settings, { stdio: ['pipe', 'pipe', 'ignore'], ...(signal ? { signal } : {}) });
  child.stdin.on('error', () => undefined);
  child.stdin.end(bytes);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise<void>((resolve, reject) => {
    child.once('error', (cause) => {
      reject(
        MlflowError.invalidParameter('ffmpeg was not found but is required to load audio files from filename', {
          cause,
        }),
      );
    });
    child.once('close', () => resolve());
  });
  const output = Buffer.concat(chunks);
  if (output.length < 4) throw MlflowError.invalidParameter(malformed);
  return new Float32Array(new Uint8Array(output).buffer, 0, output.length >> 2);
}
