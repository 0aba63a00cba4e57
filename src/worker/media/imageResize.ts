/** An image of 8-bit samples, row by row, channels interleaved. */
export interface RawImage {
  width: number;
  height: number;
  channels: number;
  data: Uint8Array;
}

/** Pillow's `Image.Resampling` values. */
export type Resampling = 0 | 1 | 2 | 3 | 4 | 5;

interface Filter {
  support: number;
  weight(x: number): number;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Source: Pillow Resample.c. */
const filters: Readonly<Record<Exclude<Resampling, 0>, Filter>> = {
  1: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
  2: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  3: { support: 2, weight: bicubic },
  4: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  5: { support: 1, weight: hamming },
};

function bicubic(value: number): number {
  const a = -0.5;
  const x = Math.abs(value);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

function hamming(value: number): number {
  const x = Math.abs(value);
  if (x === 0) return 1;
  return x >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x));
}

/** Whose way of resizing: they weigh the same samples, but round their weights differently. */
export type ResizeBackend = 'pillow' | 'torchvision';

const pillowPrecisionBits = 22;

interface Coefficients {
  starts: Int32Array;
  weights: Int32Array[];
  /** What the weights are multiplied by, as a power of 2. */
  precisionBits: number;
}

function coefficients(inputSize: number, outputSize: number, filter: Filter, backend: ResizeBackend): Coefficients {
  const scale = inputSize / outputSize;
  const filterScale = Math.max(1, scale);
  const support = filter.support * filterScale;
  const starts = new Int32Array(outputSize);
  const exactWeights: number[][] = [];
  for (let i = 0; i < outputSize; i++) {
    const center = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(inputSize, Math.trunc(center + support + 0.5));
    const exact = Array.from({ length: end - start }, (_, x) =>
      filter.weight((x + start - center + 0.5) / filterScale),
    );
    const sum = exact.reduce((total, weight) => total + weight, 0);
    starts[i] = start;
    exactWeights.push(exact.map((weight) => (sum === 0 ? weight : weight / sum)));
  }
  const precisionBits = backend === 'pillow' ? pillowPrecisionBits : shortPrecision(exactWeights);
  const weights = exactWeights.map((exact) => Int32Array.from(exact, (weight) => fixed(weight, precisionBits)));
  return { starts, weights, precisionBits };
}

/** As many bits as let the largest weight fit 16. Source: PyTorch's UpSampleKernel for bytes. */
function shortPrecision(weights: readonly (readonly number[])[]): number {
  const largest = weights.reduce((most, own) => Math.max(most, ...own), 0);
  let bits = 0;
  while (bits < pillowPrecisionBits && Math.trunc(0.5 + largest * 2 ** (bits + 1)) < 2 ** 15) bits++;
  return bits;
}

function fixed(weight: number, precisionBits: number): number {
  return Math.trunc((weight < 0 ? -0.5 : 0.5) + weight * 2 ** precisionBits);
}

function clipped(value: number): number {
  return Math.min(255, Math.max(0, value));
}

/** Resizes as Pillow or torchvision (with antialiasing) does, to the last bit. */
export function resizeImage(
  image: RawImage,
  { width, height }: { width: number; height: number },
  resampling: Resampling,
  backend: ResizeBackend = 'pillow',
): RawImage {
  if (image.width === width && image.height === height) return image;
  if (resampling === 0) return nearest(image, width, height);
  const filter = filters[resampling];
  const rows = (source: RawImage): RawImage =>
    source.width === width ? source : resizeRows(source, width, coefficients(source.width, width, filter, backend));
  const columns = (source: RawImage): RawImage =>
    source.height === height
      ? source
      : resizeColumns(source, height, coefficients(source.height, height, filter, backend));
  const isVerticalFirst = backend === 'pillow' && savesMoreVertically(image, width, height);
  return isVerticalFirst ? rows(columns(image)) : columns(rows(image));
}

/** Each pass rounds, so their order shows. Pillow 13 begins with the one that saves more. */
function savesMoreVertically(image: RawImage, width: number, height: number): boolean {
  const saved = image.height - height;
  return saved > 0 && saved > 2 * (image.width - width);
}

function nearest(image: RawImage, width: number, height: number): RawImage {
  const { channels } = image;
  const data = new Uint8Array(width * height * channels);
  const columns = nearestPositions(image.width, width);
  for (const [y, sourceY] of nearestPositions(image.height, height).entries()) {
    for (const [x, sourceX] of columns.entries()) {
      const from = (sourceY * image.width + sourceX) * channels;
      data.set(image.data.subarray(from, from + channels), (y * width + x) * channels);
    }
  }
  return { width, height, channels, data };
}

/** Positions are added up, with the rounding that this brings. Source: Pillow Geometry.c, `ImagingScaleAffine`. */
function nearestPositions(inputSize: number, outputSize: number): number[] {
  const scale = inputSize / outputSize;
  let position = scale * 0.5;
  return Array.from({ length: outputSize }, () => {
    const nearestOne = Math.min(inputSize - 1, Math.trunc(position));
    position += scale;
    return nearestOne;
  });
}

function resizeRows(image: RawImage, width: number, { starts, weights, precisionBits }: Coefficients): RawImage {
  const { height, channels } = image;
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    const row = y * image.width * channels;
    for (let x = 0; x < width; x++) {
      const own = weights[x]!;
      const from = row + starts[x]! * channels;
      for (let channel = 0; channel < channels; channel++) {
        let sum = 2 ** (precisionBits - 1);
        for (let i = 0; i < own.length; i++) sum += image.data[from + i * channels + channel]! * own[i]!;
        data[(y * width + x) * channels + channel] = clipped(sum >> precisionBits);
      }
    }
  }
  return { width, height, channels, data };
}

function resizeColumns(image: RawImage, height: number, { starts, weights, precisionBits }: Coefficients): RawImage {
  const { width, channels } = image;
  const stride = width * channels;
  const data = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const own = weights[y]!;
    const from = starts[y]! * stride;
    for (let x = 0; x < stride; x++) {
      let sum = 2 ** (precisionBits - 1);
      for (let i = 0; i < own.length; i++) sum += image.data[from + i * stride + x]! * own[i]!;
      data[y * stride + x] = clipped(sum >> precisionBits);
    }
  }
  return { width, height, channels, data };
}
