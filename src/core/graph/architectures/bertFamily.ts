import { activate } from '../activation.js';
import { encoderAttention } from '../encoderAttention.js';
import { distanceScores, hasAbsolutePositions } from '../distanceScores.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import { absent, type Value } from '../graphBuilder.js';
import { encoderHead } from '../encoderHeads.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { unsupportedSetting } from '../unsupported.js';

/** How the members of the family differ from BERT. */
interface BertVariant {
  prefix: string;
  /** Positions count from the padding id, over tokens that are not padding (RoBERTa). */
  positionsFromPadding: boolean;
  hasTokenTypeInput: (config: ModelConfig) => boolean;
}

const variants: Readonly<Record<string, BertVariant>> = {
  bert: { prefix: 'bert', positionsFromPadding: false, hasTokenTypeInput: () => true },
  electra: { prefix: 'electra', positionsFromPadding: false, hasTokenTypeInput: () => true },
  roberta: { prefix: 'roberta', positionsFromPadding: true, hasTokenTypeInput: hasSeveralTypes },
  'xlm-roberta': { prefix: 'roberta', positionsFromPadding: true, hasTokenTypeInput: hasSeveralTypes },
  camembert: { prefix: 'roberta', positionsFromPadding: true, hasTokenTypeInput: hasSeveralTypes },
};

function hasSeveralTypes(config: ModelConfig): boolean {
  return config.number('type_vocab_size') > 1;
}

/** BERT, RoBERTa, XLM-RoBERTa, CamemBERT and ELECTRA. Source: transformers' modeling_bert, modeling_roberta, modeling_electra. */
export function bertFamily(context: ArchitectureContext): GeneratedModel {
  const { config, head } = context;
  const variant = variants[config.modelType] ?? (variants['bert'] as BertVariant);
  checkSettings(config);
  const b = context.newBuilder();
  b.weights.setBasePrefix(variant.prefix);
  const ids = b.input('input_ids', 'int64', ['batch_size', 'sequence_length']);
  const mask = b.input('attention_mask', 'int64', ['batch_size', 'sequence_length']);
  const embedded = embeddings(b, config, variant, ids);
  const hidden = encoderLayers(b, config, embedded, mask);
  encoderHead(b, context, { hidden, ids, hiddenSize: config.number('hidden_size'), head });
  return { main: { model: b.build(), decoder: null }, encoder: null };
}

function checkSettings(config: ModelConfig): void {
  if (config.flag('is_decoder', false)) throw unsupportedSetting(config, 'is_decoder', 'true');
}

function embeddings(b: NetworkBuilder, config: ModelConfig, variant: BertVariant, ids: Value): Value {
  const words = b.embedding(ids, 'embeddings.word_embeddings');
  const typeWeights = b.weight('embeddings.token_type_embeddings.weight');
  const types = variant.hasTokenTypeInput(config)
    ? b.gather(typeWeights, b.input('token_type_ids', 'int64', ['batch_size', 'sequence_length']))
    : b.gather(typeWeights, b.int64(0));
  const typed = b.add(words, types);
  const sum = hasAbsolutePositions(config) ? b.add(typed, positionRows(b, config, variant, ids)) : typed;
  const norm = b.layerNorm(sum, 'embeddings.LayerNorm', config.number('layer_norm_eps'));
  return b.has('embeddings_project.weight') ? b.linear(norm, 'embeddings_project') : norm;
}

function positionRows(b: NetworkBuilder, config: ModelConfig, variant: BertVariant, ids: Value): Value {
  const positionIds = variant.positionsFromPadding
    ? positionsFromPadding(b, ids, config.number('pad_token_id'))
    : b.range(b.dim(ids, 1));
  return b.gather(b.weight('embeddings.position_embeddings.weight'), positionIds);
}

/** Source: transformers' `create_position_ids_from_input_ids`. */
export function positionsFromPadding(b: NetworkBuilder, ids: Value, paddingId: number): Value {
  const counts = b.cast(b.op('Not', [b.op('Equal', [ids, b.int64(paddingId)])]), 'int64');
  const numbered = b.mul(b.op('CumSum', [counts, b.int64(1)]), counts);
  return b.add(numbered, b.int64(paddingId));
}

/** The layers of BERT over embedded tokens: [batch, length, hidden]. */
export function encoderLayers(b: NetworkBuilder, config: ModelConfig, embedded: Value, mask: Value): Value {
  const epsilon = config.number('layer_norm_eps');
  const headSize = config.number('hidden_size') / config.number('num_attention_heads');
  const scale = headSize ** -0.5;
  const activation = config.text('hidden_act', 'gelu');
  let hidden = embedded;
  for (let index = 0; index < config.number('num_hidden_layers'); index++) {
    const layer = `encoder.layer.${index}`;
    const module = `${layer}.attention.self`;
    // Heads may have been pruned.
    const heads = b.weights.size(`${module}.query.weight`, 0) / headSize;
    const query = b.linear(hidden, `${module}.query`);
    const key = b.linear(hidden, `${module}.key`);
    const distances = distanceScores(b, config, { query, key, heads, headSize, module });
    const bias = distances === null ? undefined : b.scale(distances, scale);
    const value = b.linear(hidden, `${module}.value`);
    const attended = encoderAttention(b, { query, key, value, heads, scale, mask, bias });
    hidden = residualNorm(b, attended, hidden, `${layer}.attention.output`, epsilon);
    const inner = activate(b, activation, b.linear(hidden, `${layer}.intermediate.dense`));
    hidden = residualNorm(b, inner, hidden, `${layer}.output`, epsilon);
  }
  return hidden;
}

/** `LayerNorm(dense(x) + residual)`. */
function residualNorm(b: NetworkBuilder, x: Value, residual: Value, module: string, epsilon: number): Value {
  const dense = b.linear(x, `${module}.dense`, { bias: 'leave' });
  return b.skipLayerNorm(residual, dense, b.optionalBias(`${module}.dense`) || absent, `${module}.LayerNorm`, epsilon)
    .norm;
}
