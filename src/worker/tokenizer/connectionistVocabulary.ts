import type { JsonObject } from '../../core/ports.js';
import type { AddedTokenJson, TokenizerJson } from './tokenizerJson.js';

/** Whether the tokenizer's tokens are characters for connectionist temporal classification. */
export function isConnectionist(config: JsonObject): boolean {
  return /^Wav2Vec2CTCTokenizer(Fast)?$/.test(String(config['tokenizer_class'] ?? ''));
}

/**
 * The tokenizer of a `vocab.json` of characters, or of one such vocabulary a language (`target_lang`).
 * Source: transformers tokenization_wav2vec2.py, `Wav2Vec2CTCTokenizer`.
 */
export function connectionistTokenizer(
  vocabulary: Record<string, number | Record<string, number>>,
  config: JsonObject,
  specialTokens: Record<string, AddedTokenJson>,
): TokenizerJson {
  const language = config['target_lang'];
  const vocab = (typeof language === 'string' ? vocabulary[language] : vocabulary) as Record<string, number>;
  const delimiter = config['word_delimiter_token'];
  const wordDelimiter = typeof delimiter === 'string' ? delimiter : '|';
  for (const [name, content] of Object.entries(defaultTokens)) {
    specialTokens[name] ??= { id: -1, content, special: true };
  }
  return {
    added_tokens: Object.entries(vocab)
      .filter(([token]) => Array.from(token).length > 1)
      .map(([content, id]) => ({ id, content, lstrip: true, rstrip: true, normalized: false, special: false })),
    normalizer: { type: 'Replace', pattern: { String: ' ' }, content: wordDelimiter },
    pre_tokenizer: { type: 'Split', pattern: { Regex: '[\\s\\S]' }, behavior: 'Isolated', invert: false },
    post_processor: null,
    decoder: {
      type: 'CTC',
      pad_token: specialTokens['pad_token']!.content,
      word_delimiter_token: wordDelimiter,
      cleanup: false,
    },
    model: { type: 'WordLevel', vocab, unk_token: specialTokens['unk_token']!.content },
  };
}

const defaultTokens: Readonly<Record<string, string>> = {
  bos_token: '<s>',
  eos_token: '</s>',
  unk_token: '<unk>',
  pad_token: '<pad>',
};
