import { openModel } from '../../src/worker/runtime/openModel.js';
import { feedsFor } from '../../src/worker/runtime/feeds.js';
import { disposeSessions } from '../../src/worker/runtime/sessionSet.js';
import { realCheckpoints } from '../helpers/environment.js';
import { milliseconds, type Measurement } from './measure.js';
import { openRaw } from './rawRuntime.js';

const ids = [101, 1037, 2034, 6251, 2008, 2003, 2025, 2146, 2021, 2036, 2025, 2460, 1012, 102];

/** One embedding through the runtime against the bare session on the same graph, in turns: the best of each. */
export async function benchEmbed(): Promise<Measurement[]> {
  const input = { input_ids: { dims: [1, ids.length], data: BigInt64Array.from(ids, BigInt) } };
  const model = await openModel({
    checkpointFolder: realCheckpoints.miniLm,
    task: 'feature-extraction',
    device: 'cpu',
    precision: 'fp32',
  });
  await model.forward(input);
  await model.ready();
  const raw = await openRaw(realCheckpoints.miniLm, 'BertModel', 'feature-extraction', true);
  let [ours, bare] = [Infinity, Infinity];
  for (let round = 0; round < 60; round++) {
    let started = performance.now();
    await raw.main.run(feedsFor(raw.main, input, raw.rope));
    bare = Math.min(bare, performance.now() - started);
    started = performance.now();
    await model.forward(input);
    ours = Math.min(ours, performance.now() - started);
  }
  await model.dispose();
  await disposeSessions(raw);
  return [
    {
      name: 'one MiniLM embedding, warm',
      ours: milliseconds(ours),
      peer: `raw onnxruntime ${milliseconds(bare)}`,
      ratio: bare / ours,
      budget: '1.1x raw',
      isMet: ours <= bare * 1.1,
    },
  ];
}
