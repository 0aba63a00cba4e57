import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, it } from 'node:test';
import { TransformersVersion } from '../../../src/core/transformers/transformersVersion.js';
import { FillMaskPipeline } from '../../../src/worker/pipelines/fillMask.js';
import type { PipelineContext } from '../../../src/worker/pipelines/pipelineContext.js';
import { Tokenizer } from '../../../src/worker/tokenizer/tokenizer.js';

const folder = await mkdtemp(path.join(tmpdir(), 'fill-mask-'));
after(() => rm(folder, { recursive: true, force: true }));

async function pipelineCutting(side: 'left' | 'right'): Promise<FillMaskPipeline> {
  const json = {
    added_tokens: [{ id: 0, content: '[MASK]', special: true, normalized: false }],
    pre_tokenizer: { type: 'WhitespaceSplit' },
    model: { type: 'WordLevel', unk_token: 'c', vocab: { '[MASK]': 0, a: 1, b: 2, c: 3 } },
  };
  await writeFile(path.join(folder, 'tokenizer.json'), JSON.stringify(json));
  const config = { mask_token: '[MASK]', truncation_side: side };
  await writeFile(path.join(folder, 'tokenizer_config.json'), JSON.stringify(config));
  const logits = { dims: [1, 1, 4], data: Float32Array.of(0, 1, 2, 3) };
  const model = { config: {}, generationConfig: {}, inputNames: ['input_ids'], forward: async () => ({ logits }) };
  return new FillMaskPipeline({
    model: model as unknown as PipelineContext['model'],
    tokenizer: await Tokenizer.load(folder, 5),
    version: new TransformersVersion('5.23.0'),
    generation: 5,
    task: 'fill-mask',
    instanceType: 'FillMaskPipeline',
    warn: () => undefined,
  });
}

it('of a target that is several tokens, that one counts which the cut to one token leaves', async () => {
  const tokens = async (side: 'left' | 'right') =>
    ((await (await pipelineCutting(side)).call('[MASK]', { targets: ['a b'] })) as { token: number }[]).map(
      ({ token }) => token,
    );
  assert.deepEqual(await tokens('right'), [1]);
  assert.deepEqual(await tokens('left'), [2]);
});
