import type { ModelJson } from './tokenizerJson.js';

/** One token of a word: its id, and the range of the word (UTF-16 units) it covers. */
export interface Piece {
  id: number;
  start: number;
  end: number;
}

/** The vocabulary and the algorithm that cuts a word into its tokens. */
export interface TokenModel {
  readonly kind: 'WordPiece' | 'BPE' | 'Unigram' | 'WordLevel';
  readonly unknownToken: string | undefined;
  readonly continuingSubwordPrefix: string | undefined;
  tokenToId(token: string): number | undefined;
  entries(): Iterable<[string, number]>;
  encode(word: string): Piece[];
}

/** A vocabulary as JSON has it: looked up in place, since copying a large one costs more than reading a short text. */
export class Vocabulary {
  private readonly ids: Record<string, number>;

  constructor(json: ModelJson) {
    this.ids = json.vocab as Record<string, number>;
  }

  get(token: string): number | undefined {
    return Object.hasOwn(this.ids, token) ? this.ids[token] : undefined;
  }

  entries(): [string, number][] {
    return Object.entries(this.ids);
  }
}

export interface Lookup {
  get(token: string): number | undefined;
  entries(): Iterable<[string, number]>;
}

export abstract class VocabularyModel {
  protected abstract readonly vocabulary: Lookup;

  tokenToId(token: string): number | undefined {
    return this.vocabulary.get(token);
  }

  entries(): Iterable<[string, number]> {
    return this.vocabulary.entries();
  }
}

const utf8 = new TextEncoder();

/** The `<0xE2>`-like tokens of a text's bytes, or undefined when the vocabulary lacks one. */
export function byteTokens(text: string, vocabulary: Lookup): number[] | undefined {
  const ids: number[] = [];
  for (const byte of utf8.encode(text)) {
    const id = vocabulary.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
    if (id === undefined) return undefined;
    ids.push(id);
  }
  return ids;
}
