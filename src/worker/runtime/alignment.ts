import { MlflowError } from '../../core/errors.js';
import type { AlignmentHead } from '../../core/graph/generatedGraph.js';
import { feedsFor } from './feeds.js';
import type { Tensor } from './model.js';
import { fromOnnxTensor, type Feeds, type Session } from './onnxRuntime.js';
import { RopeCache } from './ropeCache.js';
import { encodeForGeneration } from './sequenceToSequence.js';

/**
 * Attention of a decoder's heads over the encoder's frames, [1, heads, tokens, frames]: the output `alignment` of a generated
 * graph, or heads of `cross_attentions.N` of an export.
 * @throws MlflowError NOT_IMPLEMENTED where the session gives neither.
 */
export async function alignmentOf(
  session: Session,
  encoder: Session | null,
  inputs: Record<string, Tensor>,
  heads: readonly AlignmentHead[],
): Promise<Tensor> {
  const names = session.outputNames.includes('alignment')
    ? ['alignment']
    : [...new Set(heads.map(([layer]) => `cross_attentions.${layer}`))];
  if (!encoder || !names.every((name) => session.outputNames.includes(name))) {
    throw new MlflowError(
      'Word timestamps need what the decoder attends to, which the ONNX files of this model do not give. Export it with ' +
        'its cross attentions, or remove its ONNX files: it then runs from its safetensors.',
      'NOT_IMPLEMENTED',
      { reason: 'taskUnsupported', details: { option: 'return_timestamps' } },
    );
  }
  const encoded = await encodeForGeneration(encoder, inputs);
  const own = { input_ids: inputs['decoder_input_ids']! };
  const feeds = { ...feedsFor(session, own, new RopeCache([]), Object.keys(encoded)), ...encoded };
  const known = Object.fromEntries(Object.entries(feeds).filter(([name]) => session.inputNames.includes(name)));
  const outputs = await session.run(known, names);
  const alignment = outputs['alignment'];
  return alignment ? fromOnnxTensor(alignment) : gathered(outputs, heads);
}

function gathered(outputs: Feeds, heads: readonly AlignmentHead[]): Tensor {
  const maps = heads.map(([layer, head]) => {
    const { dims, data } = fromOnnxTensor(outputs[`cross_attentions.${layer}`]!);
    const size = dims[2]! * dims[3]!;
    return { dims, data: (data as Float32Array).subarray(head * size, (head + 1) * size) };
  });
  const [, , tokens = 0, frames = 0] = maps[0]?.dims ?? [];
  const data = new Float32Array(maps.length * tokens * frames);
  for (const [index, map] of maps.entries()) data.set(map.data, index * tokens * frames);
  return { dims: [1, maps.length, tokens, frames], data };
}
