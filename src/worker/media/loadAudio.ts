import { readFile } from 'node:fs/promises';
import { MlflowError } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/ports.js';
import { NdArray } from '../../core/signature/ndArray.js';
import { classText } from '../../core/signature/pythonValue.js';
import type { TransformersGeneration } from '../tokenizer/generation.js';
import { decodeAudio } from './decodeAudio.js';
import { resampleAsTorchaudio } from './sincResample.js';

export interface LoadAudioOptions {
  samplingRate: number;
  /** Python's name of the pipeline, which its texts say. */
  pipeline: 'AutomaticSpeechRecognitionPipeline' | 'AudioClassificationPipeline';
  generation: TransformersGeneration;
  signal?: AbortSignal | undefined;
}

export interface LoadedAudio {
  samples: Float32Array;
  /** Samples at both ends that are there for context only. */
  stride?: { left: number; right: number } | undefined;
  /** What else a dict had; pipelines hand it on. */
  extra: JsonObject;
}

const malformed = {
  AutomaticSpeechRecognitionPipeline:
    'Soundfile is either not in the correct format or is malformed. Ensure that the soundfile has ' +
    'a valid audio file extension (e.g. wav, flac or mp3) and is not corrupted. If reading from a remote ' +
    'URL, ensure that the URL is the full address to **download** the audio file.',
  AudioClassificationPipeline: 'Malformed soundfile',
};

/**
 * Mono samples at the wanted rate from samples, a file's bytes, a path, a URL, or a dict of `raw` or `array` with its
 * `sampling_rate`. Source: `preprocess` of the audio pipelines.
 * @throws MlflowError INVALID_PARAMETER_VALUE with transformers' texts.
 */
export async function loadAudio(source: unknown, options: LoadAudioOptions): Promise<LoadedAudio> {
  if (typeof source === 'string' || source instanceof Uint8Array) {
    const bytes = typeof source === 'string' ? await bytesOf(source, options.signal) : source;
    const { samplingRate, signal } = options;
    const samples = await decodeAudio(bytes, { samplingRate, signal, malformed: malformed[options.pipeline] });
    return { samples, extra: {} };
  }
  return isDict(source) ? fromDict(source, options) : { samples: samplesOf(source, options), extra: {} };
}

async function bytesOf(source: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  if (!/^https?:\/\//.test(source)) return readFile(source);
  // Whatever the server answers is taken for a sound, as in Python.
  const response = await fetch(source, signal ? { signal } : {});
  return new Uint8Array(await response.arrayBuffer());
}

function isDict(source: unknown): source is Record<string, unknown> {
  return typeof source === 'object' && source !== null && Object.getPrototypeOf(source) === Object.prototype;
}

function fromDict(dict: Record<string, unknown>, options: LoadAudioOptions): LoadedAudio {
  const { stride, raw, array, sampling_rate: rate, ...rest } = dict;
  const given = raw ?? array;
  if (typeof rate !== 'number' || given === undefined) {
    const kind = options.generation === 4 ? 'numpy array' : 'numpy array or torch tensor';
    throw MlflowError.invalidParameter(
      `When passing a dictionary to ${options.pipeline}, the dict needs to contain a "raw" key containing the ${kind} ` +
        'representing the audio and a "sampling_rate" key, containing the sampling_rate associated with that array',
    );
  }
  if ((raw ?? null) === null) delete rest['path'];
  const original = samplesOf(given, options);
  const samples = resampleAsTorchaudio(original, rate, options.samplingRate);
  return { samples, stride: strideOf(stride, samples.length, options.samplingRate / rate), extra: rest as JsonObject };
}

function strideOf(stride: unknown, length: number, ratio: number): LoadedAudio['stride'] {
  if (!Array.isArray(stride)) return undefined;
  const [left = 0, right = 0] = stride as JsonValue[] as number[];
  if (left + right > length) throw MlflowError.invalidParameter('Stride is too large for input');
  return { left: Math.round(left * ratio), right: Math.round(right * ratio) };
}

function samplesOf(source: unknown, options: LoadAudioOptions): Float32Array {
  if (source instanceof NdArray) return monoArray(source, options);
  if (source instanceof Float32Array || source instanceof Float64Array) return Float32Array.from(source);
  if (Array.isArray(source) && source.every((item) => typeof item === 'number')) return Float32Array.from(source);
  const isSpeech = options.pipeline === 'AutomaticSpeechRecognitionPipeline';
  const kind = options.generation === 4 ? 'numpy ndarray' : 'numpy ndarray or torch tensor';
  throw MlflowError.invalidParameter(`We expect a ${kind} as input${isSpeech ? `, got \`${classText(source)}\`` : ''}`);
}

/** transformers 5 averages two channels for speech recognition; all else has one. */
function monoArray(array: NdArray, { pipeline, generation }: LoadAudioOptions): Float32Array {
  const data = array.data as ArrayLike<number>;
  if (array.ndim === 1) return Float32Array.from(data);
  const isMixed = pipeline === 'AutomaticSpeechRecognitionPipeline' && generation >= 5;
  if (!isMixed) throw MlflowError.invalidParameter(`We expect a single channel audio input for ${pipeline}`);
  const [channels = 0, length = 0] = array.shape;
  if (array.ndim !== 2) {
    throw MlflowError.invalidParameter(
      `${pipeline} expects mono audio shaped \`(samples,)\` or multi-channel audio shaped \`(channels, samples)\`, got ` +
        `${array.ndim} dimensions with shape (${array.shape.join(', ')}).`,
    );
  }
  if (channels > 2) {
    throw MlflowError.invalidParameter(
      `${pipeline} reads axis 0 as channels, and it has size ${channels} in the input of shape (${array.shape.join(', ')}). ` +
        'If this array is channels-last `(samples, channels)`, which is what `soundfile.read`, `librosa.load(mono=False)` ' +
        'and `scipy.io.wavfile.read` return, transpose it first. If it genuinely has more than 2 channels, downmix it to ' +
        'mono yourself so the weighting is yours to choose.',
    );
  }
  return Float32Array.from({ length }, (_, i) => (data[i]! + (channels === 2 ? data[length + i]! : data[i]!)) / 2);
}
