import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { MlflowError } from '../../core/errors.js';
import { NdArray } from '../../core/signature/ndArray.js';
import { classText } from '../../core/signature/pythonValue.js';
import { readWave } from './wave.js';

/**
 * Mono samples at the wanted rate, from samples, a file's bytes, a path or a URL.
 * WAV files of that rate are read here; everything else goes through `ffmpeg`, as in Python.
 * @throws MlflowError for what is no sound, and where `ffmpeg` is needed and missing.
 */
export async function loadAudio(source: unknown, samplingRate: number, signal?: AbortSignal): Promise<Float32Array> {
  if (source instanceof NdArray) return monoOf(source);
  if (source instanceof Float32Array || source instanceof Float64Array) return Float32Array.from(source);
  if (source instanceof Uint8Array) return decode(source, samplingRate, signal);
  if (typeof source !== 'string') {
    throw MlflowError.invalidParameter(
      `We expect a numpy ndarray or torch tensor as input, got \`${classText(source)}\``,
    );
  }
  const bytes = /^https?:\/\//.test(source) ? await download(source, signal) : await readFile(source);
  return decode(bytes, samplingRate, signal);
}

function monoOf(array: NdArray): Float32Array {
  if (array.ndim !== 1) {
    throw MlflowError.invalidParameter('We expect a single channel audio input for AutomaticSpeechRecognitionPipeline');
  }
  return Float32Array.from(array.data as ArrayLike<number>);
}

async function download(url: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const response = await fetch(url, signal ? { signal } : {});
  if (!response.ok)
    throw MlflowError.invalidParameter(`'${url}' could not be read: the server answered ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer());
}

async function decode(bytes: Uint8Array, samplingRate: number, signal: AbortSignal | undefined): Promise<Float32Array> {
  const wave = readWave(bytes);
  if (wave?.samplingRate === samplingRate) return wave.samples;
  return throughFfmpeg(bytes, samplingRate, signal);
}

/** Source: transformers audio_utils.ffmpeg_read. */
async function throughFfmpeg(
  bytes: Uint8Array,
  samplingRate: number,
  signal: AbortSignal | undefined,
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
  if (output.length < 4) {
    throw MlflowError.invalidParameter(
      'Soundfile is either not in the correct format or is malformed. Ensure that the soundfile has ' +
        'a valid audio file extension (e.g. wav, flac or mp3) and is not corrupted. If reading from a remote ' +
        'URL, ensure that the URL is the full address to **download** the audio file.',
    );
  }
  return new Float32Array(new Uint8Array(output).buffer, 0, output.length >> 2);
}
