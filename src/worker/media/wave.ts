/** A sound as mono samples between -1 and 1. */
export interface Sound {
  samplingRate: number;
  samples: Float32Array;
}

interface Format {
  isFloat: boolean;
  channels: number;
  samplingRate: number;
  bits: number;
}

/** A RIFF WAVE file of whole numbers or floats, its channels averaged; undefined for other formats. */
export function readWave(bytes: Uint8Array): Sound | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || textAt(bytes, 0) !== 'RIFF' || textAt(bytes, 8) !== 'WAVE') return undefined;
  let format: Format | undefined;
  for (let position = 12; position + 8 <= bytes.length;) {
    const size = view.getUint32(position + 4, true);
    const start = position + 8;
    if (textAt(bytes, position) === 'fmt ' && start + 16 <= bytes.length) format = readFormat(view, start);
    if (textAt(bytes, position) === 'data' && format) {
      return readSamples(view, start, Math.min(size, bytes.length - start), format);
    }
    position = start + size + (size % 2);
  }
  return undefined;
}

function textAt(bytes: Uint8Array, position: number): string {
  return String.fromCharCode(...bytes.subarray(position, position + 4));
}

function readFormat(view: DataView, start: number): Format | undefined {
  const extensible = 0xfffe;
  const tag = view.getUint16(start, true);
  const kind = tag === extensible && start + 26 <= view.byteLength ? view.getUint16(start + 24, true) : tag;
  if (kind !== 1 && kind !== 3) return undefined;
  return {
    isFloat: kind === 3,
    channels: view.getUint16(start + 2, true),
    samplingRate: view.getUint32(start + 4, true),
    bits: view.getUint16(start + 14, true),
  };
}

function readSamples(view: DataView, start: number, size: number, format: Format): Sound | undefined {
  const read = sampleReader(view, format);
  if (!read || format.channels === 0) return undefined;
  const width = format.bits >> 3;
  const frames = Math.floor(size / (width * format.channels));
  const samples = new Float32Array(frames);
  for (let frame = 0; frame < frames; frame++) {
    let sum = 0;
    for (let channel = 0; channel < format.channels; channel++) {
      sum += read(start + (frame * format.channels + channel) * width);
    }
    samples[frame] = sum / format.channels;
  }
  return { samplingRate: format.samplingRate, samples };
}

function sampleReader(view: DataView, { isFloat, bits }: Format): ((position: number) => number) | undefined {
  switch (`${isFloat ? 'float' : 'int'}${bits}`) {
    case 'int8':
      return (position) => (view.getUint8(position) - 128) / 128;
    case 'int16':
      return (position) => view.getInt16(position, true) / 32_768;
    case 'int24':
      return (position) => (view.getUint16(position, true) | (view.getInt8(position + 2) << 16)) / 8_388_608;
    case 'int32':
      return (position) => view.getInt32(position, true) / 2_147_483_648;
    case 'float32':
      return (position) => view.getFloat32(position, true);
    case 'float64':
      return (position) => view.getFloat64(position, true);
    default:
      return undefined;
  }
}
