import { feedsFor } from './feeds.js';
import type { Tensor } from './model.js';
import { int64Tensor, tensorLike, type Feeds, type OnnxTensor, type Session } from './onnxRuntime.js';
import { RopeCache } from './ropeCache.js';

const noRope = new RopeCache([]);

/** What encoders made of their inputs, as long as those are held: a window of sound is read again for its language and alignment. */
const encoded = new WeakMap<Session, WeakMap<Tensor, Feeds>>();

/**
 * Runs the encoder of a sequence-to-sequence model: what its decoder takes besides tokens and cache.
 * @param copies how often each row is repeated (beams, or several sequences a prompt).
 */
export async function encodeForGeneration(
  encoder: Session,
  inputs: Record<string, Tensor>,
  copies = 1,
): Promise<Feeds> {
  const feeds = await encodeOnce(encoder, inputs);
  return Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, repeatRows(tensor, copies)]));
}

async function encodeOnce(encoder: Session, inputs: Record<string, Tensor>): Promise<Feeds> {
  const sound = inputs['input_features'];
  if (!sound) return encode(encoder, inputs);
  const known = encoded.get(encoder) ?? new WeakMap<Tensor, Feeds>();
  encoded.set(encoder, known);
  const feeds = known.get(sound) ?? (await encode(encoder, inputs));
  known.set(sound, feeds);
  return feeds;
}

async function encode(encoder: Session, inputs: Record<string, Tensor>): Promise<Feeds> {
  const feeds = feedsFor(encoder, inputs, noRope);
  const outputs = await encoder.run(feeds);
  const result: Feeds = {};
  for (const [name, tensor] of Object.entries(outputs)) {
    result[name === 'last_hidden_state' ? 'encoder_hidden_states' : name] = tensor;
  }
  const hidden = result['encoder_hidden_states'];
  const mask = feeds['attention_mask'];
  if (mask) result['encoder_attention_mask'] = mask;
  else if (hidden) {
    const [rows = 1, length = 1] = hidden.dims;
    result['encoder_attention_mask'] = int64Tensor(new BigInt64Array(rows * length).fill(1n), [rows, length]);
  }
  return result;
}

function repeatRows(tensor: OnnxTensor, copies: number): OnnxTensor {
  if (copies === 1) return tensor;
  const [rows = 1, ...rest] = tensor.dims;
  const source = tensor.data as Float32Array;
  const rowSize = source.length / rows;
  const data = new (source.constructor as Float32ArrayConstructor)(source.length * copies);
  for (let index = 0; index < rows * copies; index++) {
    const row = Math.floor(index / copies);
    data.set(source.subarray(row * rowSize, (row + 1) * rowSize), index * rowSize);
  }
  return tensorLike(tensor, data, [rows * copies, ...rest]);
}
