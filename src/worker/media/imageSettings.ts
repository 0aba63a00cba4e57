import { MlflowError } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/ports.js';
import { listRepr } from '../../core/signature/pythonText.js';

export interface ImageSize {
  width: number;
  height: number;
}

/** An image processor's configuration, read as transformers reads it. */
export class ImageSettings {
  constructor(private readonly config: JsonObject) {}

  with(changes: JsonObject): ImageSettings {
    return new ImageSettings({ ...this.config, ...changes });
  }

  isOn(name: string): boolean {
    return Boolean(this.config[name] ?? false);
  }

  number(name: string, fallback: number): number {
    const value = this.config[name];
    return typeof value === 'number' ? value : fallback;
  }

  list(name: string): readonly JsonValue[] {
    const value = this.config[name];
    return Array.isArray(value) ? value : [];
  }

  /** A number for each channel. */
  byChannel(name: string, channel: number, fallback: number): number {
    const value = this.config[name];
    const own = Array.isArray(value) ? value[channel] : value;
    return Math.fround(typeof own === 'number' ? own : fallback);
  }

  shortestEdge(): number | undefined {
    const { shortest_edge: edge } = this.sizeRecord();
    return typeof edge === 'number' && edge > 0 ? edge : undefined;
  }

  sizeKeys(): string {
    return listRepr(Object.keys(this.sizeRecord()));
  }

  /** What `size` comes to for an image. Source: transformers `PilBackend.resize`. */
  size(image: ImageSize): ImageSize {
    const size = this.sizeRecord();
    const { height, width, longest_edge: longest, max_height: maxHeight, max_width: maxWidth } = size;
    const edge = this.shortestEdge();
    if (edge !== undefined && typeof longest === 'number') return withinEdges(image, edge, longest);
    if (edge !== undefined) return withShortestEdge(image, edge);
    if (typeof maxHeight === 'number' && typeof maxWidth === 'number') {
      const scale = Math.min(maxHeight / image.height, maxWidth / image.width);
      return { height: Math.trunc(image.height * scale), width: Math.trunc(image.width * scale) };
    }
    if (typeof height === 'number' && typeof width === 'number') return { width, height };
    throw MlflowError.invalidParameter(
      `The \`size\` dictionary must contain the keys \`height\` and \`width\`. Got dict_keys(${this.sizeKeys()})`,
    );
  }

  /** PoolFormer's size: larger than `size` by the part that is cropped. */
  sizeByShare(image: ImageSize): ImageSize {
    const share = this.config['crop_pct'];
    if (typeof share !== 'number') return this.size(image);
    const { height, width } = this.sizeRecord();
    const edge = this.shortestEdge() ?? (height === width ? height : undefined);
    if (typeof edge === 'number') return withShortestEdge(image, Math.trunc(edge / share));
    return { height: Math.trunc(Number(height) / share), width: Math.trunc(Number(width) / share) };
  }

  cropSize(): ImageSize {
    const value = this.config['crop_size'];
    if (typeof value === 'number') return { width: value, height: value };
    if (Array.isArray(value)) return { height: Number(value[0]), width: Number(value[1]) };
    const { height, width } = (value ?? {}) as { height?: number; width?: number };
    if (typeof height === 'number' && typeof width === 'number') return { width, height };
    throw MlflowError.invalidParameter(
      `The size dictionary must have keys 'height' and 'width'. Got dict_keys(${listRepr(Object.keys((value ?? {}) as object))})`,
    );
  }

  /** `size` as a dict, whatever form old configurations give it. Source: transformers `get_size_dict`. */
  private sizeRecord(): JsonObject {
    const value = this.config['size'] ?? null;
    if (typeof value === 'number') {
      const isSquare = this.config['default_to_square'] !== false;
      return isSquare ? { height: value, width: value } : { shortest_edge: value };
    }
    if (Array.isArray(value)) return { height: value[0] ?? null, width: value[1] ?? null };
    return typeof value === 'object' && value !== null ? value : {};
  }
}

/** Source: transformers `get_resize_output_image_size`. */
export function withShortestEdge({ width, height }: ImageSize, edge: number): ImageSize {
  const long = Math.trunc((edge * Math.max(width, height)) / Math.min(width, height));
  return width <= height ? { width: edge, height: long } : { width: long, height: edge };
}

/** Source: transformers `get_size_with_aspect_ratio`. */
function withinEdges({ width, height }: ImageSize, shortest: number, longest: number): ImageSize {
  const least = Math.min(width, height);
  const most = Math.max(width, height);
  const isTooLong = (most / least) * shortest > longest;
  const raw = isTooLong ? (longest * least) / most : shortest;
  const edge = isTooLong ? Math.round(raw) : shortest;
  if ((height <= width && height === edge) || (width <= height && width === edge)) return { width, height };
  if (width < height) return { width: edge, height: Math.trunc((raw * height) / width) };
  return { height: edge, width: Math.trunc((raw * width) / height) };
}
