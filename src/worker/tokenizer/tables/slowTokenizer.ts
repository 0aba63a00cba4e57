import type { AddedTokenJson } from '../tokenizerJson.js';
import type { TransformersGeneration } from '../generation.js';

export interface SlowTokenizerOptions {
  generation: TransformersGeneration;
  /** Tokens that a text is split at, by their text. */
  addedTokens: ReadonlyMap<string, AddedTokenJson>;
  /** Texts of the special tokens. */
  specialTokens: readonly string[];
  lowercases: boolean;
  /** What a stretch between added tokens becomes. */
  tokenizeStretch: (text: string) => string[];
}

/** The part that Python's tokenizers share: added tokens are found first. Source: transformers' PreTrainedTokenizer.tokenize. */
export class SlowTokenizer {
  private readonly splitter: RegExp | null;
  private readonly kept: RegExp | null;

  constructor(private readonly options: SlowTokenizerOptions) {
    const { addedTokens, specialTokens, generation, lowercases } = options;
    this.splitter = alternatives([...addedTokens.keys()]);
    const unchanged = [...addedTokens.values()].filter(({ special, normalized }) => !special && normalized);
    // transformers 5 leaves lowercasing to the tokenizer's own part.
    this.kept =
      generation === 4 && lowercases
        ? alternatives([...specialTokens, ...unchanged.map(({ content }) => content)])
        : null;
  }

  tokenize(text: string): string[] {
    const { addedTokens, specialTokens, generation, tokenizeStretch } = this.options;
    const stretches = this.stretches(this.lowered(text));
    const isWhole = (token: string): boolean =>
      addedTokens.has(token) || (generation === 5 && specialTokens.includes(token));
    return stretches.flatMap((stretch) =>
      stretch === '' ? [] : isWhole(stretch) ? [stretch] : tokenizeStretch(stretch),
    );
  }

  /** One character after the other, as Python does here: a sigma never is a final one. */
  private lowered(text: string): string {
    if (!this.kept) return text;
    const pattern = new RegExp(`(${this.kept.source})|(.)`, 'gu');
    return text.replace(pattern, (_match, kept: string | undefined, other: string) => kept ?? other.toLowerCase());
  }

  private stretches(text: string): string[] {
    if (!this.splitter) return [text];
    const parts = text.split(new RegExp(`(${this.splitter.source})`, 'u'));
    for (const [index, part] of parts.entries()) {
      const token = this.options.addedTokens.get(part);
      if (token) attach(parts, index, token);
    }
    return parts;
  }
}

/** What the token's settings do to the stretches around it. */
function attach(parts: string[], index: number, token: AddedTokenJson): void {
  const left = parts[index - 1] ?? '';
  const right = parts[index + 1] ?? '';
  if (token.rstrip && right !== '') parts[index + 1] = right.trimStart();
  if (token.lstrip && left !== '') parts[index - 1] = left.trimEnd();
  if (!token.single_word) return;
  if (left !== '' && !left.endsWith(' ')) {
    parts[index - 1] += token.content;
    parts[index] = '';
  } else if (right !== '' && !right.startsWith(' ')) {
    parts[index + 1] = token.content + parts[index + 1]!;
    parts[index] = '';
  }
}

function alternatives(texts: readonly string[]): RegExp | null {
  if (texts.length === 0) return null;
  const longestFirst = [...texts].sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')).join('|'), 'u');
}
