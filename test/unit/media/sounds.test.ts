import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { NdArray } from '../../../src/core/signature/ndArray.js';
import { decodeAudio } from '../../../src/worker/media/decodeAudio.js';
import { loadAudio, type LoadAudioOptions } from '../../../src/worker/media/loadAudio.js';
import { resampleAsTorchaudio } from '../../../src/worker/media/sincResample.js';

interface GoldenSound {
  name: string;
  samplingRate: number;
  file: string;
  samples: string;
}

const sounds = JSON.parse(
  await readFile(new URL('../../fixtures/audio/sounds.json', import.meta.url), 'utf8'),
) as GoldenSound[];

describe('sound files', () => {
  for (const { name, samplingRate, file, samples } of sounds) {
    it(`${name} at ${samplingRate} Hz: the samples that ffmpeg gives`, async () => {
      const decoded = await decodeAudio(Buffer.from(file, 'base64'), {
        samplingRate,
        malformed: 'Malformed soundfile',
      });
      const expected = new Float32Array(new Uint8Array(Buffer.from(samples, 'base64')).buffer);
      assert.equal(decoded.length, expected.length);
      const largest = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - decoded[i]!)), 0);
      assert.ok(largest < 1e-6, `differs by ${largest}`);
    });
  }

  it('bytes of a WAV file without samples are malformed, in the words of the pipeline', async () => {
    const empty = Buffer.from(sounds[0]!.file, 'base64').subarray(0, 44);
    await assert.rejects(decodeAudio(empty, { samplingRate: 16_000, malformed: 'Malformed soundfile' }), {
      message: 'Malformed soundfile',
    });
  });
});

describe('samples in a dict', () => {
  const options: LoadAudioOptions = {
    samplingRate: 16_000,
    pipeline: 'AutomaticSpeechRecognitionPipeline',
    generation: 5,
  };
  const samples = Float32Array.from({ length: 441 }, (_, i) => Math.sin(i / 7));

  it('raw and array are brought to the rate of the model', async () => {
    const expected = resampleAsTorchaudio(samples, 44_100, 16_000);
    assert.equal(expected.length, 160);
    for (const key of ['raw', 'array']) {
      const { samples: found } = await loadAudio({ [key]: samples, sampling_rate: 44_100 }, options);
      assert.deepEqual(found, expected);
    }
  });

  it('a sine keeps its shape at another rate', () => {
    const sine = (rate: number): Float32Array =>
      Float32Array.from({ length: rate / 10 }, (_, i) => Math.sin((2 * Math.PI * 440 * i) / rate));
    const found = resampleAsTorchaudio(sine(48_000), 48_000, 16_000);
    const inner = found.slice(50, -50).map((value, i) => Math.abs(value - sine(16_000)[i + 50]!));
    assert.ok(Math.max(...inner) < 2e-3);
  });

  it('strides come to the new rate, other keys are handed on, a path is left out', async () => {
    const loaded = await loadAudio(
      { array: samples, sampling_rate: 32_000, stride: [100, 50], path: 'x.wav', speaker: 'a' },
      options,
    );
    assert.deepEqual(loaded.stride, { left: 50, right: 25 });
    assert.deepEqual(loaded.extra, { speaker: 'a' });
  });

  it('a dict without samples or rate is refused with Python’s text', async () => {
    await assert.rejects(loadAudio({ raw: samples }, options), {
      message:
        'When passing a dictionary to AutomaticSpeechRecognitionPipeline, the dict needs to contain a "raw" key containing ' +
        'the numpy array or torch tensor representing the audio and a "sampling_rate" key, containing the sampling_rate ' +
        'associated with that array',
    });
  });

  it('two channels are averaged for speech recognition of transformers 5, and refused elsewhere', async () => {
    const stereo = new NdArray('float32', [2, 3], [0, 0.5, 1, 1, 0.5, 0]);
    assert.deepEqual(Array.from((await loadAudio(stereo, options)).samples), [0.5, 0.5, 0.5]);
    for (const other of [
      { ...options, generation: 4 as const },
      { ...options, pipeline: 'AudioClassificationPipeline' as const },
    ]) {
      await assert.rejects(loadAudio(stereo, other), {
        message: `We expect a single channel audio input for ${other.pipeline}`,
      });
    }
    await assert.rejects(loadAudio(new NdArray('float32', [3, 1], [0, 0, 0]), options), /reads axis 0 as channels/);
  });

  it('what is no sound is refused with its Python type', async () => {
    await assert.rejects(loadAudio(5, options), {
      message: "We expect a numpy ndarray or torch tensor as input, got `<class 'int'>`",
    });
  });
});
