import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/ports.js';
import type { Tensor } from '../runtime/model.js';
import { resizeImage, type RawImage, type Resampling } from './imageResize.js';

interface Size {
  width: number;
  height: number;
}

/** transformers' image processors that resize, crop, rescale and normalize: ViT, DeiT, BEiT, ConvNeXT, CLIP and their like. */
export class ImageProcessor {
  constructor(private readonly config: JsonObject) {}

  /** Reads `preprocessor_config.json`, or the image part of `processor_config.json`. @throws MlflowError fileMissing. */
  static async load(folder: string): Promise<ImageProcessor> {
    const own = await readJson(path.join(folder, 'preprocessor_config.json'));
    const processor = own ?? (await readJson(path.join(folder, 'processor_config.json')));
    const config = (processor?.['image_processor'] as JsonObject | undefined) ?? processor;
    if (config) return new ImageProcessor(config);
    throw MlflowError.doesNotExist(
      `There is no image processor in '${folder}': 'preprocessor_config.json' is missing. Save the model with its processor.`,
      { reason: 'fileMissing', details: { folder } },
    );
  }

  /** One image as `pixel_values` [1, channels, height, width]. */
  process(image: RawImage): Tensor {
    const sized = this.isOn('do_resize') ? this.resize(image) : image;
    const cropped = this.isOn('do_center_crop') ? centerCrop(sized, sizeOf(this.config['crop_size'], sized)) : sized;
    return this.toTensor(cropped);
  }

  private isOn(name: string): boolean {
    const value = this.config[name];
    return value === undefined || value === null ? defaultsOn.has(name) : Boolean(value);
  }

  private resize(image: RawImage): RawImage {
    const resampling = (this.config['resample'] ?? 2) as Resampling;
    const cropPart = this.config['crop_pct'];
    const edge = shortestEdge(this.config['size']);
    if (typeof cropPart === 'number' && edge !== undefined && edge < 384) {
      const larger = byShortestEdge(image, Math.trunc(edge / cropPart));
      return centerCrop(resizeImage(image, larger.width, larger.height, resampling), { width: edge, height: edge });
    }
    const target =
      typeof cropPart === 'number' && edge !== undefined
        ? { width: edge, height: edge }
        : sizeOf(this.config['size'], image);
    return resizeImage(image, target.width, target.height, resampling);
  }

  private toTensor({ width, height, channels, data }: RawImage): Tensor {
    const factor = this.isOn('do_rescale') ? numberOf(this.config['rescale_factor'], 1 / 255) : 1;
    const normalizes = this.isOn('do_normalize');
    const mean = channelValues(this.config['image_mean'], 0.5);
    const deviation = channelValues(this.config['image_std'], 0.5);
    const pixels = new Float32Array(channels * height * width);
    for (let channel = 0; channel < channels; channel++) {
      const offset = normalizes ? mean(channel) : 0;
      const divisor = normalizes ? deviation(channel) : 1;
      const plane = channel * height * width;
      for (let i = 0; i < height * width; i++) {
        pixels[plane + i] = (Math.fround(data[i * channels + channel]! * factor) - offset) / divisor;
      }
    }
    return { dims: [1, channels, height, width], data: pixels };
  }
}

const defaultsOn: ReadonlySet<string> = new Set(['do_resize', 'do_rescale', 'do_normalize']);

async function readJson(file: string): Promise<JsonObject | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as JsonObject);
}

function numberOf(value: JsonValue | undefined, fallback: number): number {
  return typeof value === 'number' ? value : fallback;
}

function channelValues(value: JsonValue | undefined, fallback: number): (channel: number) => number {
  if (Array.isArray(value)) return (channel) => Math.fround(numberOf(value[channel], fallback));
  return () => Math.fround(numberOf(value, fallback));
}

function shortestEdge(size: JsonValue | undefined): number | undefined {
  if (typeof size !== 'object' || size === null || Array.isArray(size)) return undefined;
  return typeof size['shortest_edge'] === 'number' ? size['shortest_edge'] : undefined;
}

/** A size setting for an image: fixed, or by its shortest edge. */
function sizeOf(size: JsonValue | undefined, image: Size): Size {
  if (typeof size === 'number') return { width: size, height: size };
  const edge = shortestEdge(size);
  if (edge !== undefined) return byShortestEdge(image, edge);
  const { height, width } = (size ?? {}) as { height?: number; width?: number };
  if (typeof height === 'number' && typeof width === 'number') return { width, height };
  throw MlflowError.invalidParameter(
    `The \`size\` dictionary must contain the keys \`height\` and \`width\`. Got ${Object.keys((size ?? {}) as object).join(', ')}`,
  );
}

function byShortestEdge({ width, height }: Size, edge: number): Size {
  const short = Math.min(width, height);
  const long = Math.trunc((edge * Math.max(width, height)) / short);
  return width <= height ? { width: edge, height: long } : { width: long, height: edge };
}

/** The middle of the image; where it is smaller, black around it. */
function centerCrop(image: RawImage, { width, height }: Size): RawImage {
  const { channels } = image;
  const data = new Uint8Array(width * height * channels);
  const top = Math.floor((image.height - height) / 2);
  const left = Math.floor((image.width - width) / 2);
  for (let y = 0; y < height; y++) {
    const sourceY = y + top;
    if (sourceY < 0 || sourceY >= image.height) continue;
    const from = Math.max(0, left);
    const to = Math.min(image.width, left + width);
    const row = image.data.subarray((sourceY * image.width + from) * channels, (sourceY * image.width + to) * channels);
    data.set(row, (y * width + (from - left)) * channels);
  }
  return { width, height, channels, data };
}
