import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import type { Tensor } from '../runtime/model.js';
import type { TransformersGeneration } from '../tokenizer/generation.js';
import { centerCrop, padToCenter, rotatedClockwise } from './imageCrop.js';
import { imageProcessors4, processorOfType4 } from './imageProcessors4.js';
import { imageProcessors5, processorOfType5 } from './imageProcessors5.js';
import { resizeImage, type RawImage, type ResizeBackend, type Resampling } from './imageResize.js';
import { ImageSettings, withShortestEdge, type ImageSize } from './imageSettings.js';
import { nearestClusters, pixelValues } from './pixelValues.js';

export interface ImageProcessorOptions {
  generation: TransformersGeneration;
  /** The class that MLmodel names (`image_processor_type`); decides defaults and the way of resizing. */
  className?: string | undefined;
  /** config.json's `model_type`; decides the class where nothing else does. */
  modelType?: string | undefined;
}

/** transformers' image processors of image classification, of both generations. */
export class ImageProcessor {
  private readonly settings: ImageSettings;

  private constructor(
    config: JsonObject,
    /** Without `Pil` or `Fast`. */
    private readonly kind: string,
    private readonly backend: ResizeBackend,
    private readonly generation: TransformersGeneration,
  ) {
    this.settings = new ImageSettings(config);
  }

  /** Reads `preprocessor_config.json`, or the image part of `processor_config.json`. @throws MlflowError fileMissing. */
  static async load(folder: string, options: ImageProcessorOptions): Promise<ImageProcessor> {
    const own = await readJson(path.join(folder, 'preprocessor_config.json'));
    const processor = own ?? (await readJson(path.join(folder, 'processor_config.json')));
    const config = (processor?.['image_processor'] as JsonObject | undefined) ?? processor;
    if (config) return ImageProcessor.of(config, options);
    throw MlflowError.doesNotExist(
      `There is no image processor in '${folder}': 'preprocessor_config.json' is missing. Save the model with its processor.`,
      { reason: 'fileMissing', details: { folder } },
    );
  }

