import type { ArchitectureContext, GeneratedModel } from './generatedGraph.js';
import type { Decoder } from './decoder.js';
import { questionAnswering } from './encoderHeads.js';
import type { Value } from './graphBuilder.js';
import type { NetworkBuilder } from './networkBuilder.js';
import { unsupportedArchitecture } from './unsupported.js';

export interface DecoderResult {
  /** After the last normalization, [batch, length, hidden]. */
  hidden: Value;
  hiddenSize: number;
  /** Module of the language-model head when it is not tied. */
  lmHead: string;
  /** Module of the input embedding. */
  embedding: string;
  /** Applied to the logits of the language model. */
  finishLogits?: (logits: Value) => Value;
}

/** Adds the outputs of a task class to a decoder. Source: transformers' `GenericFor...` classes. */
export function decoderHead(context: ArchitectureContext, decoder: Decoder, result: DecoderResult): GeneratedModel {
  const { b } = decoder;
  const { hidden, hiddenSize } = result;
  switch (context.head) {
    case 'causalLm': {
      b.output('logits', languageModel(context, decoder, result), ['batch_size', 'kept_length', 'vocabulary']);
      break;
    }
    case 'base':
      b.output('last_hidden_state', hidden, ['batch_size', 'sequence_length', hiddenSize]);
      break;
    case 'sequenceClassification':
      b.output('logits', lastTokenScores(b, context, decoder, hidden), ['batch_size', 'labels']);
      break;
    case 'tokenClassification':
      b.output('logits', b.linear(hidden, b.has('classifier.weight') ? 'classifier' : 'score'), [
        'batch_size',
        'sequence_length',
        'labels',
      ]);
      break;
    case 'questionAnswering':
      questionAnswering(b, hidden);
      break;
    default:
      throw unsupportedArchitecture(context.config.modelType, context.modelClass);
  }
  return { main: { model: b.build(), decoder: decoder.layout }, encoder: null };
}

function languageModel(context: ArchitectureContext, decoder: Decoder, result: DecoderResult): Value {
  const { b } = decoder;
  const last = decoder.lastPositions(result.hidden);
  const module = b.scoringModule(context.config, result.lmHead, result.embedding);
  const scores = b.linear(last, module, { bias: 'leave' });
  const bias = `${result.lmHead}.bias`;
  const logits = b.has(bias) ? b.add(scores, b.weight(bias)) : scores;
  return result.finishLogits ? result.finishLogits(logits) : logits;
}

/** Scores at the last token that is not padding; before 4.50, at the token before the first padding. */
function lastTokenScores(b: NetworkBuilder, { config }: ArchitectureContext, decoder: Decoder, hidden: Value): Value {
  const scores = b.linear(hidden, 'score');
  const paddingId = config.value('pad_token_id');
  if (typeof paddingId !== 'number') return b.gather(scores, b.int64(-1), 1);
  const isPadding = b.op('Equal', [decoder.ids, b.int64(paddingId)]);
  const length = b.dim(decoder.ids, 1);
  const last = { axis: 1, keepdims: 1 };
  let index: Value;
  if (config.isBefore(4, 50)) {
    const first = b.op('ArgMax', [b.cast(isPadding, 'int32')], last);
    index = b.op('Mod', [b.sub(first, b.int64(1)), length]);
  } else {
    index = b.op('ArgMax', [b.mul(b.cast(b.op('Not', [isPadding]), 'int64'), b.range(length))], last);
  }
  return b.op('GatherND', [scores, index], { batch_dims: 1 });
}
