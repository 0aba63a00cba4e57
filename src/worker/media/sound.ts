/** A decoded sound: its channels, each with samples between -1 and 1. */
export interface Sound {
  samplingRate: number;
  channels: Float32Array[];
  /** What the channels are, as bits of WAVE's channel mask in their order; 0 where it is not known. */
  channelMask: number;
}

/** Bits of WAVE's channel mask. */
const frontLeft = 0x1;
const frontRight = 0x2;
const frontCenter = 0x4;
const lowFrequency = 0x8;
const backLeft = 0x10;
const backRight = 0x20;
const backCenter = 0x100;
const sideLeft = 0x200;
const sideRight = 0x400;

/** What so many channels are, where nothing else is known. */
const usualMasks: Readonly<Record<number, number>> = {
  1: frontCenter,
  2: frontLeft | frontRight,
  3: frontLeft | frontRight | lowFrequency,
  4: frontLeft | frontRight | frontCenter | backCenter,
  5: frontLeft | frontRight | frontCenter | backLeft | backRight,
  6: frontLeft | frontRight | frontCenter | lowFrequency | backLeft | backRight,
  7: frontLeft | frontRight | frontCenter | lowFrequency | backCenter | sideLeft | sideRight,
  8: frontLeft | frontRight | frontCenter | lowFrequency | backLeft | backRight | sideLeft | sideRight,
};

/** How loud a channel is in the one channel that is made of all: as `ffmpeg -ac 1` mixes for floating-point output. */
function loudness(bit: number): number {
  switch (bit) {
    case frontCenter:
      return 1;
    case lowFrequency:
      return 0;
    case backLeft:
    case backRight:
    case backCenter:
    case sideLeft:
    case sideRight:
      return 0.5;
    default:
      return Math.SQRT1_2;
  }
}

/** All channels as one. A sum of loud channels may go beyond 1, as in Python. */
export function monoOf({ channels, channelMask }: Sound): Float32Array {
  const [first] = channels;
  if (!first || channels.length === 1) return first ?? new Float32Array(0);
  const bits =
    bitsOf(channelMask).length === channels.length ? bitsOf(channelMask) : bitsOf(usualMask(channels.length));
  const mono = new Float32Array(first.length);
  for (const [index, samples] of channels.entries()) {
    const weight = Math.fround(loudness(bits[index] ?? 0));
    for (let i = 0; i < mono.length; i++) mono[i] = mono[i]! + weight * samples[i]!;
  }
  return mono;
}

function usualMask(channels: number): number {
  return usualMasks[channels] ?? 0;
}

function bitsOf(mask: number): number[] {
  return Array.from({ length: 18 }, (_, i) => 1 << i).filter((bit) => (mask & bit) !== 0);
}
