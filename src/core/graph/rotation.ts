import type { Value } from './graphBuilder.js';
import type { NetworkBuilder } from './networkBuilder.js';

export interface RotationInputs {
  /** [batch, length, heads * size]. */
  x: Value;
  heads: number;
  headSize: number;
  /** [batch or 1, length, 1, halfSize]. */
  cos: Value;
  sin: Value;
  /** Half the rotated part of a head. */
  halfSize: number;
  /** Neighbouring elements form the rotated pairs (GPT-J) instead of the halves of a head (Llama). */
  isInterleaved: boolean;
}

/** Turns the pairs of each head by the angles of their positions; what is not rotated stays: [batch, length, heads * size]. */
export function rotate(b: NetworkBuilder, inputs: RotationInputs): Value {
  const { x, heads, headSize, cos, sin, halfSize, isInterleaved } = inputs;
  const rotated = 2 * halfSize;
  const byHead = b.reshape(x, [0, 0, heads, headSize]);
  const turned = b.slice(byHead, 0, rotated, 3);
  const [first, second] = isInterleaved
    ? [everySecond(b, turned, 0), everySecond(b, turned, 1)]
    : (b.split(turned, [halfSize, halfSize], 3) as [Value, Value]);
  const newFirst = b.sub(b.mul(first, cos), b.mul(second, sin));
  const newSecond = b.add(b.mul(second, cos), b.mul(first, sin));
  const joined = isInterleaved
    ? b.reshape(b.concat([b.unsqueeze(newFirst, [4]), b.unsqueeze(newSecond, [4])], 4), [0, 0, heads, rotated])
    : b.concat([newFirst, newSecond], 3);
  const whole = rotated === headSize ? joined : b.concat([joined, b.slice(byHead, rotated, headSize, 3)], 3);
  return b.reshape(whole, [0, 0, heads * headSize]);
}

function everySecond(b: NetworkBuilder, x: Value, start: number): Value {
  const end = b.int64s([Number.MAX_SAFE_INTEGER]);
  return b.op('Slice', [x, b.int64s([start]), end, b.int64s([3]), b.int64s([2])]);
}
