export interface BasicTokenizerOptions {
  lowercases: boolean;
  /** `null`: where the text is lowercased. */
  stripsAccents: boolean | null;
  splitsChinese: boolean;
}

const control = /^\p{C}$/u;
const blank = /^[\t\n\r\p{Zs}]$/u;
const punctuation = /^[!-/:-@[-`{-~\p{P}]$/u;
const chinese =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b820}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;

/** BERT's first pass in Python: words and punctuation. Source: transformers' BasicTokenizer. */
export class BasicTokenizer {
  constructor(private readonly options: BasicTokenizerOptions) {}

  /** @param neverSplit words that stay as they are. */
  tokenize(text: string, neverSplit: ReadonlySet<string>): string[] {
    const clean = cleanText(text);
    const spaced = this.options.splitsChinese ? clean.replace(chinese, ' $& ') : clean;
    const tokens: string[] = [];
    for (const word of words(spaced.normalize('NFC'))) {
      if (neverSplit.has(word)) tokens.push(word);
      else tokens.push(...splitOnPunctuation(this.normalized(word)));
    }
    return words(tokens.join(' '));
  }

  private normalized(word: string): string {
    const { lowercases, stripsAccents } = this.options;
    const lowered = lowercases ? word.toLowerCase() : word;
    return (stripsAccents ?? lowercases) ? lowered.normalize('NFD').replace(/\p{Mn}/gu, '') : lowered;
  }
}

/** Control characters left out, blanks of every kind as spaces. */
function cleanText(text: string): string {
  let clean = '';
  for (const character of text) {
    if (blank.test(character)) clean += ' ';
    else if (character !== '\ufffd' && !control.test(character)) clean += character;
  }
  return clean;
}

function splitOnPunctuation(word: string): string[] {
  const parts: string[] = [];
  let startsAnew = true;
  for (const character of word) {
    const isPunctuation = punctuation.test(character);
    if (isPunctuation || startsAnew) parts.push(character);
    else parts[parts.length - 1] += character;
    startsAnew = isPunctuation;
  }
  return parts;
}

/** Python's `text.split()`. */
export function words(text: string): string[] {
  return text.split(/[\p{White_Space}\x1c-\x1f]+/u).filter((word) => word !== '');
}
