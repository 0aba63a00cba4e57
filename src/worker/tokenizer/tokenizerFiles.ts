import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import type { TransformersGeneration } from './generation.js';
import type { AddedTokenJson, TokenizerJson } from './tokenizerJson.js';
import { buildFromVocabulary } from './vocabularyFiles.js';

/** What a tokenizer folder holds, whichever generation of transformers wrote it. */
export interface TokenizerFiles {
  json: TokenizerJson;
  config: JsonObject;
  /** Special tokens by their names (`cls_token`, ...). */
  specialTokens: Record<string, AddedTokenJson>;
  /** The chat template, and further ones by name. */
  chatTemplates: Record<string, string>;
  /** Whether `tokenizer.json` has regular expressions. */
  hasRegexes: boolean;
}

const specialTokenNames = [
  'bos_token',
  'eos_token',
  'unk_token',
  'sep_token',
  'pad_token',
  'cls_token',
  'mask_token',
] as const;

/**
 * Reads `tokenizer.json`, `tokenizer_config.json`, `special_tokens_map.json`, `added_tokens.json` and the chat template.
 * @throws MlflowError tokenizerMissing where there is no tokenizer, tokenizerUnsupported where only a slow one is stored.
 */
export async function readTokenizerFiles(folder: string, generation: TransformersGeneration): Promise<TokenizerFiles> {
  const [stored, config, specialTokensMap] = await Promise.all([
    readJson<TokenizerJson>(path.join(folder, 'tokenizer.json')),
    readJson<JsonObject>(path.join(folder, 'tokenizer_config.json')),
    readJson<JsonObject>(path.join(folder, 'special_tokens_map.json')),
  ]);
  const settings = { ...config };
  const specialTokens = readSpecialTokens(settings, specialTokensMap ?? {});
  const json = stored ?? (await buildFromVocabulary(folder, settings, specialTokens));
  if (!json) throw missingTokenizer(folder);
  await addTokens(json, folder, settings, specialTokens, generation);
  const { normalizer, pre_tokenizer: preTokenizer, decoder } = json;
  return {
    json,
    config: settings,
    specialTokens,
    chatTemplates: await readChatTemplates(folder, settings),
    hasRegexes: JSON.stringify([normalizer, preTokenizer, decoder]).includes('"Regex":'),
  };
}

/** The JSON of a file; undefined where there is none. @throws MlflowError fileUnreadable. */
export async function readJson<T>(file: string): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new MlflowError(`'${file}' is not valid JSON: ${(error as Error).message}`, 'INVALID_PARAMETER_VALUE', {
      reason: 'fileUnreadable',
      details: { file },
      cause: error,
    });
  }
}

function missingTokenizer(folder: string): MlflowError {
  const slow = [
    'spiece.model',
    'sentencepiece.bpe.model',
    'tokenizer.model',
    'source.spm',
    'vocab.json',
    'tekken.json',
  ];
  const found = slow.find((name) => existsSync(path.join(folder, name)));
  if (found !== undefined) {
    return new MlflowError(
      `The tokenizer in '${folder}' is stored as '${found}' only, without 'tokenizer.json'. ` +
        'Load it once in Python with AutoTokenizer.from_pretrained (fast) and save the model again.',
      'NOT_IMPLEMENTED',
      { reason: 'tokenizerUnsupported', details: { folder, file: found } },
    );
  }
  return new MlflowError(
    `There is no tokenizer in '${folder}': 'tokenizer.json' is missing. Save the model with its tokenizer.`,
    'RESOURCE_DOES_NOT_EXIST',
    { reason: 'tokenizerMissing', details: { folder } },
  );
}

function asAddedToken(value: unknown): AddedTokenJson | undefined {
  if (typeof value === 'string') return { id: -1, content: value, special: true };
  if (typeof value === 'object' && value !== null && typeof (value as AddedTokenJson).content === 'string') {
    return { id: -1, ...(value as Omit<AddedTokenJson, 'id'>), special: true };
  }
  return undefined;
}

function readSpecialTokens(config: JsonObject, map: JsonObject): Record<string, AddedTokenJson> {
  const found: Record<string, AddedTokenJson> = {};
  for (const name of specialTokenNames) {
    const token = asAddedToken(name in config ? config[name] : map[name]);
    if (token) found[name] = token;
  }
  return found;
}

function listedTokens(config: JsonObject): AddedTokenJson[] {
  const lists = [config['additional_special_tokens'], config['extra_special_tokens']];
  return lists
    .flatMap((list) =>
      Array.isArray(list) ? list : typeof list === 'object' && list !== null ? Object.values(list) : [],
    )
    .map(asAddedToken)
    .filter((token) => token !== undefined);
}

/** Adds the tokens that only the configuration files name, as transformers does after it has read `tokenizer.json`. */
async function addTokens(
  json: TokenizerJson,
  folder: string,
  config: JsonObject,
  specialTokens: Record<string, AddedTokenJson>,
  generation: TransformersGeneration,
): Promise<void> {
  const added = (json.added_tokens ??= []);
  const byContent = new Map(added.map((token) => [token.content, token]));
  const vocabulary = new VocabularyIds(json);
  const add = (token: AddedTokenJson, id?: number): void => {
    const existing = byContent.get(token.content);
    if (existing) {
      // transformers 5 leaves a token as tokenizer.json has it.
      if (token.special && generation === 4) existing.special = true;
      return;
    }
    const complete = {
      ...token,
      normalized: token.normalized ?? !token.special,
      id: vocabulary.idFor(token.content, id),
    };
    added.push(complete);
    byContent.set(token.content, complete);
  };
  const decoder = (config['added_tokens_decoder'] ?? {}) as Record<string, Omit<AddedTokenJson, 'id'>>;
  for (const [id, token] of Object.entries(decoder)) add({ ...token, id: Number(id) }, Number(id));
  for (const token of [...Object.values(specialTokens), ...listedTokens(config)]) add(token);
  const legacy = (await readJson<Record<string, number>>(path.join(folder, 'added_tokens.json'))) ?? {};
  for (const [content, id] of Object.entries(legacy).sort((a, b) => a[1] - b[1]))
    add({ id, content, normalized: true }, id);
}

/** Where a new token goes: its place in the vocabulary when it has one, the next free id otherwise. */
class VocabularyIds {
  private next: number | undefined;

  constructor(private readonly json: TokenizerJson) {}

  idFor(content: string, wanted?: number): number {
    const { vocab } = this.json.model;
    const known = Array.isArray(vocab) ? vocab.findIndex(([token]) => token === content) : (vocab[content] ?? -1);
    if (known >= 0) return known;
    this.next ??= Math.max(
      Array.isArray(vocab) ? vocab.length : Object.keys(vocab).length,
      ...(this.json.added_tokens ?? []).map((token) => token.id + 1),
    );
    const id = wanted ?? this.next;
    this.next = Math.max(this.next, id + 1);
    return id;
  }
}

async function readChatTemplates(folder: string, config: JsonObject): Promise<Record<string, string>> {
  const file = await readFile(path.join(folder, 'chat_template.jinja'), 'utf8').catch(() => undefined);
  const legacy = await readJson<{ chat_template?: string }>(path.join(folder, 'chat_template.json'));
  const stored = config['chat_template'];
  const templates: Record<string, string> = {};
  if (typeof stored === 'string') templates['default'] = stored;
  if (Array.isArray(stored)) {
    for (const entry of stored as { name: string; template: string }[]) templates[entry.name] = entry.template;
  }
  if (typeof legacy?.chat_template === 'string') templates['default'] = legacy.chat_template;
  if (file !== undefined) templates['default'] = file;
  return templates;
}
