import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TorchRandom } from '../../../src/worker/runtime/generation/torchRandom.js';

describe('the generator of PyTorch', () => {
  it('deals out the permutations of torch.randperm', () => {
    assert.deepEqual([...new TorchRandom(0n).permutation(10)], [4, 1, 7, 5, 3, 9, 0, 8, 6, 2]);
    assert.deepEqual(
      [...new TorchRandom(15485863n * 50256n).permutation(50257, 6)],
      [25890, 9324, 11365, 46608, 3554, 24870],
    );
    assert.deepEqual(
      [...new TorchRandom(2n ** 40n + 7n).permutation(1000, 700).subarray(695)],
      [136, 946, 172, 496, 138],
    );
  });
});
