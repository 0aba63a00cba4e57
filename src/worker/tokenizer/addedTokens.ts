import type { AlignedText } from './alignedText.js';
import type { Normalizer } from './normalizers.js';
import type { AddedTokenJson } from './tokenizerJson.js';

/** A stretch of text: an added token, or text for the model. */
export interface Stretch {
  text: AlignedText;
  tokenId: number | undefined;
}

/** Finds the added tokens in a text, as Rust's AddedVocabulary: first those matched in the raw text, then in the normalized. */
export class AddedTokens {
  private readonly raw: Finder;
  private readonly normalized: Finder;

  constructor(
    tokens: readonly AddedTokenJson[],
    private readonly normalizer: Normalizer | undefined,
    normalizeText: (text: string) => string,
  ) {
    this.raw = new Finder(tokens.filter((token) => token.normalized !== true).map((token) => [token.content, token]));
    this.normalized = new Finder(
      tokens.filter((token) => token.normalized === true).map((token) => [normalizeText(token.content), token]),
    );
  }

  /** The text in stretches, normalized where it is not an added token. */
  split(text: AlignedText): Stretch[] {
    return this.raw.split(text).flatMap((stretch) => {
      if (stretch.tokenId !== undefined) return [stretch];
      const normalized = this.normalizer ? this.normalizer(stretch.text) : stretch.text;
      return this.normalized.split(normalized);
    });
  }
}

interface TrieNode {
  children: Map<string, TrieNode>;
  token: AddedTokenJson | undefined;
}

const wordCharacter = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]/u;

class Finder {
  private readonly root: TrieNode = { children: new Map(), token: undefined };

  constructor(entries: [string, AddedTokenJson][]) {
    for (const [content, token] of entries) {
      if (content === '') continue;
      let node = this.root;
      for (const unit of content.split('')) {
        let child = node.children.get(unit);
        if (!child) node.children.set(unit, (child = { children: new Map(), token: undefined }));
        node = child;
      }
      node.token = token;
    }
  }

  split(text: AlignedText): Stretch[] {
    if (this.root.children.size === 0) return text.length > 0 ? [{ text, tokenId: undefined }] : [];
    const stretches: Stretch[] = [];
    let position = 0;
    for (let i = 0; i < text.length;) {
      const match = this.longestAt(text.text, i);
      if (!match) {
        i++;
        continue;
      }
      const [token, matchEnd] = match;
      const found = extent(text.text, token, i, matchEnd, position);
      i = matchEnd;
      if (!found) continue;
      const [start, end] = found;
      if (start > position) stretches.push({ text: text.slice(position, start), tokenId: undefined });
      stretches.push({ text: text.slice(start, end), tokenId: token.id });
      position = end;
      i = Math.max(i, end);
    }
    if (position < text.length) stretches.push({ text: text.slice(position, text.length), tokenId: undefined });
    return stretches;
  }

  private longestAt(text: string, start: number): [AddedTokenJson, number] | undefined {
    let node: TrieNode | undefined = this.root;
    let best: [AddedTokenJson, number] | undefined;
    for (let i = start; i < text.length; i++) {
      node = node.children.get(text[i]!);
      if (!node) break;
      if (node.token) best = [node.token, i + 1];
    }
    return best;
  }
}

/** What a match takes: nothing within a word for `single_word`, the spaces beside it for `lstrip` and `rstrip`. */
function extent(
  text: string,
  token: AddedTokenJson,
  start: number,
  end: number,
  position: number,
): [number, number] | undefined {
  if (token.single_word) {
    const before = start > 0 && wordCharacter.test(text[start - 1]!);
    const after = end < text.length && wordCharacter.test(text[end]!);
    if (before || after) return undefined;
  }
  let from = start;
  let to = end;
  if (token.lstrip) from = Math.max(position, text.slice(0, start).replace(/\p{White_Space}+$/u, '').length);
  if (token.rstrip) to += /^\p{White_Space}*/u.exec(text.slice(end))![0].length;
  return [from, to];
}
