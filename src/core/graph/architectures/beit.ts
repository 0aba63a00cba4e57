import { activate } from '../activation.js';
import { convolution } from '../convolution.js';
import { encoderAttention } from '../encoderAttention.js';
import { firstToken } from '../encoderHeads.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import { imageModel, pairOf, sizedPixelInput } from '../imageHeads.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { distanceRows, type Grid } from '../windows.js';

/** BEiT and Data2VecVision. Source: transformers' modeling_beit, modeling_data2vec_vision. */
export function beit(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix(config.modelType.replace('-', '_'));
  const epsilon = config.number('layer_norm_eps');
  let hidden = tokens(b, config);
  for (let index = 0; index < config.number('num_hidden_layers'); index++) {
    hidden = layer(b, config, hidden, `encoder.layer.${index}`);
  }
  if (b.has('layernorm.weight')) hidden = b.layerNorm(hidden, 'layernorm', epsilon);
  return imageModel(b, context, {
    pooled: b.has('pooler.layernorm.weight')
      ? b.layerNorm(patchMeans(b, hidden), 'pooler.layernorm', epsilon)
      : firstToken(b, hidden),
    hidden,
    hiddenShape: ['batch_size', 'tokens', config.number('hidden_size')],
    classifier: 'classifier',
  });
}

/** A special token and the patches. */
function tokens(b: NetworkBuilder, config: ModelConfig): Value {
  const hiddenSize = config.number('hidden_size');
  const pixels = sizedPixelInput(b, config);
  const grid = convolution(b, pixels, 'embeddings.patch_embeddings.projection', {
    stride: pairOf(config, 'patch_size'),
  });
  const patches = b.transpose(b.reshape(grid, [0, hiddenSize, -1]), [0, 2, 1]);
  const shape = b.concat([b.dim(pixels, 0), b.int64s([1, hiddenSize])], 0);
  const all = b.concat([b.op('Expand', [b.weight('embeddings.cls_token'), shape]), patches], 1);
  const positions = 'embeddings.position_embeddings';
  return b.has(positions) ? b.add(all, b.weight(positions)) : all;
}

function patchMeans(b: NetworkBuilder, hidden: Value): Value {
  const patches = b.slice(hidden, 1, Number.MAX_SAFE_INTEGER, 1);
  return b.op('ReduceMean', [patches, b.int64s([1])], { keepdims: 0 });
}

function layer(b: NetworkBuilder, config: ModelConfig, x: Value, module: string): Value {
  const epsilon = config.number('layer_norm_eps');
  const heads = config.number('num_attention_heads');
  const scaled = (value: Value, name: string): Value =>
    b.has(`${module}.${name}`) ? b.mul(value, b.weight(`${module}.${name}`)) : value;
  const normed = b.layerNorm(x, `${module}.layernorm_before`, epsilon);
  const attention = `${module}.attention.attention`;
  const attended = encoderAttention(b, {
    query: b.linear(normed, `${attention}.query`),
    key: b.linear(normed, `${attention}.key`),
    value: b.linear(normed, `${attention}.value`),
    heads,
    scale: (config.number('hidden_size') / heads) ** -0.5,
    bias: bias(b, config, [`${attention}.relative_position_bias`, 'encoder.relative_position_bias']),
  });
  const hidden = b.add(scaled(b.linear(attended, `${module}.attention.output.dense`), 'lambda_1'), x);
  const second = b.layerNorm(hidden, `${module}.layernorm_after`, epsilon);
  const inner = activate(b, config.text('hidden_act', 'gelu'), b.linear(second, `${module}.intermediate.dense`));
  return b.add(scaled(b.linear(inner, `${module}.output.dense`), 'lambda_2'), hidden);
}

/** What distance adds to the scores, [1, heads, tokens, tokens]: the layer's own, and that of all layers. */
function bias(b: NetworkBuilder, config: ModelConfig, modules: readonly string[]): Value | undefined {
  const tables = modules.map((module) => `${module}.relative_position_bias_table`).filter((name) => b.has(name));
  if (!tables.length) return undefined;
  const size = pairOf(config, 'image_size');
  const patch = pairOf(config, 'patch_size');
  const grid = { rows: Math.floor(size[0] / patch[0]), columns: Math.floor(size[1] / patch[1]) };
  const length = grid.rows * grid.columns + 1;
  const rows = b.int64s(tokenRows(grid));
  const found = tables.map((table) => {
    const square = b.reshape(b.gather(b.weight(table), rows), [length, length, b.weights.size(table, 1)]);
    return b.unsqueeze(b.transpose(square, [2, 0, 1]), [0]);
  });
  return found.reduce((sum, next) => b.add(sum, next));
}

/** Rows of the table by pair of tokens; its last three stand for the special token: towards others, from others, to itself. */
function tokenRows(grid: Grid): number[] {
  const area = grid.rows * grid.columns;
  const distances = (2 * grid.rows - 1) * (2 * grid.columns - 1);
  const patchRows = distanceRows(grid);
  const found = [distances + 2, ...new Array<number>(area).fill(distances)];
  for (let from = 0; from < area; from++) {
    found.push(distances + 1, ...patchRows.slice(from * area, (from + 1) * area));
  }
  return found;
}
