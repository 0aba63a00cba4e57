import { pythonStrip } from '../../../core/pyfunc/pythonStrings.js';
import { cleanUpTokenizationSpaces } from '../../tokenizer/decoders.js';
import type { Tokenizer } from '../../tokenizer/tokenizer.js';

/** A character or a word with the frames that it takes. */
export interface FrameRange {
  text: string;
  start: number;
  end: number;
}

export interface ConnectionistText {
  text: string;
  characters: FrameRange[];
}

/**
 * The text of one token a frame: equal neighbours are one, blanks fall out (connectionist temporal classification).
 * Source: transformers tokenization_wav2vec2.py, `Wav2Vec2CTCTokenizer`.
 */
export function connectionistText(tokenizer: Tokenizer, ids: readonly number[]): ConnectionistText {
  const { config } = tokenizer;
  const delimiter = textOr(config['word_delimiter_token'], '|');
  const blank = tokenizer.specialToken('pad_token') ?? '<pad>';
  const unknown = tokenizer.specialToken('unk_token') ?? '<unk>';
  const characters: FrameRange[] = [];
  let start = 0;
  while (start < ids.length) {
    const token = tokenizer.token(ids[start]!) ?? unknown;
    let end = start + 1;
    while (end < ids.length && (tokenizer.token(ids[end]!) ?? unknown) === token) end++;
    const text = token === delimiter ? delimiterText(tokenizer) : token;
    if (token !== blank) characters.push({ text, start, end });
    start = end;
  }
  return { text: joined(tokenizer, characters), characters };
}

/** What words are written apart with. */
export function delimiterText(tokenizer: Tokenizer): string {
  return textOr(tokenizer.config['replace_word_delimiter_char'], ' ');
}

/** Characters as words between delimiters. Source: `Wav2Vec2CTCTokenizer._get_word_offsets`. */
export function wordsOf(characters: readonly FrameRange[], delimiter: string): FrameRange[] {
  const words: FrameRange[] = [];
  let isInWord = false;
  for (const { text, start, end } of characters) {
    const previous = words.at(-1);
    if (text === delimiter) isInWord = false;
    else if (isInWord && previous) {
      previous.text += text;
      previous.end = end;
    } else {
      words.push({ text, start, end });
      isInWord = true;
    }
  }
  return words;
}

function joined(tokenizer: Tokenizer, characters: readonly FrameRange[]): string {
  const { config, generation } = tokenizer;
  const plain = pythonStrip(characters.map(({ text }) => text).join(''));
  const text = config['do_lower_case'] === true ? plain.toLowerCase() : plain;
  const cleansUp = config['clean_up_tokenization_spaces'] ?? generation === 4;
  return cleansUp ? cleanUpTokenizationSpaces(text) : text;
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}
