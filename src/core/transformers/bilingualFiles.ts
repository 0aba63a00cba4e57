import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { PyRecord, PyValue } from '../serialization/pyValue.js';
import { words } from './autoClassTable.js';
import { editJson, isRecord } from './editJson.js';
import { mergesAsText } from './tokenizerMerges.js';

/**
 * transformers 5 writes files that 4 reads wrongly or not at all: a tokenizer class it does not know, a chat template in a
 * file of its own, merges as pairs, rotary settings under another key. These functions add what 4 needs; 5 reads the result
 * as before.
 */

/** Adds the older keys to config.json: `torch_dtype`, and `rope_theta` with `rope_scaling` from `rope_parameters`. */
export async function makeConfigBilingual(folder: string): Promise<void> {
  await editJson(path.join(folder, 'config.json'), (config) => {
    const added: Record<string, PyValue> = {};
    if (config['torch_dtype'] === undefined && config['dtype'] !== undefined) added['torch_dtype'] = config['dtype'];
    const rope = config['rope_parameters'];
    if (isRecord(rope) && config['rope_theta'] === undefined && rope['rope_theta'] !== undefined) {
      const { rope_theta: theta, ...scaling } = rope;
      added['rope_theta'] = theta!;
      added['rope_scaling'] = scaling['rope_type'] === 'default' || Object.keys(scaling).length === 0 ? null : scaling;
    }
    return Object.keys(added).length === 0 ? undefined : { ...config, ...added };
  });
}

/**
 * Names the tokenizer's class as both generations know it, puts the chat template and the further special tokens where 4
 * looks for them, and writes the merges of tokenizer.json as text.
 */
export async function makeTokenizerBilingual(folder: string): Promise<void> {
  const template = await readFile(path.join(folder, 'chat_template.jinja'), 'utf8').catch(() => undefined);
  await editJson(path.join(folder, 'tokenizer_config.json'), (settings) => {
    const { extra_special_tokens: extra, ...rest } = settings;
    const changed: Record<string, PyValue | undefined> = rest;
    if (changed['tokenizer_class'] === 'TokenizersBackend') changed['tokenizer_class'] = 'PreTrainedTokenizerFast';
    if (template !== undefined && changed['chat_template'] === undefined) changed['chat_template'] = template;
    if (Array.isArray(extra)) changed['additional_special_tokens'] ??= extra as PyValue[];
    else if (extra !== undefined) changed['extra_special_tokens'] = extra;
    return isSame(settings, changed) ? undefined : changed;
  });
  const file = path.join(folder, 'tokenizer.json');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const rewritten = text === undefined ? undefined : mergesAsText(text);
  if (rewritten !== undefined) await writeFile(file, rewritten);
}

/** Settings of adapters that older PEFT refuses to hear of; unset they say nothing. */
const newerAdapterSettings = words(
  'alora_invocation_tokens arrow_config corda_config ensure_weight_tying eva_config exclude_modules init_weights kasa_config lora_bias lora_ga_config modules_to_save monteclora_config rank_dropout_scale target_parameters trainable_token_indices use_bdlora use_qalora velora_config',
);

/** Leaves out of adapter_config.json what newer PEFT added and this adapter does not use. */
export async function makeAdapterBilingual(folder: string): Promise<void> {
  await editJson(path.join(folder, 'adapter_config.json'), (settings) => {
    const isIdle = (name: string, value: PyValue | undefined): boolean =>
      name === 'peft_version' ||
      (name === 'qalora_group_size' && !settings['use_qalora']) ||
      (newerAdapterSettings.has(name) && (value === null || value === false));
    return Object.fromEntries(Object.entries(settings).filter(([name, value]) => !isIdle(name, value)));
  });
}

/** Declares the dtype that the weights beside config.json were converted to. */
export async function declareDtype(folder: string, torchDtype: string): Promise<void> {
  const name = torchDtype.replace(/^torch\./, '');
  await editJson(path.join(folder, 'config.json'), (config) => {
    const key = 'torch_dtype' in config && !('dtype' in config) ? 'torch_dtype' : 'dtype';
    const other = key === 'dtype' && 'torch_dtype' in config ? { torch_dtype: name } : {};
    return { ...config, ...other, [key]: name };
  });
}

/** Declares the number of tokens that the embeddings beside config.json were resized to. @param sizes new by old */
export async function declareVocabularySize(folder: string, sizes: ReadonlyMap<number, number>): Promise<void> {
  const resized = (config: PyRecord): PyRecord => {
    const size = sizes.get(Number(config['vocab_size']));
    return size === undefined ? config : { ...config, vocab_size: size };
  };
  await editJson(path.join(folder, 'config.json'), (config) => {
    const text = config['text_config'];
    return { ...resized(config), ...(isRecord(text) && { text_config: resized(text) }) };
  });
}

function isSame(one: PyRecord, other: PyRecord): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}
