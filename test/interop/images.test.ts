import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { ImageProcessor } from '../../src/worker/media/imageProcessor.js';
import { loadImage } from '../../src/worker/media/loadImage.js';
import { runPython } from '../helpers/python.js';

interface ImageFile {
  name: string;
  width: number;
  height: number;
  /** RGB, base64. */
  samples: string;
  error?: string;
}

interface ProcessedImages {
  pictures: { width: number; height: number; samples: string }[];
  processors: {
    class: string;
    settings: string;
    folder: string;
    results: { image: number; name: string; dims: number[]; error?: string }[];
  }[];
}

const read = (name: string): Promise<string> => readFile(new URL(`./scripts/${name}`, import.meta.url), 'utf8');
const fileScript = await read('imageFiles.py');
const processorScript = await read('imageProcessing.py');

for (const generation of ['new', 'old'] as const) {
  const folder = await mkdtemp(path.join(tmpdir(), 'images-'));
  const files = await runPython<ImageFile[]>(generation, fileScript, { folder });
  const processed = await runPython<ProcessedImages>(generation, processorScript, { folder });
  after(() => rm(folder, { recursive: true, force: true }));

  describe(`image files, ${generation} Python`, () => {
    for (const file of files) {
      it(`${file.name}: ${file.error === undefined ? 'the samples that Pillow gives transformers' : 'refused as by Pillow'}`, async () => {
        const found = loadImage(path.join(folder, file.name));
        if (file.error !== undefined) {
          await assert.rejects(found, { errorCode: 'INVALID_PARAMETER_VALUE' });
          return;
        }
        const { width, height, channels, data } = await found;
        assert.deepEqual({ width, height, channels }, { width: file.width, height: file.height, channels: 3 });
        assert.ok(Buffer.from(file.samples, 'base64').equals(data));
      });
    }
  });

  describe(`image processors, ${generation} Python`, () => {
    for (const { class: className, settings, folder: processorFolder, results } of processed.processors) {
      it(`${className} with ${settings}: the values that transformers gives the model`, async () => {
        const processor = await ImageProcessor.load(processorFolder, {
          generation: generation === 'new' ? 5 : 4,
          className,
        });
        for (const { image, name, dims, error } of results) {
          assert.equal(error, undefined);
          const { samples, ...size } = processed.pictures[image]!;
          const data = new Uint8Array(Buffer.from(samples, 'base64'));
          const tensor = processor.process({ ...size, channels: 3, data })[name];
          assert.deepEqual(tensor?.dims, dims);
          const bytes = new Uint8Array(await readFile(path.join(processorFolder, `${image}.bin`))).buffer;
          const expected = name === 'input_ids' ? new BigInt64Array(bytes) : new Float32Array(bytes);
          assert.ok(largestDifference(tensor.data, expected) < 1e-5);
        }
      });
    }
  });
}

describe('image processors that need torchvision', () => {
  it('weigh with 16 bits and pad below, so that their samples differ from Pillow’s by little', () => {
    const config = { image_processor_type: 'ViTImageProcessor', size: { height: 5, width: 7 }, do_normalize: false };
    const data = Uint8Array.from({ length: 12 * 9 * 3 }, (_, i) => (i * 89) % 251);
    const image = { width: 12, height: 9, channels: 3, data };
    const values = (className: string, generation: 4 | 5): number[] =>
      Array.from(
        ImageProcessor.of(config, { className, generation }).process(image)['pixel_values']!.data as Float32Array,
      );
    const pillow = values('ViTImageProcessorPil', 5);
    const torchvision = values('ViTImageProcessor', 5);
    assert.notDeepEqual(torchvision, pillow);
    assert.ok(torchvision.every((value, i) => Math.abs(value - pillow[i]!) <= 1 / 255 + 1e-6));
    assert.deepEqual(values('ViTImageProcessorFast', 4), torchvision);
    assert.deepEqual(values('ViTImageProcessor', 4), pillow);
  });
});

function largestDifference(actual: ArrayLike<number | bigint>, expected: ArrayLike<number | bigint>): number {
  let largest = actual.length === expected.length ? 0 : Infinity;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(Number(actual[i]) - Number(expected[i])));
  }
  return largest;
}
