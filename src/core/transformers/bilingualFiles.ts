import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { dumpPythonJson, parsePythonJson } from '../serialization/pythonJson.js';
import type { PyRecord, PyValue } from '../serialization/pyValue.js';
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

/** Writes the parts of a processor that 5 keeps inside processor_config.json into preprocessor_config.json as well. */
export async function splitProcessorConfig(
  folder: string,
  part: 'image_processor' | 'feature_extractor',
): Promise<void> {
  const target = path.join(folder, 'preprocessor_config.json');
  if ((await readFile(target).catch(() => undefined)) !== undefined) return;
  const text = await readFile(path.join(folder, 'processor_config.json'), 'utf8').catch(() => undefined);
  const settings = text === undefined ? null : parsePythonJson(text, { keepTypes: true });
  const nested = isRecord(settings ?? undefined) ? (settings as PyRecord)[part] : undefined;
  if (isRecord(nested)) await writeFile(target, `${dumpPythonJson(nested, { indent: 2 })}\n`);
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

/** Rewrites a JSON file as Python does (indent 2, keys as they are) when `edit` returns something. */
async function editJson(file: string, edit: (value: PyRecord) => PyRecord | undefined): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const value = parsePythonJson(text, { keepTypes: true });
  const edited = isRecord(value) ? edit(value) : undefined;
  if (edited !== undefined) await writeFile(file, `${dumpPythonJson(edited, { indent: 2, ensureAscii: false })}\n`);
}

function isSame(one: PyRecord, other: PyRecord): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}

function isRecord(value: PyValue | undefined): value is PyRecord {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
