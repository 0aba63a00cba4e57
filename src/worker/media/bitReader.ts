/** Bits of bytes, the highest of each byte first. @throws RangeError at the end. */
export class BitReader {
  /** In bits. */
  private position: number;

  constructor(
    private readonly bytes: Uint8Array,
    startBytes: number,
  ) {
    this.position = startBytes * 8;
  }

  get bytePosition(): number {
    return this.position / 8;
  }

  get bytesLeft(): number {
    return this.bytes.length - Math.ceil(this.position / 8);
  }

  seek(bytePosition: number): void {
    this.position = bytePosition * 8;
  }

  skip(count: number): void {
    this.position += count;
  }

  alignToByte(): void {
    this.position = Math.ceil(this.position / 8) * 8;
  }

  /** The next bits, which stay. */
  peek(count: number): number {
    const { position } = this;
    const value = this.bits(count);
    this.position = position;
    return value;
  }

  /** A number of up to 32 bits. */
  bits(count: number): number {
    if (count > 24) return this.bits(count - 16) * 65536 + this.bits(16);
    if (count === 0) return 0;
    const index = this.position >>> 3;
    if (this.position + count > this.bytes.length * 8) throw new RangeError('There are no more bytes.');
    const { bytes } = this;
    const word = (bytes[index]! << 24) | (bytes[index + 1]! << 16) | (bytes[index + 2]! << 8) | bytes[index + 3]!;
    const value = (word << (this.position & 7)) >>> (32 - count);
    this.position += count;
    return value;
  }

  /** A number in two's complement. */
  signed(count: number): number {
    if (count === 0) return 0;
    const value = this.bits(count);
    return value >= 2 ** (count - 1) ? value - 2 ** count : value;
  }

  /** How many zeros come before the next one, which is read too. */
  zeros(): number {
    let count = 0;
    for (;;) {
      const used = this.position & 7;
      const rest = (this.byteAt(this.position >>> 3) << (24 + used)) >>> 0;
      if (rest !== 0) {
        const zeros = Math.clz32(rest);
        this.position += zeros + 1;
        return count + zeros;
      }
      count += 8 - used;
      this.position += 8 - used;
    }
  }

  private byteAt(index: number): number {
    const byte = this.bytes[index];
    if (byte === undefined) throw new RangeError('There are no more bytes.');
    return byte;
  }
}
