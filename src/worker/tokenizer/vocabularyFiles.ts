import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { JsonObject } from '../../core/ports.js';
import { connectionistTokenizer, isConnectionist } from './connectionistVocabulary.js';
import { isMarian, marianTokenizer } from './marianTokenizer.js';
import type { AddedTokenJson, ComponentJson, TokenizerJson } from './tokenizerJson.js';

/**
 * The `tokenizer.json` that transformers would build from `vocab.txt` (BERT family) or `vocab.json` with `merges.txt`
 * (GPT-2, RoBERTa), or what stands for it with the `vocab.json` of characters of wav2vec 2.0 and with Marian's `source.spm`; undefined
 * where none is there. Source: transformers convert_slow_tokenizer.py.
 */
export async function buildFromVocabulary(
  folder: string,
  config: JsonObject,
  specialTokens: Record<string, AddedTokenJson>,
): Promise<TokenizerJson | undefined> {
  if (isMarian(config)) return marianTokenizer(folder, config, specialTokens);
  const wordPieces = await readText(path.join(folder, 'vocab.txt'));
  if (wordPieces !== undefined) return bertTokenizer(wordPieces, config, specialTokens);
  const vocabulary = await readText(path.join(folder, 'vocab.json'));
  if (vocabulary !== undefined && isConnectionist(config)) {
    return connectionistTokenizer(JSON.parse(vocabulary) as Record<string, number>, config, specialTokens);
  }
  const merges = await readText(path.join(folder, 'merges.txt'));
  if (vocabulary === undefined || merges === undefined) return undefined;
  return byteLevelTokenizer(JSON.parse(vocabulary) as Record<string, number>, merges, config, specialTokens);
}

function readText(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

function special(
  name: string,
  fallback: string,
  vocabulary: Record<string, number>,
  specialTokens: Record<string, AddedTokenJson>,
): [string, number] {
  const token = (specialTokens[name] ??= { id: -1, content: fallback, special: true });
  return [token.content, vocabulary[token.content] ?? 0];
}

function addedTokens(names: [string, number][]): AddedTokenJson[] {
  const unique = new Map(names.map(([content, id]) => [id, content]));
  return [...unique]
    .sort(([a], [b]) => a - b)
    .map(([id, content]) => ({ id, content, special: true, normalized: false }));
}

function bertTokenizer(text: string, config: JsonObject, specialTokens: Record<string, AddedTokenJson>): TokenizerJson {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  if (lines.at(-1) === '') lines.pop();
  const vocab: Record<string, number> = {};
  for (const [id, line] of lines.entries()) vocab[line] = id;
  const token = (name: string, fallback: string): [string, number] => special(name, fallback, vocab, specialTokens);
  const cls = token('cls_token', '[CLS]');
  const sep = token('sep_token', '[SEP]');
  const unknown = token('unk_token', '[UNK]');
  return {
    added_tokens: addedTokens([token('pad_token', '[PAD]'), unknown, cls, sep, token('mask_token', '[MASK]')]),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: config['tokenize_chinese_chars'] !== false,
      strip_accents: config['strip_accents'] ?? null,
      lowercase: config['do_lower_case'] !== false,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: { type: 'BertProcessing', cls, sep },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: { type: 'WordPiece', unk_token: unknown[0], continuing_subword_prefix: '##', vocab },
  };
}

function byteLevelTokenizer(
  vocab: Record<string, number>,
  mergesText: string,
  config: JsonObject,
  specialTokens: Record<string, AddedTokenJson>,
): TokenizerJson {
  const merges = mergesText.split('\n').filter((line) => line !== '' && !line.startsWith('#version'));
  const isRoberta =
    'cls_token' in specialTokens || /Roberta|Bart|Longformer|Led/i.test(String(config['tokenizer_class']));
  const token = (name: string, fallback: string): [string, number] => special(name, fallback, vocab, specialTokens);
  const addPrefixSpace = config['add_prefix_space'] === true;
  const specials = isRoberta
    ? [token('bos_token', '<s>'), token('pad_token', '<pad>'), token('eos_token', '</s>'), token('unk_token', '<unk>')]
    : [token('bos_token', '<|endoftext|>'), token('eos_token', '<|endoftext|>'), token('unk_token', '<|endoftext|>')];
  const postProcessor: ComponentJson = isRoberta
    ? {
        type: 'RobertaProcessing',
        cls: token('cls_token', '<s>'),
        sep: token('sep_token', '</s>'),
        trim_offsets: true,
        add_prefix_space: addPrefixSpace,
      }
    : { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: true };
  const added = addedTokens(specials);
  if (isRoberta) {
    const [content, id] = token('mask_token', '<mask>');
    added.push({ id, content, special: true, lstrip: true, normalized: false });
  }
  return {
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: addPrefixSpace, trim_offsets: true, use_regex: true },
    post_processor: postProcessor,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { type: 'BPE', vocab, merges },
  };
}
