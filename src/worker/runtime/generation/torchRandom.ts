const stateLength = 624;
const shiftLength = 397;

/** PyTorch's generator on the CPU: a Mersenne Twister, seeded with the low 32 bits of a number. */
export class TorchRandom {
  readonly #state = new Uint32Array(stateLength);
  #next = stateLength;

  constructor(seed: bigint) {
    const state = this.#state;
    state[0] = Number(BigInt.asUintN(32, seed));
    for (let index = 1; index < stateLength; index++) {
      const previous = state[index - 1] as number;
      state[index] = Math.imul(previous ^ (previous >>> 30), 1812433253) + index;
    }
  }

  /** A whole number of 32 bits. */
  next(): number {
    if (this.#next === stateLength) this.#twist();
    let value = this.#state[this.#next++] as number;
    value ^= value >>> 11;
    value ^= (value << 7) & 0x9d2c5680;
    value ^= (value << 15) & 0xefc60000;
    return (value ^ (value >>> 18)) >>> 0;
  }

  /** The first `count` numbers of `torch.randperm(size)`. */
  permutation(size: number, count = size): Int32Array {
    const order = new Int32Array(size);
    for (let index = 0; index < size; index++) order[index] = index;
    for (let index = 0; index < Math.min(count, size - 1); index++) {
      const other = index + (this.next() % (size - index));
      const value = order[index] as number;
      order[index] = order[other] as number;
      order[other] = value;
    }
    return order.subarray(0, count);
  }

  #twist(): void {
    const state = this.#state;
    for (let index = 0; index < stateLength; index++) {
      const mixed =
        ((state[index] as number) & 0x80000000) | ((state[(index + 1) % stateLength] as number) & 0x7fffffff);
      const shifted = state[(index + shiftLength) % stateLength] as number;
      state[index] = shifted ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }
}
