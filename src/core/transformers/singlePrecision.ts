import type { JsonObject } from '../ports.js';
import type { FloatDtype } from '../safetensors/floatConversion.js';
import { words } from './autoClassTable.js';
import { keptInSingle } from './autoModels.js';

/** Parameters that are made in single precision whatever the model is loaded in; no class attribute tells. */
const madeInSingle: Readonly<Record<string, string>> = { q_bias: 'deberta', v_bias: 'deberta' };

/**
 * Which tensors stay in single precision when a model is converted to another: parts that half precision would spoil, such as the
 * `wo` of T5. bfloat16 spoils fewer.
 * Source: transformers' `_keep_in_fp32_modules` and `_keep_in_fp32_modules_strict`.
 */
export function staysSingle(config: JsonObject, to: FloatDtype): (tensorName: string) => boolean {
  if (to !== 'F16' && to !== 'BF16') return () => false;
  const types = modelTypes(config);
  const tables = [keptInSingle.strict, madeInSingle, ...(to === 'F16' ? [keptInSingle.half] : [])];
  const modules = tables.flatMap((table) =>
    Object.entries(table).flatMap(([name, of]) => (types.some((type) => words(of).has(type)) ? [name] : [])),
  );
  return (tensorName) => modules.some((name) => `.${tensorName}.`.includes(`.${name}.`));
}

/** The model's own type and those of the models inside it. */
function modelTypes(config: JsonObject): string[] {
  const own = typeof config['model_type'] === 'string' ? [config['model_type']] : [];
  const parts = Object.values(config).filter(
    (value): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value),
  );
  return [...own, ...parts.flatMap(modelTypes)];
}
