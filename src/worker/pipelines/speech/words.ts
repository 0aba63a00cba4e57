import { pythonStrip } from '../../../core/pyfunc/pythonStrings.js';
import type { TimedTokens, TimeRange } from './commonSequence.js';

export interface TimedWord {
  text: string;
  timestamp: TimeRange;
}

export interface WordOptions {
  /** English name of the language; decides whether words are between spaces. */
  language: string;
  decode: (ids: readonly number[]) => string;
  /** The first special token's id. */
  endId: number;
}

interface Word {
  text: string;
  indices: number[];
}

const unspacedLanguages = ['chinese', 'japanese', 'thai', 'lao', 'myanmar', 'cantonese'];
const prependedPunctuation = '"\'“¡¿([{-';
const appendedPunctuation = '"\'.。,，!！?？:：”)]}、';
const asciiPunctuation = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
const replacement = '\ufffd';

/** The words that tokens make up, with their times. Source: tokenization_whisper.py, `_combine_tokens_into_words`. */
export function timedWords({ ids, times }: TimedTokens, options: WordOptions): TimedWord[] {
  const characters = splitOnCharacters(ids, options.decode);
  const isUnspaced = unspacedLanguages.includes(options.language);
  const words = isUnspaced ? characters : splitOnSpaces(characters, ids, options.endId);
  return mergePunctuation(words).map(({ text, indices }) => ({
    text,
    timestamp: [times[indices[0]!]![0], times[indices.at(-1)!]![1]],
  }));
}

/** The smallest runs of tokens that decode to whole characters. */
function splitOnCharacters(ids: readonly number[], decode: WordOptions['decode']): Word[] {
  const whole = Array.from(decode(ids));
  const words: Word[] = [];
  let indices: number[] = [];
  let offset = 0;
  for (const index of ids.keys()) {
    indices.push(index);
    const text = decode(indices.map((i) => ids[i]!));
    const characters = Array.from(text);
    const hole = characters.indexOf(replacement);
    const isWhole = hole < 0 || offset + hole >= whole.length || whole[offset + hole] === replacement;
    if (!isWhole) continue;
    words.push({ text, indices });
    indices = [];
    offset += characters.length;
  }
  return words;
}

function splitOnSpaces(parts: readonly Word[], ids: readonly number[], endId: number): Word[] {
  const words: Word[] = [];
  for (const { text, indices } of parts) {
    const isSpecial = ids[indices[0]!]! >= endId;
    const isPunctuation = asciiPunctuation.includes(pythonStrip(text));
    const previous = words.at(-1);
    if (!previous || isSpecial || text.startsWith(' ') || isPunctuation) words.push({ text, indices: [...indices] });
    else {
      previous.text += text;
      previous.indices.push(...indices);
    }
  }
  return words;
}

/** Opening punctuation joins the next word, closing punctuation the one before. */
function mergePunctuation(words: Word[]): Word[] {
  for (let i = words.length - 2, j = words.length - 1; i >= 0; i--) {
    const [word, next] = [words[i]!, words[j]!];
    if (!word.text.startsWith(' ') || !prependedPunctuation.includes(pythonStrip(word.text))) {
      j = i;
      continue;
    }
    words[j] = { text: word.text + next.text, indices: [...word.indices, ...next.indices] };
    words[i] = { text: '', indices: [] };
  }
  for (let i = 0, j = 1; j < words.length; j++) {
    const [word, next] = [words[i]!, words[j]!];
    if (word.text.endsWith(' ') || !appendedPunctuation.includes(next.text)) {
      i = j;
      continue;
    }
    words[i] = { text: word.text + next.text, indices: [...word.indices, ...next.indices] };
    words[j] = { text: '', indices: [] };
  }
  return words.filter(({ text }) => text !== '');
}
