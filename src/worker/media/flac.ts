import { BitReader } from './bitReader.js';
import type { Sound } from './sound.js';

interface StreamInfo {
  samplingRate: number;
  channels: number;
  bits: number;
  /** Samples of a channel; 0 where the encoder did not know. */
  length: number;
  /** What the channels are, as WAVE's channel mask. */
  channelMask: number;
}

interface FrameHeader {
  blockSize: number;
  bits: number;
  /** Channels, or above 7 how two channels are stored as one and their difference. */
  assignment: number;
}

const leftSide = 8;
const rightSide = 9;
const middleSide = 10;

/** What FLAC's channels are, as WAVE's channel masks. */
const channelMasks = [0, 0x4, 0x3, 0x7, 0x33, 0x37, 0x3f, 0x70f, 0x63f];

/** Coefficients of the fixed predictors by their order. */
const fixedCoefficients = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]];

/** A FLAC file; undefined for other formats. What follows a damaged frame is left out. Source: RFC 9639. */
export function readFlac(bytes: Uint8Array): Sound | undefined {
  const start = signatureAt(bytes);
  if (start === undefined) return undefined;
  const reader = new BitReader(bytes, start + 4);
  const info = readMetadata(reader, bytes);
  if (!info) return undefined;
  const blocks: Float64Array[][] = [];
  try {
    while (skipToFrame(reader)) blocks.push(readFrame(reader, info));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  const scale = 2 ** (info.bits - 1);
  const channels = Array.from({ length: info.channels }, (_, channel) =>
    joined(
      blocks.map((block) => block[channel] ?? new Float64Array(0)),
      scale,
      info.length,
    ),
  );
  return { samplingRate: info.samplingRate, channels, channelMask: info.channelMask };
}

/** `fLaC`, possibly after an ID3 tag. */
function signatureAt(bytes: Uint8Array): number | undefined {
  const isAt = (text: string, position: number): boolean =>
    Buffer.from(bytes.subarray(position, position + text.length)).toString('latin1') === text;
  const tagLength = isAt('ID3', 0)
    ? 10 + bytes.subarray(6, 10).reduce((length, byte) => length * 128 + (byte & 127), 0)
    : 0;
  return isAt('fLaC', tagLength) ? tagLength : undefined;
}

function readMetadata(reader: BitReader, bytes: Uint8Array): StreamInfo | undefined {
  let info: StreamInfo | undefined;
  for (let isLast = false; !isLast;) {
    isLast = reader.bits(1) === 1;
    const type = reader.bits(7);
    const length = reader.bits(24);
    const end = reader.bytePosition + length;
    if (type === 0) {
      reader.skip(80);
      const samplingRate = reader.bits(20);
      const channels = reader.bits(3) + 1;
      const bits = reader.bits(5) + 1;
      const samples = reader.bits(4) * 2 ** 32 + reader.bits(32);
      info = { samplingRate, channels, bits, length: samples, channelMask: channelMasks[channels] ?? 0 };
    }
    if (type === 4 && info) info.channelMask = maskOf(bytes.subarray(end - length, end)) ?? info.channelMask;
    reader.seek(end);
  }
  return info;
}

/** Encoders write into a comment which channels there are, where the format itself has no way to say it. */
function maskOf(comments: Uint8Array): number | undefined {
  const text = Buffer.from(comments).toString('latin1');
  const mask = /WAVEFORMATEXTENSIBLE_CHANNEL_MASK=0x([0-9a-f]+)/i.exec(text)?.[1];
  return mask === undefined ? undefined : Number.parseInt(mask, 16);
}

function joined(blocks: readonly Float64Array[], scale: number, wanted: number): Float32Array {
  const length = blocks.reduce((sum, block) => sum + block.length, 0);
  const samples = new Float32Array(wanted > 0 ? Math.min(wanted, length) : length);
  let position = 0;
  for (const block of blocks) {
    for (let i = 0; i < block.length && position < samples.length; i++) samples[position++] = block[i]! / scale;
  }
  return samples;
}

function skipToFrame(reader: BitReader): boolean {
  for (; reader.bytesLeft > 4; reader.skip(8)) if (reader.peek(15) === 0x7ffc) return true;
  return false;
}

function readFrame(reader: BitReader, info: StreamInfo): Float64Array[] {
  const { blockSize, bits, assignment } = readHeader(reader, info);
  const count = assignment < leftSide ? assignment + 1 : 2;
  const sideChannel = assignment === rightSide ? 0 : assignment === leftSide || assignment === middleSide ? 1 : -1;
  const channels = Array.from({ length: count }, (_, channel) =>
    readSubframe(reader, blockSize, bits + (channel === sideChannel ? 1 : 0)),
  );
  reader.alignToByte();
  reader.skip(16);
  if (assignment >= leftSide) restoreStereo(channels[0]!, channels[1]!, assignment);
  return channels;
}

function readHeader(reader: BitReader, info: StreamInfo): FrameHeader {
  reader.skip(16);
  const sizeCode = reader.bits(4);
  const rateCode = reader.bits(4);
  const assignment = reader.bits(4);
  const bitsCode = reader.bits(3);
  reader.skip(1);
  for (let first = reader.bits(8); first >= 0xc0 && (first & 0x40) !== 0; first = (first << 1) & 0xff) reader.skip(8);
  const blockSize = blockSizeOf(reader, sizeCode);
  if (rateCode === 12) reader.skip(8);
  if (rateCode === 13 || rateCode === 14) reader.skip(16);
  reader.skip(8);
  return { blockSize, bits: [info.bits, 8, 12, info.bits, 16, 20, 24, 32][bitsCode]!, assignment };
}

function blockSizeOf(reader: BitReader, code: number): number {
  if (code === 1) return 192;
  if (code < 6) return 576 << (code - 2);
  if (code === 6) return reader.bits(8) + 1;
  return code === 7 ? reader.bits(16) + 1 : 256 << (code - 8);
}

function readSubframe(reader: BitReader, blockSize: number, bits: number): Float64Array {
  reader.skip(1);
  const type = reader.bits(6);
  const wasted = reader.bits(1) === 1 ? reader.zeros() + 1 : 0;
  const samples = new Float64Array(blockSize);
  const width = bits - wasted;
  if (type === 0) samples.fill(reader.signed(width));
  else if (type === 1) for (let i = 0; i < blockSize; i++) samples[i] = reader.signed(width);
  else if (type >= 8 && type <= 12) readPredicted(reader, samples, width, fixedCoefficients[type - 8]);
  else if (type >= 32) readPredicted(reader, samples, width, undefined, type - 31);
  else throw new RangeError('This subframe type is reserved.');
  if (wasted > 0) for (let i = 0; i < blockSize; i++) samples[i] = samples[i]! * 2 ** wasted;
  return samples;
}

/** First samples as they are, then what a linear prediction missed. */
function readPredicted(
  reader: BitReader,
  samples: Float64Array,
  width: number,
  fixed: readonly number[] | undefined,
  storedOrder = 0,
): void {
  const order = fixed ? fixed.length : storedOrder;
  for (let i = 0; i < order; i++) samples[i] = reader.signed(width);
  let coefficients = fixed ?? [];
  let shift = 0;
  if (!fixed) {
    const precision = reader.bits(4) + 1;
    shift = reader.signed(5);
    coefficients = Array.from({ length: order }, () => reader.signed(precision));
  }
  readResidual(reader, samples, order);
  const divisor = 2 ** shift;
  for (let i = order; i < samples.length; i++) {
    let sum = 0;
    for (let k = 0; k < order; k++) sum += coefficients[k]! * samples[i - 1 - k]!;
    samples[i] = samples[i]! + Math.floor(sum / divisor);
  }
}

/** Rice-coded numbers in partitions. */
function readResidual(reader: BitReader, samples: Float64Array, order: number): void {
  const parameterBits = reader.bits(2) === 0 ? 4 : 5;
  const partitions = 1 << reader.bits(4);
  const size = samples.length / partitions;
  for (let partition = 0; partition < partitions; partition++) {
    const from = partition === 0 ? order : partition * size;
    const to = (partition + 1) * size;
    const parameter = reader.bits(parameterBits);
    if (parameter === (1 << parameterBits) - 1) {
      const width = reader.bits(5);
      for (let i = from; i < to; i++) samples[i] = reader.signed(width);
      continue;
    }
    for (let i = from; i < to; i++) {
      const quotient = reader.zeros();
      const folded = quotient * (1 << parameter) + reader.bits(parameter);
      samples[i] = (parameter > 0 ? folded & 1 : quotient & 1) === 0 ? folded / 2 : -(folded + 1) / 2;
    }
  }
}

function restoreStereo(first: Float64Array, second: Float64Array, assignment: number): void {
  for (let i = 0; i < first.length; i++) {
    const [a, b] = [first[i]!, second[i]!];
    if (assignment === leftSide) second[i] = a - b;
    else if (assignment === rightSide) first[i] = a + b;
    else {
      const middle = a * 2 + (Math.abs(b) % 2);
      first[i] = (middle + b) / 2;
      second[i] = (middle - b) / 2;
    }
  }
}
