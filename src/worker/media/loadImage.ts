import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { MlflowError } from '../../core/errors.js';
import { typeName } from '../../core/signature/pythonValue.js';
import type { RawImage } from './imageResize.js';

/**
 * An image from bytes, a path, a URL, a data URI or base64 text, upright and as RGB.
 * Source: transformers image_utils.load_image.
 * @throws MlflowError INVALID_PARAMETER_VALUE for what is no image.
 */
export async function loadImage(source: unknown, signal?: AbortSignal): Promise<RawImage> {
  const bytes = await imageBytes(source, signal);
  const { default: sharp } = await import('sharp');
  try {
    const { data, info } = await sharp(bytes)
      .rotate()
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, channels: info.channels, data };
  } catch {
    throw incorrectSource(source, 'cannot identify image file');
  }
}

async function imageBytes(source: unknown, signal: AbortSignal | undefined): Promise<Buffer> {
  if (source instanceof Uint8Array) return Buffer.from(source);
  if (typeof source !== 'string') {
    throw MlflowError.invalidParameter(
      'Incorrect format used for image. Should be an url linking to an image, a base64 string, a local path, or a PIL ' +
        `image. Got ${typeName(source)}.`,
    );
  }
  if (/^https?:\/\//.test(source)) return download(source, signal);
  if (existsSync(source)) return readFile(source);
  const base64 = source.startsWith('data:image/') ? (source.split(',')[1] ?? '') : source;
  return Buffer.from(base64, 'base64');
}

async function download(url: string, signal: AbortSignal | undefined): Promise<Buffer> {
  const response = await fetch(url, signal ? { signal } : {});
  if (!response.ok) throw incorrectSource(url, `the server answered ${response.status} ${response.statusText}`);
  return Buffer.from(await response.arrayBuffer());
}

function incorrectSource(source: unknown, cause: string): MlflowError {
  const shown = typeof source === 'string' && source.length > 200 ? `${source.slice(0, 200)}...` : String(source);
  return MlflowError.invalidParameter(
    'Incorrect image source. Must be a valid URL starting with `http://` or `https://`, a valid path to an image file, ' +
      `or a base64 encoded string. Got ${source instanceof Uint8Array ? 'bytes' : shown}. Failed with ${cause}`,
  );
}
