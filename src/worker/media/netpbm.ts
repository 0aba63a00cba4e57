import type { RawImage } from './imageResize.js';

/** A PBM, PGM or PPM file as RGB; undefined for other formats. Source: the Netpbm format specifications. */
export function readNetpbm(bytes: Uint8Array): RawImage | undefined {
  const kind = bytes[0] === 0x50 ? (bytes[1] ?? 0) - 0x30 : 0;
  if (kind < 1 || kind > 6 || !isSpace(bytes[2])) return undefined;
  const isBilevel = kind === 1 || kind === 4;
  const words = new WordReader(bytes, 2);
  const width = words.number();
  const height = words.number();
  const most = isBilevel ? 1 : words.number();
  if (!(width > 0 && height > 0 && most > 0)) return undefined;
  const channels = kind === 3 || kind === 6 ? 3 : 1;
  const read = kind <= 3 ? plainReader(words, kind) : rawReader(bytes, words.position + 1, kind, width, most);
  const data = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      const value = read(pixel * channels + channel);
      const scaled = isBilevel ? (value === 0 ? 255 : 0) : most === 255 ? value : Math.round((value * 255) / most);
      if (channels === 3) data[pixel * 3 + channel] = scaled;
      else data.fill(scaled, pixel * 3, pixel * 3 + 3);
    }
  }
  return { width, height, channels: 3, data };
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 9 && byte <= 13);
}

/** Numbers between white space and comments. */
class WordReader {
  constructor(
    private readonly bytes: Uint8Array,
    public position: number,
  ) {}

  number(): number {
    this.skip();
    let value = 0;
    let count = 0;
    for (let byte = this.bytes[this.position]!; byte >= 0x30 && byte <= 0x39; byte = this.bytes[++this.position]!) {
      value = value * 10 + byte - 0x30;
      count++;
    }
    return count === 0 ? NaN : value;
  }

  /** One digit, whatever follows it. */
  digit(): number {
    this.skip();
    return (this.bytes[this.position++] ?? 0x30) - 0x30;
  }

  private skip(): void {
    while (isSpace(this.bytes[this.position]) || this.bytes[this.position] === 0x23) {
      if (this.bytes[this.position] === 0x23) {
        while (this.position < this.bytes.length && this.bytes[this.position] !== 0x0a) this.position++;
      } else this.position++;
    }
  }
}

function plainReader(words: WordReader, kind: number): (index: number) => number {
  return () => (kind === 1 ? words.digit() : words.number() || 0);
}

function rawReader(
  bytes: Uint8Array,
  start: number,
  kind: number,
  width: number,
  most: number,
): (index: number) => number {
  if (kind === 4) {
    const stride = Math.ceil(width / 8);
    return (index) => {
      const [row, x] = [Math.floor(index / width), index % width];
      return (bytes[start + row * stride + (x >> 3)]! >> (7 - (x & 7))) & 1;
    };
  }
  if (most < 256) return (index) => bytes[start + index] ?? 0;
  return (index) => ((bytes[start + index * 2] ?? 0) << 8) | (bytes[start + index * 2 + 1] ?? 0);
}
