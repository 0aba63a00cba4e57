/**
 * Brings tensors into the order in which transformers 5 deals them out to shards: by name, numbers by their value. While they are
 * loaded the experts of a layer are one tensor, so that a projection of theirs stays together.
 * @returns groups of tensors that belong into the same shard
 * Source: transformers.core_model_loading (revert_weight_conversion, dot_natural_key).
 */
export function inShardOrder<T extends { readonly name: string }>(tensors: readonly T[]): T[][] {
  const blocks = new Map<string, { key: LoadedName; tensors: T[] }>();
  for (const tensor of tensors) {
    const key = loadedName(tensor.name);
    const id = `${key.name}\n${key.part}`;
    const block = blocks.get(id);
    if (block) block.tensors.push(tensor);
    else blocks.set(id, { key, tensors: [tensor] });
  }
  for (const block of blocks.values()) block.tensors.sort((a, b) => compareNames(a.name, b.name));
  return [...blocks.values()]
    .sort((a, b) => compareNames(a.key.name, b.key.name) || a.key.part - b.key.part)
    .map((block) => block.tensors);
}

interface LoadedName {
  name: string;
  /** Position within a tensor that is made of several. */
  part: number;
}

const expertName = /^(.*\.experts)\.\d+\.(\w+)/;
const projectionOfExpert: Readonly<Record<string, readonly [name: string, part: number]>> = {
  w2: ['down_proj', 0],
  w1: ['gate_up_proj', 0],
  gate_proj: ['gate_up_proj', 0],
  w3: ['gate_up_proj', 1],
  up_proj: ['gate_up_proj', 1],
};

function loadedName(nameInFiles: string): LoadedName {
  const name = nameInFiles.replace('.block_sparse_moe.', '.mlp.');
  const [, experts, projection = ''] = expertName.exec(name) ?? [];
  if (experts === undefined) return { name, part: 0 };
  const [loaded, part] = projectionOfExpert[projection] ?? [projection, 0];
  return { name: `${experts}.${loaded}`, part };
}

/** Orders names by their parts between dots: numbers before text, and numbers at the end of a text by their value. */
function compareNames(one: string, other: string): number {
  const [left, right] = [one.split('.'), other.split('.')];
  for (const [index, part] of left.entries()) {
    const against = right[index];
    if (against === undefined) return 1;
    const order = compareParts(part, against);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareParts(one: string, other: string): number {
  const [, leftText = '', leftNumber = ''] = /^(.*?)(\d*)$/.exec(one) ?? [];
  const [, rightText = '', rightNumber = ''] = /^(.*?)(\d*)$/.exec(other) ?? [];
  if (leftText !== rightText) return leftText < rightText ? -1 : 1;
  if ((leftNumber === '') !== (rightNumber === '')) return leftNumber === '' ? -1 : 1;
  return Number(leftNumber) - Number(rightNumber);
}