  /** @throws MlflowError NOT_IMPLEMENTED (taskUnsupported) for a processor that is not known. */
  static of(config: JsonObject, { generation, className, modelType }: ImageProcessorOptions): ImageProcessor {
    const stored = config['image_processor_type'] ?? config['feature_extractor_type'];
    const byType = (generation === 4 ? processorOfType4 : processorOfType5)[modelType ?? ''];
    const named = className ?? (typeof stored === 'string' ? stored : byType);
    const kind = (named ?? 'ViTImageProcessor')
      .replace(/(Pil|Fast)$/, '')
      .replace(/FeatureExtractor$/, 'ImageProcessor');
    const defaults = (generation === 4 ? imageProcessors4 : imageProcessors5)[kind] ?? imageProcessors5[kind];
    if (!defaults) {
      throw new MlflowError(
        `The image processor '${kind}' is not supported by the native engine. Use the python engine for this model.`,
        'NOT_IMPLEMENTED',
        { reason: 'taskUnsupported', details: { imageProcessor: kind } },
      );
    }
    const given = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null));
    return new ImageProcessor({ ...defaults, ...given }, kind, backendOf(className, generation), generation);
  }

  /** What the model takes of one image: `pixel_values` [1, channels, height, width], or ImageGPT's `input_ids`. */
  process(image: RawImage): Record<string, Tensor> {
    const { settings } = this;
    const sized = this.sized(image);
    if (settings.isOn('do_color_quantize')) {
      const factor = this.generation === 4 ? { rescale_factor: 1 / 127.5, image_mean: 1, image_std: 1 } : {};
      const values = pixelValues(sized, settings.with(factor));
      return { input_ids: nearestClusters(values, settings.list('clusters')) };
    }
    return { pixel_values: pixelValues(sized, settings) };
  }

  private sized(image: RawImage): RawImage {
    const { settings, kind } = this;
    if (kind === 'DonutImageProcessor') return this.donut(image);
    if (kind === 'PerceiverImageProcessor') {
      const cropped = settings.isOn('do_center_crop') ? this.cropByShare(image) : image;
      return settings.isOn('do_resize') ? this.scaled(cropped, settings.size(cropped)) : cropped;
    }
    const resized = settings.isOn('do_resize') ? this.resized(image) : image;
    return settings.isOn('do_center_crop') ? centerCrop(resized, settings.cropSize(), this.backend) : resized;
  }

  private scaled(image: RawImage, size: ImageSize): RawImage {
    return resizeImage(image, size, this.settings.number('resample', 2) as Resampling, this.backend);
  }

  private resized(image: RawImage): RawImage {
    const { settings, kind } = this;
    const edge = settings.shortestEdge();
    switch (kind) {
      case 'ConvNextImageProcessor':
        return this.convNext(image, edge);
      case 'LevitImageProcessor':
        if (edge === undefined) break;
        return this.scaled(image, withShortestEdge(image, Math.trunc((256 / 224) * edge)));
      case 'PoolFormerImageProcessor':
        return this.scaled(image, settings.sizeByShare(image));
      case 'TextNetImageProcessor': {
        const { width, height } = settings.size(image);
        const divisor = settings.number('size_divisor', 32);
        const rounded = (length: number): number => Math.ceil(length / divisor) * divisor;
        return this.scaled(image, { width: rounded(width), height: rounded(height) });
      }
    }
    return this.scaled(image, settings.size(image));
  }

  /** Below 384 the middle of a larger image, from there on the whole image whatever its shape. */
  private convNext(image: RawImage, edge: number | undefined): RawImage {
    if (edge === undefined) {
      throw MlflowError.invalidParameter(
        `Size dictionary must contain 'shortest_edge' key. Got dict_keys(${this.settings.sizeKeys()})`,
      );
    }
    const square = { width: edge, height: edge };
    if (edge >= 384) return this.scaled(image, square);
    const share = this.settings.number('crop_pct', 224 / 256);
    return centerCrop(this.scaled(image, withShortestEdge(image, Math.trunc(edge / share))), square, this.backend);
  }

  private cropByShare(image: RawImage): RawImage {
    const size = this.settings.size(image);
    const crop = this.settings.cropSize();
    const least = Math.min(image.width, image.height);
    const part = {
      height: Math.trunc((size.height / crop.height) * least),
      width: Math.trunc((size.width / crop.width) * least),
    };
    return centerCrop(image, part, this.backend);
  }

  /** Turned to the page's long side, made small enough, and padded to the page. */
  private donut(image: RawImage): RawImage {
    const { settings } = this;
    const page = settings.size(image);
    const isAcross = (size: ImageSize): number => Math.sign(size.width - size.height);
    const turns = settings.isOn('do_align_long_axis') && isAcross(page) * isAcross(image) < 0;
    let result = turns ? rotatedClockwise(image) : image;
    if (settings.isOn('do_resize')) {
      result = this.scaled(result, withShortestEdge(result, Math.min(page.width, page.height)));
    }
    if (settings.isOn('do_thumbnail')) result = this.scaled(result, thumbnailSize(result, page));
    if (settings.isOn('do_pad')) result = padToCenter(result, page);
    return result;
  }
}

function thumbnailSize(image: ImageSize, page: ImageSize): ImageSize {
  const height = Math.min(image.height, page.height);
  const width = Math.min(image.width, page.width);
  if (height === image.height && width === image.width) return { width, height };
  if (image.height > image.width) return { height, width: Math.trunc((image.width * height) / image.height) };
  if (image.width > image.height) return { width, height: Math.trunc((image.height * width) / image.width) };
  return { width, height };
}

/** transformers 5 names its processors `...Pil` where torchvision is missing; 4 names those that need it `...Fast`. */
function backendOf(className: string | undefined, generation: TransformersGeneration): ResizeBackend {
  if (className === undefined) return 'pillow';
  const isTorchvision = generation === 4 ? className.endsWith('Fast') : !className.endsWith('Pil');
  return isTorchvision ? 'torchvision' : 'pillow';
}

async function readJson(file: string): Promise<JsonObject | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as JsonObject);
}
