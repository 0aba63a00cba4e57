import { activate } from './activation.js';
import type { ArchitectureContext, Head } from './generatedGraph.js';
import type { Value } from './graphBuilder.js';
import type { NetworkBuilder } from './networkBuilder.js';
import { unsupportedArchitecture } from './unsupported.js';

const tokens = ['batch_size', 'sequence_length'] as const;

export interface EncoderResult {
  /** [batch, length, hidden]. */
  hidden: Value;
  ids: Value;
  hiddenSize: number;
  head: Head;
  /** Of the first token before classification; `tanh` when absent. */
  poolerActivation?: string;
}

/** Adds the outputs of a task class to an encoder. Source: the classes of modeling_bert and its relatives in transformers. */
export function encoderHead(b: NetworkBuilder, context: ArchitectureContext, result: EncoderResult): void {
  const { hidden, head } = result;
  switch (head) {
    case 'base':
      return baseOutputs(b, result);
    case 'sequenceClassification':
      return b.output('logits', classifySequence(b, context, result), ['batch_size', 'labels']);
    case 'multipleChoice':
      return b.output('logits', b.linear(pooled(b, hidden), 'classifier'), ['batch_size', 1]);
    case 'nextSentence':
      return b.output('logits', b.linear(pooled(b, hidden), 'cls.seq_relationship'), ['batch_size', 2]);
    case 'tokenClassification':
      return b.output('logits', b.linear(hidden, 'classifier'), [...tokens, 'labels']);
    case 'questionAnswering':
      return questionAnswering(b, hidden);
    case 'maskedLm':
    case 'pretraining':
      return maskedLm(b, context, result);
    default:
      throw unsupportedArchitecture(context.config.modelType, context.modelClass);
  }
}

function baseOutputs(b: NetworkBuilder, { hidden, hiddenSize }: EncoderResult): void {
  b.output('last_hidden_state', hidden, [...tokens, hiddenSize]);
  if (b.has('pooler.dense.weight') || b.has('pooler.weight')) {
    b.output('pooler_output', pooled(b, hidden), ['batch_size', hiddenSize]);
  }
}

/** Start and end scores of extractive question answering. */
export function questionAnswering(b: NetworkBuilder, hidden: Value): void {
  const [start, end] = b.split(b.linear(hidden, 'qa_outputs'), [1, 1], 2) as [Value, Value];
  b.output('start_logits', b.squeeze(start, [2]), tokens);
  b.output('end_logits', b.squeeze(end, [2]), tokens);
}

export function firstToken(b: NetworkBuilder, hidden: Value): Value {
  return b.gather(hidden, b.int64(0), 1);
}

export function pooled(b: NetworkBuilder, hidden: Value, activation = 'tanh'): Value {
  const module = b.has('pooler.dense.weight') ? 'pooler.dense' : 'pooler';
  return activate(b, activation, b.linear(firstToken(b, hidden), module));
}

function classifySequence(b: NetworkBuilder, context: ArchitectureContext, result: EncoderResult): Value {
  const { hidden } = result;
  if (b.has('classifier.out_proj.weight')) {
    const dense = b.linear(firstToken(b, hidden), 'classifier.dense');
    const activated = activate(b, context.config.modelType === 'electra' ? 'gelu' : 'tanh', dense);
    return b.linear(activated, 'classifier.out_proj');
  }
  if (b.has('pre_classifier.weight')) {
    const activation = context.config.modelType === 'distilbert' ? 'relu' : 'tanh';
    return b.linear(activate(b, activation, b.linear(firstToken(b, hidden), 'pre_classifier')), 'classifier');
  }
  return b.linear(pooled(b, hidden, result.poolerActivation), 'classifier');
}

/** Where a masked-language head keeps its parts, in the order of looking. */
const maskedLmHeads = [
  {
    dense: 'cls.predictions.transform.dense',
    norm: 'cls.predictions.transform.LayerNorm',
    decoder: 'cls.predictions.decoder',
    bias: 'cls.predictions.bias',
    act: 'config',
  },
  { dense: 'lm_head.dense', norm: 'lm_head.layer_norm', decoder: 'lm_head.decoder', bias: 'lm_head.bias', act: 'gelu' },
  {
    dense: 'generator_predictions.dense',
    norm: 'generator_predictions.LayerNorm',
    decoder: 'generator_lm_head',
    bias: 'generator_lm_head.bias',
    act: 'gelu',
  },
  {
    dense: 'predictions.dense',
    norm: 'predictions.LayerNorm',
    decoder: 'predictions.decoder',
    bias: 'predictions.bias',
    act: 'config',
  },
  {
    dense: 'vocab_transform',
    norm: 'vocab_layer_norm',
    decoder: 'vocab_projector',
    bias: 'vocab_projector.bias',
    act: 'config',
  },
  {
    dense: 'lm_predictions.lm_head.dense',
    norm: 'lm_predictions.lm_head.LayerNorm',
    decoder: 'lm_predictions.lm_head.decoder',
    bias: 'lm_predictions.lm_head.bias',
    act: 'config',
  },
] as const;

function maskedLm(
  b: NetworkBuilder,
  { config, modelClass }: ArchitectureContext,
  { hidden, head }: EncoderResult,
): void {
  if (modelClass === 'ElectraForPreTraining') {
    const dense = activate(b, config.text('hidden_act', 'gelu'), b.linear(hidden, 'discriminator_predictions.dense'));
    const scores = b.linear(dense, 'discriminator_predictions.dense_prediction');
    return b.output('logits', b.squeeze(scores, [2]), tokens);
  }
  const parts = maskedLmHeads.find(({ dense }) => b.has(`${dense}.weight`));
  if (!parts) throw unsupportedArchitecture(config.modelType, modelClass);
  const activation = parts.act === 'config' ? config.text(['hidden_act', 'activation'], 'gelu') : parts.act;
  const epsilon = config.modelType === 'distilbert' ? 1e-12 : config.number('layer_norm_eps');
  const normed = b.layerNorm(activate(b, activation, b.linear(hidden, parts.dense)), parts.norm, epsilon);
  const decoder = b.scoringModule(config, parts.decoder, 'embeddings.word_embeddings');
  const scores = b.linear(normed, decoder, { bias: 'leave' });
  // Version 4 ties the decoder's bias to the head's, 5 only where weights are tied.
  const biases = [parts.bias, `${parts.decoder}.bias`];
  const bias = (config.isBefore(5) ? biases : biases.reverse()).find((name) => b.has(name));
  const logits = bias !== undefined ? b.add(scores, b.weight(bias)) : scores;
  b.output(head === 'pretraining' ? 'prediction_logits' : 'logits', logits, [...tokens, 'vocabulary']);
  if (head !== 'pretraining') return;
  const [name, module] = b.has('sop_classifier.classifier.weight')
    ? ['sop_logits', 'sop_classifier.classifier']
    : ['seq_relationship_logits', 'cls.seq_relationship'];
  b.output(name, b.linear(pooled(b, hidden), module), ['batch_size', 2]);
}
