import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { dumpPythonJson, parsePythonJson } from '../serialization/pythonJson.js';
import type { PyRecord, PyValue } from '../serialization/pyValue.js';

/**
 * transformers 5 writes files that 4 reads wrongly or not at all: a tokenizer class it does not know, a chat template in a
 * file of its own, rotary settings under another key. These functions add what 4 needs; 5 reads the result as before.
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

/** Names the generic fast tokenizer as both generations know it, and puts the chat template into tokenizer_config.json. */
export async function makeTokenizerBilingual(folder: string): Promise<void> {
  const template = await readFile(path.join(folder, 'chat_template.jinja'), 'utf8').catch(() => undefined);
  await editJson(path.join(folder, 'tokenizer_config.json'), (settings) => {
    const changed: Record<string, PyValue> = {};
    if (settings['tokenizer_class'] === 'TokenizersBackend') changed['tokenizer_class'] = 'PreTrainedTokenizerFast';
    if (template !== undefined && settings['chat_template'] === undefined) changed['chat_template'] = template;
    return Object.keys(changed).length === 0 ? undefined : { ...settings, ...changed };
  });
}

/** Rewrites a JSON file as Python does (indent 2, keys as they are) when `edit` returns something. */
async function editJson(file: string, edit: (value: PyRecord) => PyRecord | undefined): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const value = parsePythonJson(text, { keepTypes: true });
  const edited = isRecord(value) ? edit(value) : undefined;
  if (edited !== undefined) await writeFile(file, `${dumpPythonJson(edited, { indent: 2 })}\n`);
}

function isRecord(value: PyValue | undefined): value is PyRecord {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
