import type { RawImage, ResizeBackend } from './imageResize.js';
import type { ImageSize } from './imageSettings.js';

/** The middle of the image; where it is smaller, black around it: one row more before it (NumPy) or after it (torchvision). */
export function centerCrop(image: RawImage, size: ImageSize, backend: ResizeBackend): RawImage {
  const rounded = backend === 'pillow' ? Math.floor : Math.trunc;
  const top = rounded((image.height - size.height) / 2);
  const left = rounded((image.width - size.width) / 2);
  return windowOf(image, size, top, left);
}

/** Black around an image that is to fill a page. */
export function padToCenter(image: RawImage, { width, height }: ImageSize): RawImage {
  const top = -Math.floor((height - image.height) / 2);
  const left = -Math.floor((width - image.width) / 2);
  return windowOf(image, { width, height }, top, left);
}

export function rotatedClockwise(image: RawImage): RawImage {
  const { channels } = image;
  const width = image.height;
  const height = image.width;
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = ((image.height - 1 - x) * image.width + y) * channels;
      data.set(image.data.subarray(from, from + channels), (y * width + x) * channels);
    }
  }
  return { width, height, channels, data };
}

function windowOf(image: RawImage, { width, height }: ImageSize, top: number, left: number): RawImage {
  const { channels } = image;
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    const sourceY = y + top;
    if (sourceY < 0 || sourceY >= image.height) continue;
    const from = Math.max(0, left);
    const to = Math.min(image.width, left + width);
    if (from >= to) continue;
    const row = image.data.subarray((sourceY * image.width + from) * channels, (sourceY * image.width + to) * channels);
    data.set(row, (y * width + (from - left)) * channels);
  }
  return { width, height, channels, data };
}
