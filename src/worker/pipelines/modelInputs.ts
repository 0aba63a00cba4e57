import { MlflowError } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/ports.js';
import type { RuntimeModel, Tensor } from '../runtime/model.js';
import type { Encoding, EncodeOptions, Tokenizer } from '../tokenizer/tokenizer.js';

/** The tensors of one encoding that the tokenizer hands to a model. */
export function modelInputs(encoding: Encoding, tokenizer: Tokenizer): Record<string, Tensor> {
  const dims = [1, encoding.ids.length];
  const tensor = (values: readonly number[]): Tensor => ({ dims, data: BigInt64Array.from(values, BigInt) });
  const inputs: Record<string, Tensor> = { input_ids: tensor(encoding.ids) };
  inputs['attention_mask'] = { dims, data: new BigInt64Array(encoding.ids.length).fill(1n) };
  if (tokenizer.modelInputNames.includes('token_type_ids')) inputs['token_type_ids'] = tensor(encoding.typeIds);
  return inputs;
}

/** One pass; the output called `name`, or the first one. */
export async function forward(
  model: RuntimeModel,
  inputs: Record<string, Tensor>,
  name: string,
): Promise<{ dims: readonly number[]; data: Float32Array }> {
  const outputs = await withPythonErrors(() => model.forward(inputs));
  const output = outputs[name] ?? Object.values(outputs)[0];
  if (!output || !(output.data instanceof Float32Array)) {
    throw new MlflowError(`The model ${model.modelClass} gave no output '${name}'.`);
  }
  return { dims: output.dims, data: output.data };
}

/** Where an input is longer than the model has positions, the error says what PyTorch says. */
export async function withPythonErrors<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('indices element out of data bounds')) throw error;
    throw MlflowError.invalidParameter('index out of range in self', { cause: error });
  }
}

const encodeNames = ['truncation', 'max_length', 'padding', 'add_special_tokens', 'stride', 'return_tensors'] as const;

/** The tokenizer's keyword arguments that decide about ids. Padding does nothing to single texts. */
export function encodeOptions(kwargs: JsonObject): EncodeOptions {
  return {
    truncation: truncationOf(kwargs['truncation']),
    maxLength: typeof kwargs['max_length'] === 'number' ? kwargs['max_length'] : undefined,
    addSpecialTokens: typeof kwargs['add_special_tokens'] === 'boolean' ? kwargs['add_special_tokens'] : undefined,
    stride: typeof kwargs['stride'] === 'number' ? kwargs['stride'] : undefined,
  };
}

function truncationOf(value: JsonValue | undefined): EncodeOptions['truncation'] {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value;
  if (value === 'longest_first' || value === 'only_first' || value === 'only_second' || value === 'do_not_truncate') {
    return value;
  }
  throw MlflowError.invalidParameter(
    `${String(value)} is not a valid TruncationStrategy, please select one of ` +
      "['only_first', 'only_second', 'longest_first', 'do_not_truncate']",
  );
}

export function isEncodeOption(name: string): boolean {
  return (encodeNames as readonly string[]).includes(name);
}

/** The label of class `index`. */
export function labelOf(config: JsonObject, index: number): string {
  const labels = config['id2label'] as Record<string, string> | undefined;
  return labels?.[String(index)] ?? `LABEL_${index}`;
}
