import { MlflowError } from '../../core/errors.js';
import type { JsonValue } from '../../core/ports.js';
import type { Tensor } from '../runtime/model.js';
import type { RawImage } from './imageResize.js';
import type { ImageSettings } from './imageSettings.js';

/**
 * Rescaled and normalized samples, [1, channels, height, width]. EfficientNet shifts them by one (`rescale_offset`) and
 * divides by the deviation twice (`include_top`); MobileViT takes blue first (`do_flip_channel_order`).
 */
export function pixelValues({ width, height, channels, data }: RawImage, settings: ImageSettings): Tensor {
  const rescales = settings.isOn('do_rescale') || settings.isOn('do_color_quantize');
  const factor = rescales ? settings.number('rescale_factor', 1 / 255) : 1;
  const offset = rescales && settings.isOn('rescale_offset') ? 1 : 0;
  const normalizes = settings.isOn('do_normalize');
  const isFlipped = settings.isOn('do_flip_channel_order');
  const size = width * height;
  const pixels = new Float32Array(channels * size);
  for (let channel = 0; channel < channels; channel++) {
    const mean = normalizes ? settings.byChannel('image_mean', channel, 0.5) : 0;
    const deviation = settings.byChannel('image_std', channel, 0.5);
    const divisor = normalizes ? deviation : 1;
    const topDivisor = settings.isOn('include_top') ? deviation : 1;
    const plane = (isFlipped ? channels - 1 - channel : channel) * size;
    for (let i = 0; i < size; i++) {
      const rescaled = Math.fround(Math.fround(data[i * channels + channel]! * factor) - offset);
      pixels[plane + i] = Math.fround(Math.fround(rescaled - mean) / divisor) / topDivisor;
    }
  }
  return { dims: [1, channels, height, width], data: pixels };
}

/** For each pixel the index of the nearest colour, [1, height * width]. Source: transformers' `color_quantize`. */
export function nearestClusters({ dims, data }: Tensor, clusters: readonly JsonValue[]): Tensor {
  if (clusters.length === 0) throw MlflowError.invalidParameter('Clusters must be provided for color quantization.');
  const colors = clusters as readonly (readonly number[])[];
  const size = dims[2]! * dims[3]!;
  const ids = BigInt64Array.from({ length: size }, (_, pixel) => {
    let best = 0;
    let least = Infinity;
    for (const [index, color] of colors.entries()) {
      const distance = color.reduce(
        (sum, value, channel) => sum + (Number(data[channel * size + pixel]) - value) ** 2,
        0,
      );
      if (distance < least) [best, least] = [index, distance];
    }
    return BigInt(best);
  });
  return { dims: [1, size], data: ids };
}
