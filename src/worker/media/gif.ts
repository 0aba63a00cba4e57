import type { RawImage } from './imageResize.js';

/**
 * The first frame of a GIF as RGB; undefined for other formats. Transparent places have the colour that the palette gives them,
 * as Pillow's conversion to RGB leaves them. Source: GIF89a specification.
 */
export function readGif(bytes: Uint8Array): RawImage | undefined {
  if (bytes.length < 13 || !/^GIF8[79]a$/.test(Buffer.from(bytes.subarray(0, 6)).toString('latin1'))) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = view.getUint16(6, true);
  const height = view.getUint16(8, true);
  let position = 13;
  const globalColors = colorCount(bytes[10]!);
  const globalPalette = bytes.subarray(position, position + globalColors * 3);
  position += globalColors * 3;
  let transparent: number | undefined;
  for (;;) {
    const kind = bytes[position++];
    if (kind === undefined || kind === 0x3b) return undefined;
    if (kind === 0x21) {
      const label = bytes[position++];
      if (label === 0xf9 && (bytes[position + 1]! & 1) !== 0) transparent = bytes[position + 4];
      position = skipBlocks(bytes, position);
      continue;
    }
    const frame = readFrame(bytes, view, position);
    const palette = frame.palette.length > 0 ? frame.palette : globalPalette;
    return painted({ width, height }, frame, palette, transparent ?? 0);
  }
}

interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
  palette: Uint8Array;
  indices: Uint8Array;
}

function colorCount(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 2 << (flags & 7);
}

function skipBlocks(bytes: Uint8Array, start: number): number {
  let position = start;
  while ((bytes[position] ?? 0) !== 0) position += bytes[position]! + 1;
  return position + 1;
}

function readFrame(bytes: Uint8Array, view: DataView, start: number): Frame {
  const [left, top, width, height] = [0, 2, 4, 6].map((offset) => view.getUint16(start + offset, true)) as [
    number,
    number,
    number,
    number,
  ];
  const flags = bytes[start + 8]!;
  const paletteStart = start + 9;
  const palette = bytes.subarray(paletteStart, paletteStart + colorCount(flags) * 3);
  const codes = paletteStart + palette.length;
  const rows = uncompressed(bytes, codes, width * height);
  const indices = (flags & 0x40) === 0 ? rows : deinterlaced(rows, width, height);
  return { left, top, width, height, palette, indices };
}

/** LZW with codes of growing width. */
function uncompressed(bytes: Uint8Array, start: number, length: number): Uint8Array {
  const smallest = bytes[start]!;
  const data = joinedBlocks(bytes, start + 1);
  const clear = 1 << smallest;
  const prefixes = new Uint16Array(4096);
  const suffixes = new Uint8Array(4096);
  const stack: number[] = [];
  const indices = new Uint8Array(length);
  let written = 0;
  let bits = 0;
  let bitCount = 0;
  let width = smallest + 1;
  let next = clear + 2;
  let previous = -1;
  let first = 0;
  for (const byte of data) {
    bits |= byte << bitCount;
    bitCount += 8;
    while (bitCount >= width) {
      const code = bits & ((1 << width) - 1);
      bits >>>= width;
      bitCount -= width;
      if (code === clear) {
        [width, next, previous] = [smallest + 1, clear + 2, -1];
        continue;
      }
      if (code === clear + 1 || code > next) return indices;
      let current = code;
      if (code === next) {
        stack.push(first);
        current = previous;
      }
      for (; current >= clear + 2; current = prefixes[current]!) stack.push(suffixes[current]!);
      first = current;
      indices[written++] = first;
      while (stack.length > 0) indices[written++] = stack.pop()!;
      if (previous >= 0 && next < 4096) {
        prefixes[next] = previous;
        suffixes[next++] = first;
        if (next === 1 << width && width < 12) width++;
      }
      previous = code;
      if (written >= length) return indices;
    }
  }
  return indices;
}

function joinedBlocks(bytes: Uint8Array, start: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let position = start; (bytes[position] ?? 0) !== 0; position += bytes[position]! + 1) {
    blocks.push(bytes.subarray(position + 1, position + 1 + bytes[position]!));
  }
  return Buffer.concat(blocks);
}

/** Rows come in four passes. */
function deinterlaced(rows: Uint8Array, width: number, height: number): Uint8Array {
  const result = new Uint8Array(rows.length);
  let source = 0;
  for (const [first, step] of [
    [0, 8],
    [4, 8],
    [2, 4],
    [1, 2],
  ] as const) {
    for (let y = first; y < height; y += step) {
      result.set(rows.subarray(source * width, (source + 1) * width), y * width);
      source++;
    }
  }
  return result;
}

/** The frame on a canvas of one colour. */
function painted(
  { width, height }: { width: number; height: number },
  frame: Frame,
  palette: Uint8Array,
  background: number,
): RawImage {
  const data = new Uint8Array(width * height * 3);
  const isGray = palette.length === 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = [x - frame.left, y - frame.top];
      const isInside = column >= 0 && column < frame.width && row >= 0 && row < frame.height;
      const index = isInside ? frame.indices[row * frame.width + column]! : background;
      const place = (y * width + x) * 3;
      for (let channel = 0; channel < 3; channel++) {
        data[place + channel] = isGray ? index : (palette[index * 3 + channel] ?? 0);
      }
    }
  }
  return { width, height, channels: 3, data };
}
