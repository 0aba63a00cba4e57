import { graphFor } from '../../src/core/graph/registry.js';
import type { JsonObject } from '../../src/core/ports.js';
import { readCheckpointTensors } from '../../src/core/safetensors/checkpoint.js';
import { feedsFor } from '../../src/worker/runtime/feeds.js';
import { int64Tensor, type Feeds } from '../../src/worker/runtime/onnxRuntime.js';
import { openGenerated, type SessionSet } from '../../src/worker/runtime/sessionSet.js';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** The sessions of a generated graph with nothing around them: what the runtime's own loop is measured against. */
export async function openRaw(
  checkpointFolder: string,
  modelClass: string,
  task: string,
  isPrepacked: boolean,
): Promise<SessionSet> {
  const config = JSON.parse(await readFile(path.join(checkpointFolder, 'config.json'), 'utf8')) as JsonObject;
  const checkpoint = await readCheckpointTensors(checkpointFolder);
  const generated = graphFor({
    folder: checkpointFolder,
    config,
    transformersVersion: null,
    modelClass,
    task,
    checkpoint,
    adapter: null,
    options: { target: 'cpu', quantization: null },
  });
  return openGenerated(generated, { device: 'cpu', precision: 'fp32', isPrepacked, keepsStoredPrecision: false });
}

/** Greedy decoding straight on the session: milliseconds from the first token to the last. */
export async function rawDecodeMs(sessions: SessionSet, prompt: readonly number[], newTokens: number): Promise<number> {
  const { main: session, rope } = sessions;
  const pasts = session.inputNames.filter((name) => name.startsWith('past_key_values.'));
  let feeds: Feeds = feedsFor(
    session,
    { input_ids: { dims: [1, prompt.length], data: BigInt64Array.from(prompt, BigInt) } },
    rope,
  );
  let length = prompt.length;
  let firstAt = 0;
  for (let step = 0; step < newTokens; step++) {
    const outputs = await session.run(feeds);
    const logits = outputs['logits']!.data as Float32Array;
    let best = 0;
    for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
    firstAt ||= performance.now();
    length += 1;
    feeds = {
      ...feeds,
      input_ids: int64Tensor(BigInt64Array.of(BigInt(best)), [1, 1]),
      attention_mask: int64Tensor(new BigInt64Array(length).fill(1n), [1, length]),
    };
    if (session.inputNames.includes('position_ids'))
      feeds['position_ids'] = int64Tensor(BigInt64Array.of(BigInt(length - 1)), [1, 1]);
    for (const past of pasts) feeds[past] = outputs[past.replace('past_key_values', 'present')]!;
    rope.feed(feeds, length + 1);
  }
  return performance.now() - firstAt;
}
