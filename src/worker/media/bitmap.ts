import type { RawImage } from './imageResize.js';

interface Header {
  width: number;
  height: number;
  /** Rows begin at the top. */
  isTopDown: boolean;
  bits: number;
  compression: number;
  paletteStart: number;
  paletteEntrySize: number;
  paletteSize: number;
  pixelStart: number;
}

const runLength8 = 1;
const runLength4 = 2;
const bitFields = 3;
const redMaskStart = 54;

/** A BMP file as RGB; undefined for other formats and for kinds of BMP that are hardly written any more. */
export function readBitmap(bytes: Uint8Array): RawImage | undefined {
  if (bytes.length < 26 || bytes[0] !== 0x42 || bytes[1] !== 0x4d) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readHeader(view);
  if ([runLength8, runLength4].includes(header.compression) || header.width <= 0 || header.height <= 0)
    return undefined;
  const read = pixelReader(bytes, view, header);
  if (!read) return undefined;
  const { width, height, bits, isTopDown, pixelStart } = header;
  const stride = Math.ceil((width * bits) / 32) * 4;
  if (pixelStart + stride * height > bytes.length) return undefined;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = pixelStart + (isTopDown ? y : height - 1 - y) * stride;
    for (let x = 0; x < width; x++) data.set(read(row, x), (y * width + x) * 3);
  }
  return { width, height, channels: 3, data };
}

function readHeader(view: DataView): Header {
  const size = view.getUint32(14, true);
  const isOld = size === 12;
  const rawHeight = isOld ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = isOld ? view.getUint16(24, true) : view.getUint16(28, true);
  const compression = isOld ? 0 : view.getUint32(30, true);
  const stored = isOld ? 0 : view.getUint32(46, true);
  return {
    width: isOld ? view.getUint16(18, true) : view.getInt32(18, true),
    height: Math.abs(rawHeight),
    isTopDown: rawHeight < 0,
    bits,
    compression,
    paletteStart: 14 + size,
    paletteEntrySize: isOld ? 3 : 4,
    paletteSize: bits <= 8 ? stored || 1 << bits : 0,
    pixelStart: view.getUint32(10, true),
  };
}

type Color = readonly [red: number, green: number, blue: number];

function pixelReader(
  bytes: Uint8Array,
  view: DataView,
  { bits, compression, paletteStart, paletteEntrySize, paletteSize }: Header,
): ((row: number, x: number) => Color) | undefined {
  const bgr = (place: number): Color => [bytes[place + 2]!, bytes[place + 1]!, bytes[place]!];
  const ofPalette = (index: number): Color =>
    index < paletteSize ? bgr(paletteStart + index * paletteEntrySize) : [0, 0, 0];
  switch (bits) {
    case 1:
    case 4:
    case 8: {
      const perByte = 8 / bits;
      return (row, x) => {
        const byte = bytes[row + Math.floor(x / perByte)]!;
        return ofPalette((byte >> (8 - bits * ((x % perByte) + 1))) & ((1 << bits) - 1));
      };
    }
    case 16: {
      const isWide = compression === bitFields && view.getUint32(redMaskStart, true) === 0xf800;
      return (row, x) => fiveBits(view.getUint16(row + x * 2, true), isWide);
    }
    case 24:
      return (row, x) => bgr(row + x * 3);
    case 32:
      return (row, x) => bgr(row + x * 4);
    default:
      return undefined;
  }
}

/** 5 bits a colour, or 6 for green. */
function fiveBits(value: number, isWide: boolean): Color {
  const scaled = (part: number, most: number): number => Math.floor((part * 255) / most);
  if (!isWide) return [scaled((value >> 10) & 31, 31), scaled((value >> 5) & 31, 31), scaled(value & 31, 31)];
  return [scaled((value >> 11) & 31, 31), scaled((value >> 5) & 63, 63), scaled(value & 31, 31)];
}
