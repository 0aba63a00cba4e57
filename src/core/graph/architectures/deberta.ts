import { activate } from '../activation.js';
import { attentionKinds, byHead, DisentangledAttention, type DisentangledSettings } from '../disentangledAttention.js';
import { encoderHead } from '../encoderHeads.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { unsupportedSetting } from '../unsupported.js';

type Inputs = Pick<DisentangledSettings, 'ids' | 'mask'>;

/** DeBERTa. Source: transformers' modeling_deberta. */
export function deberta(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  if (config.flag('talking_head', false)) throw unsupportedSetting(config, 'talking_head', 'true');
  return encoder(context, (b, inputs) => {
    const heads = config.number('num_attention_heads');
    const headSize = config.number('hidden_size') / heads;
    const shape = { heads, headSize };
    return new DisentangledAttention(b, config, {
      ...inputs,
      ...shape,
      scaledKinds: attentionKinds(config).length,
      buckets: -1,
      positionKey: 'pos_proj',
      positionQuery: 'pos_q_proj',
      content: (x, module) => {
        // Query, key and value of each head lie side by side.
        const packed = b.reshape(b.linear(x, `${module}.in_proj`), [0, 0, heads, 3 * headSize]);
        const [query, key, value] = b.split(b.transpose(packed, [0, 2, 1, 3]), Array(3).fill(headSize), 3) as [
          Value,
          Value,
          Value,
        ];
        const bias = (name: string): Value => b.reshape(b.weight(`${module}.${name}`), [1, heads, 1, headSize]);
        return { query: b.add(query, bias('q_bias')), key, value: b.add(value, bias('v_bias')) };
      },
    });
  });
}

/** DeBERTa v2 and v3. Source: transformers' modeling_deberta_v2. */
export function debertaV2(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  return encoder(context, (b, inputs) => {
    const heads = config.number('num_attention_heads');
    const headSize = config.number('attention_head_size', config.number('hidden_size') / heads);
    const kinds = attentionKinds(config);
    const isShared = config.flag('share_att_key', false);
    const part = (x: Value, module: string): Value => byHead(b, b.linear(x, module), { heads, headSize });
    return new DisentangledAttention(b, config, {
      ...inputs,
      heads,
      headSize,
      scaledKinds: ['c2p', 'p2c'].filter((kind) => kinds.includes(kind)).length,
      buckets: config.number('position_buckets', -1),
      positionKey: isShared ? 'key_proj' : 'pos_key_proj',
      positionQuery: isShared ? 'query_proj' : 'pos_query_proj',
      content: (x, module) => ({
        query: part(x, `${module}.query_proj`),
        key: part(x, `${module}.key_proj`),
        value: part(x, `${module}.value_proj`),
      }),
    });
  });
}

function encoder(
  context: ArchitectureContext,
  newAttention: (b: NetworkBuilder, inputs: Inputs) => DisentangledAttention,
): GeneratedModel {
  const { config, head } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix('deberta');
  const ids = b.input('input_ids', 'int64', ['batch_size', 'sequence_length']);
  const mask = b.input('attention_mask', 'int64', ['batch_size', 'sequence_length']);
  const attention = newAttention(b, { ids, mask });
  const epsilon = config.number('layer_norm_eps');
  const embedded = embeddings(b, config, ids, mask);
  let hidden = embedded;
  for (let index = 0; index < config.number('num_hidden_layers'); index++) {
    const layer = `encoder.layer.${index}`;
    const attended = attention.attend(hidden, `${layer}.attention.self`);
    const projected = b.linear(attended, `${layer}.attention.output.dense`);
    hidden = b.layerNorm(b.add(projected, hidden), `${layer}.attention.output.LayerNorm`, epsilon);
    const inner = activate(b, config.text('hidden_act', 'gelu'), b.linear(hidden, `${layer}.intermediate.dense`));
    hidden = b.layerNorm(b.add(b.linear(inner, `${layer}.output.dense`), hidden), `${layer}.output.LayerNorm`, epsilon);
    if (index === 0 && b.has('encoder.conv.conv.weight')) hidden = convolved(b, config, embedded, hidden, mask);
  }
  const hiddenSize = config.number('hidden_size');
  const poolerActivation = config.text('pooler_hidden_act', 'gelu');
  encoderHead(b, context, { hidden, ids, hiddenSize, head, poolerActivation });
  return { main: { model: b.build(), decoder: null }, encoder: null };
}

function embeddings(b: NetworkBuilder, config: ModelConfig, ids: Value, mask: Value): Value {
  let sum = b.embedding(ids, 'embeddings.word_embeddings');
  if (config.flag('position_biased_input', true)) {
    sum = b.add(sum, b.gather(b.weight('embeddings.position_embeddings.weight'), b.range(b.dim(ids, 1))));
  }
  if (config.number('type_vocab_size', 0) > 0) {
    const types = b.input('token_type_ids', 'int64', ['batch_size', 'sequence_length']);
    sum = b.add(sum, b.gather(b.weight('embeddings.token_type_embeddings.weight'), types));
  }
  const projected = b.has('embeddings.embed_proj.weight') ? b.linear(sum, 'embeddings.embed_proj') : sum;
  return onlyTokens(b, b.layerNorm(projected, 'embeddings.LayerNorm', config.number('layer_norm_eps')), mask);
}

/** Zero where there is padding. */
function onlyTokens(b: NetworkBuilder, hidden: Value, mask: Value): Value {
  return b.mul(hidden, b.cast(b.unsqueeze(mask, [2]), 'float'));
}

/** What a convolution over the embeddings adds to the first layer (`conv_kernel_size`). */
function convolved(b: NetworkBuilder, config: ModelConfig, embedded: Value, hidden: Value, mask: Value): Value {
  const kernel = config.number('conv_kernel_size');
  const module = 'encoder.conv';
  const inputs = [b.transpose(embedded, [0, 2, 1]), b.weight(`${module}.conv.weight`), b.weight(`${module}.conv.bias`)];
  const padding = Math.floor((kernel - 1) / 2);
  const convolution = b.op('Conv', inputs, {
    kernel_shape: [kernel],
    pads: [padding, padding],
    group: config.number('conv_groups', 1),
  });
  const rows = onlyTokens(b, b.transpose(convolution, [0, 2, 1]), mask);
  const sum = b.add(hidden, activate(b, config.text('conv_act', 'tanh'), rows));
  return onlyTokens(b, b.layerNorm(sum, `${module}.LayerNorm`, config.number('layer_norm_eps')), mask);
}
