import type { Sound } from './sound.js';

interface Format {
  kind: number;
  channels: number;
  samplingRate: number;
  bits: number;
  channelMask: number;
}

const pulseCode = 1;
const floatingPoint = 3;
const aLaw = 6;
const muLaw = 7;
const extensible = 0xfffe;

/** A RIFF WAVE file of whole numbers, floats, A-law or µ-law; undefined for other formats. */
export function readWave(bytes: Uint8Array): Sound | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || textAt(bytes, 0) !== 'RIFF' || textAt(bytes, 8) !== 'WAVE') return undefined;
  let format: Format | undefined;
  for (let position = 12; position + 8 <= bytes.length;) {
    const size = view.getUint32(position + 4, true);
    const start = position + 8;
    if (textAt(bytes, position) === 'fmt ' && start + 16 <= bytes.length) format = readFormat(view, start, size);
    if (textAt(bytes, position) === 'data' && format) {
      // Recorders that write into a pipe do not know the size.
      return readSamples(view, start, Math.min(size, bytes.length - start), format);
    }
    position = start + size + (size % 2);
  }
  return undefined;
}

function textAt(bytes: Uint8Array, position: number): string {
  return String.fromCharCode(...bytes.subarray(position, position + 4));
}

function readFormat(view: DataView, start: number, size: number): Format {
  const tag = view.getUint16(start, true);
  const isExtensible = tag === extensible && size >= 40 && start + 40 <= view.byteLength;
  return {
    kind: isExtensible ? view.getUint16(start + 24, true) : tag,
    channels: view.getUint16(start + 2, true),
    samplingRate: view.getUint32(start + 4, true),
    bits: view.getUint16(start + 14, true),
    channelMask: isExtensible ? view.getUint32(start + 20, true) : 0,
  };
}

function readSamples(view: DataView, start: number, size: number, format: Format): Sound | undefined {
  const { channels: count, samplingRate, channelMask } = format;
  const read = sampleReader(view, format);
  if (!read || count === 0) return undefined;
  const width = Math.ceil(format.bits / 8);
  const frames = Math.floor(size / (width * count));
  const channels = Array.from({ length: count }, (_, channel) =>
    Float32Array.from({ length: frames }, (_frame, frame) => read(start + (frame * count + channel) * width)),
  );
  return { samplingRate, channels, channelMask };
}

function sampleReader(view: DataView, { kind, bits }: Format): ((position: number) => number) | undefined {
  switch (`${kind}:${Math.ceil(bits / 8) * 8}`) {
    case `${pulseCode}:8`:
      return (position) => (view.getUint8(position) - 128) / 128;
    case `${pulseCode}:16`:
      return (position) => view.getInt16(position, true) / 32_768;
    case `${pulseCode}:24`:
      return (position) => (view.getUint16(position, true) | (view.getInt8(position + 2) << 16)) / 8_388_608;
    case `${pulseCode}:32`:
      return (position) => view.getInt32(position, true) / 2_147_483_648;
    case `${floatingPoint}:32`:
      return (position) => view.getFloat32(position, true);
    case `${floatingPoint}:64`:
      return (position) => view.getFloat64(position, true);
    case `${aLaw}:8`:
      return (position) => fromALaw(view.getUint8(position)) / 32_768;
    case `${muLaw}:8`:
      return (position) => fromMuLaw(view.getUint8(position)) / 32_768;
    default:
      return undefined;
  }
}

/** Source: ITU-T G.711. */
function fromALaw(byte: number): number {
  const value = byte ^ 0x55;
  const exponent = (value >> 4) & 7;
  const mantissa = ((value & 15) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return (value & 0x80) === 0 ? -magnitude : magnitude;
}

/** Source: ITU-T G.711. */
function fromMuLaw(byte: number): number {
  const value = ~byte & 0xff;
  const magnitude = ((((value & 15) << 3) + 0x84) << ((value >> 4) & 7)) - 0x84;
  return (value & 0x80) === 0 ? magnitude : -magnitude;
}
