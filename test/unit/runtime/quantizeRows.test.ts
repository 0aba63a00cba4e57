import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { quantizeRows4, quantizeRows8, toFloat32 } from '../../../src/worker/runtime/quantization/quantizeRows.js';

/** Two rows of 96 weights: waves, one row far from zero. */
const columns = 96;
const weights = Float32Array.from(
  { length: 2 * columns },
  (_, i) => Math.sin(i * 1.7) * 0.3 + (i >= columns ? 0.9 : 0),
);

describe('quantized rows', () => {
  it('of 8 bits are off by half a step at most', () => {
    const { data, scales } = quantizeRows8(weights);
    for (const [index, weight] of weights.entries()) {
      const scale = scales[index >> 5] as number;
      const value = ((data[index] as number) - 128) * scale;
      // The side opposite to the extreme has one level less.
      assert.ok(Math.abs(value - weight) <= Math.abs(scale) * 1.01, `${index}: ${value} for ${weight}`);
    }
  });

  it('of 4 bits use a zero point by block, two a byte, each row beginning a new byte', () => {
    const { data, scales, zeroPoints } = quantizeRows4(weights, columns);
    assert.equal(zeroPoints?.length, 2 * 2);
    for (const [index, weight] of weights.entries()) {
      const block = index >> 5;
      const column = block % 3;
      const packed = zeroPoints?.[Math.floor(block / 3) * 2 + (column >> 1)] ?? 0;
      const zero = (packed >> (4 * (column & 1))) & 15;
      const level = ((data[index >> 1] as number) >> (4 * (index & 1))) & 15;
      const scale = scales[block] as number;
      assert.ok(Math.abs((level - zero) * scale - weight) <= scale * 1.01, `${index}`);
    }
  });

  it('of zeros are zeros', () => {
    assert.ok(quantizeRows8(new Float32Array(32)).data.every((level) => level === 128));
  });

  it('are made from every stored precision', () => {
    assert.deepEqual([...toFloat32('BF16', Uint8Array.of(0x80, 0x3f, 0x00, 0xc0))], [1, -2]);
    assert.deepEqual([...toFloat32('F16', Uint8Array.of(0x00, 0x3c, 0x01, 0x00))], [1, 2 ** -24]);
  });
});
