import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Sharp } from 'sharp';
import { MlflowError } from '../../core/errors.js';
import { pyRepr } from '../../core/signature/pythonText.js';
import { readBitmap } from './bitmap.js';
import { readGif } from './gif.js';
import type { RawImage } from './imageResize.js';
import { readNetpbm } from './netpbm.js';

/**
 * An image from a path, a URL, a data URI or base64 text, upright and as RGB, as Pillow converts it: colours as they are
 * stored, whatever profile is with them, and alpha left out.
 * Source: transformers image_utils.load_image.
 * @throws MlflowError INVALID_PARAMETER_VALUE for what is no image.
 */
export async function loadImage(source: unknown, signal?: AbortSignal): Promise<RawImage> {
  const { bytes, refuse } = await imageBytes(source, signal);
  return readGif(bytes) ?? readBitmap(bytes) ?? readNetpbm(bytes) ?? decode(bytes, refuse);
}

/** The error for bytes that are no image: what Pillow says, in the words that go with the source. */
type Refuse = (cause: string) => MlflowError;

async function imageBytes(
  source: unknown,
  signal: AbortSignal | undefined,
): Promise<{ bytes: Buffer; refuse: Refuse }> {
  if (typeof source !== 'string') {
    throw MlflowError.invalidParameter(
      'Incorrect format used for image. Should be an url linking to an image, a base64 string, a local path, or a PIL image.',
    );
  }
  const refuse: Refuse = (cause) => MlflowError.invalidParameter(cause);
  if (/^https?:\/\//.test(source)) return { bytes: await download(source, signal), refuse };
  if (existsSync(source)) {
    const isKnown = (cause: string): boolean => cause === unidentified;
    return {
      bytes: await readFile(source),
      refuse: (cause) => refuse(isKnown(cause) ? `${cause} ${pyRepr(source)}` : cause),
    };
  }
  const base64 = source.startsWith('data:image/') ? (source.split(',')[1] ?? '') : source;
  return { bytes: Buffer.from(base64, 'base64'), refuse: (cause) => incorrectSource(base64, cause) };
}

/** Whatever the server answers is taken for an image, as in Python. */
async function download(url: string, signal: AbortSignal | undefined): Promise<Buffer> {
  const response = await fetch(url, signal ? { signal } : {});
  return Buffer.from(await response.arrayBuffer());
}

function incorrectSource(text: string, cause: string): MlflowError {
  return MlflowError.invalidParameter(
    'Incorrect image source. Must be a valid URL starting with `http://` or `https://`, a valid path to an image file, ' +
      `or a base64 encoded string. Got ${text}. Failed with ${cause}`,
  );
}

const unidentified = 'cannot identify image file';

async function decode(bytes: Buffer, refuse: Refuse): Promise<RawImage> {
  const { default: sharp } = await import('sharp');
  const metadata = await sharp(bytes)
    .metadata()
    .catch(() => undefined);
  if (!metadata || metadata.format === 'svg') throw refuse(unidentified);
  const { space, channels } = metadata;
  const image = sharp(bytes, { ignoreIcc: true }).rotate();
  try {
    if (space === 'cmyk') return fromCmyk(await rawOf(image.pipelineColourspace('cmyk').toColourspace('cmyk').raw()));
    if (space === 'grey16' && channels === 1) {
      const gray = image.pipelineColourspace('grey16').toColourspace('grey16').raw({ depth: 'ushort' });
      return fromDeepGray(await rawOf(gray));
    }
    return await rawOf(image.removeAlpha().toColourspace('srgb').raw());
  } catch {
    throw refuse('image file is truncated');
  }
}

async function rawOf(image: Sharp): Promise<RawImage> {
  const { data, info } = await image.toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.channels, data };
}

/** Source: Pillow Convert.c, `cmyk2rgb`. */
function fromCmyk({ width, height, channels, data }: RawImage): RawImage {
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const light = 255 - data[pixel * channels + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      const product = data[pixel * channels + channel]! * light + 128;
      rgb[pixel * 3 + channel] = Math.max(0, light - (((product >> 8) + product) >> 8));
    }
  }
  return { width, height, channels: 3, data: rgb };
}

/** Pillow cuts 16 bits of gray off at 255. */
function fromDeepGray({ width, height, data }: RawImage): RawImage {
  const values = new Uint16Array(data.buffer, data.byteOffset, width * height);
  const rgb = new Uint8Array(width * height * 3);
  for (const [pixel, value] of values.entries()) rgb.fill(Math.min(value, 255), pixel * 3, pixel * 3 + 3);
  return { width, height, channels: 3, data: rgb };
}
