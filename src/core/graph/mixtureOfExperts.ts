import { activate } from './activation.js';
import type { Value } from './graphBuilder.js';
import type { ModelConfig } from './modelConfig.js';
import type { NetworkBuilder } from './networkBuilder.js';

/** Where a mixture keeps its parts. */
interface MixtureNames {
  router: string;
  experts: string;
  gate: string;
  up: string;
  down: string;
}

/** The mixture of a layer; `null` where the layer has one network for all tokens. */
export function mixtureOf(b: NetworkBuilder, layer: string): MixtureNames | null {
  const mixtral = `${layer}.block_sparse_moe`;
  if (b.has(`${mixtral}.gate.weight`)) {
    return { router: `${mixtral}.gate`, experts: `${mixtral}.experts`, gate: 'w1', up: 'w3', down: 'w2' };
  }
  const router = `${layer}.mlp.gate`;
  if (!b.has(`${router}.weight`)) return null;
  return { router, experts: `${layer}.mlp.experts`, gate: 'gate_proj', up: 'up_proj', down: 'down_proj' };
}

/**
 * A weighted sum of the experts that a router chooses for each token; every expert is computed.
 * Source: the sparse blocks of modeling_mixtral, modeling_qwen2_moe and their relatives.
 */
export function mixtureOfExperts(
  b: NetworkBuilder,
  config: ModelConfig,
  x: Value,
  layer: string,
  names: MixtureNames,
): Value {
  const activation = config.text('hidden_act', 'silu');
  const weights = routerWeights(b, config, x, names);
  let sum = sharedExpert(b, activation, x, `${layer}.mlp`);
  for (let index = 0; index < b.weights.size(`${names.router}.weight`, 0); index++) {
    const expert = `${names.experts}.${index}`;
    const gate = activate(b, activation, b.linear(x, `${expert}.${names.gate}`));
    const output = b.linear(b.mul(gate, b.linear(x, `${expert}.${names.up}`)), `${expert}.${names.down}`);
    const weighted = b.mul(output, b.slice(weights, index, index + 1, 2));
    sum = sum === null ? weighted : b.add(sum, weighted);
  }
  return sum as Value;
}

/** How much each expert counts, 0 for those that are not chosen: [batch, length, experts]. */
function routerWeights(b: NetworkBuilder, config: ModelConfig, x: Value, names: MixtureNames): Value {
  const probabilities = b.op('Softmax', [b.linear(x, names.router)], { axis: -1 });
  const count = b.int64s([config.number('num_experts_per_tok')]);
  const [values, indices] = b.ops('TopK', [probabilities, count], 2, { axis: -1 }) as [Value, Value];
  const isNormed = config.modelType === 'mixtral' || config.flag('norm_topk_prob', false);
  const total = b.op('ReduceSum', [values, b.int64s([-1])], { keepdims: 1 });
  const chosen = isNormed ? b.op('Div', [values, total]) : values;
  return b.op('ScatterElements', [b.scale(probabilities, 0), indices, chosen], { axis: -1 });
}

/** What every token goes through beside the chosen experts (Qwen2-MoE), by a gate of its own. */
function sharedExpert(b: NetworkBuilder, activation: string, x: Value, module: string): Value | null {
  if (!b.has(`${module}.shared_expert_gate.weight`)) return null;
  const expert = `${module}.shared_expert`;
  const gate = activate(b, activation, b.linear(x, `${expert}.gate_proj`));
  const output = b.linear(b.mul(gate, b.linear(x, `${expert}.up_proj`)), `${expert}.down_proj`);
  return b.mul(output, b.op('Sigmoid', [b.linear(x, `${module}.shared_expert_gate`)]));
}
