import { unsupported } from './normalizers.js';
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
  readonly tokenToId: ReadonlyMap<string, number>;
  readonly unknownToken: string | undefined;
  readonly continuingSubwordPrefix: string | undefined;
  encode(word: string): Piece[];
}

/** The model of a `tokenizer.json`. Older files have no `type`; their settings tell. */
export function createTokenModel(json: ModelJson): TokenModel {
  switch (json.type ?? guessType(json)) {
    case 'WordPiece':
      return new WordPieceModel(json);
    case 'BPE':
      return new BpeModel(json);
    case 'Unigram':
      return new UnigramModel(json);
    case 'WordLevel':
      return new WordLevelModel(json);
    default:
      throw unsupported('model', String(json.type));
  }
}

function guessType(json: ModelJson): string {
  if (Array.isArray(json.vocab)) return 'Unigram';
  if (json.merges) return 'BPE';
  return json.max_input_chars_per_word === undefined ? 'WordLevel' : 'WordPiece';
}

function vocabularyOf(json: ModelJson): Map<string, number> {
  return new Map(Object.entries(json.vocab as Record<string, number>));
}

class WordLevelModel implements TokenModel {
  readonly kind = 'WordLevel';
  readonly tokenToId: Map<string, number>;
  readonly unknownToken: string | undefined;
  readonly continuingSubwordPrefix = undefined;

  constructor(json: ModelJson) {
    this.tokenToId = vocabularyOf(json);
    this.unknownToken = json.unk_token ?? undefined;
  }

  encode(word: string): Piece[] {
    const id = this.tokenToId.get(word) ?? this.tokenToId.get(this.unknownToken ?? '');
    return id === undefined ? [] : [{ id, start: 0, end: word.length }];
  }
}

class WordPieceModel implements TokenModel {
  readonly kind = 'WordPiece';
  readonly tokenToId: Map<string, number>;
  readonly unknownToken: string;
  readonly continuingSubwordPrefix: string;
  private readonly maxCharacters: number;

  constructor(json: ModelJson) {
    this.tokenToId = vocabularyOf(json);
    this.unknownToken = json.unk_token ?? '[UNK]';
    this.continuingSubwordPrefix = json.continuing_subword_prefix ?? '##';
    this.maxCharacters = json.max_input_chars_per_word ?? 100;
  }

  encode(word: string): Piece[] {
    if (word.length > this.maxCharacters && [...word].length > this.maxCharacters) return this.unknown(word);
    const found: Piece[] = [];
    for (let start = 0; start < word.length;) {
      const piece = this.longestFrom(word, start);
      if (!piece) return this.unknown(word);
      found.push(piece);
      start = piece.end;
    }
    return found;
  }

  private longestFrom(word: string, start: number): Piece | undefined {
    const prefix = start > 0 ? this.continuingSubwordPrefix : '';
    for (let end = word.length; end > start; end--) {
      const id = this.tokenToId.get(prefix + word.slice(start, end));
      if (id !== undefined) return { id, start, end };
    }
    return undefined;
  }

  private unknown(word: string): Piece[] {
    const id = this.tokenToId.get(this.unknownToken);
    return id === undefined ? [] : [{ id, start: 0, end: word.length }];
  }
}

interface Symbol {
  text: string;
  id: number | undefined;
  start: number;
  end: number;
}

const utf8 = new TextEncoder();

/** The `<0xE2>`-like tokens of a text's bytes, or undefined when the vocabulary lacks one. */
function byteTokens(text: string, tokenToId: ReadonlyMap<string, number>): number[] | undefined {
  const ids: number[] = [];
  for (const byte of utf8.encode(text)) {
    const id = tokenToId.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
    if (id === undefined) return undefined;
    ids.push(id);
  }
  return ids;
}

const cacheLimit = 10_000;

class BpeModel implements TokenModel {
  readonly kind = 'BPE';
  readonly tokenToId: Map<string, number>;
  readonly unknownToken: string | undefined;
  readonly continuingSubwordPrefix: string | undefined;
  private readonly unknownId: number | undefined;
  private readonly ranks = new Map<string, number>();
  private readonly suffix: string;
  private readonly fusesUnknown: boolean;
  private readonly fallsBackToBytes: boolean;
  private readonly ignoresMerges: boolean;
  private readonly cache = new Map<string, Piece[]>();

  constructor(json: ModelJson) {
    this.tokenToId = vocabularyOf(json);
    this.unknownToken = json.unk_token ?? undefined;
    this.unknownId = this.unknownToken === undefined ? undefined : this.tokenToId.get(this.unknownToken);
    this.continuingSubwordPrefix = json.continuing_subword_prefix ?? undefined;
    this.suffix = json.end_of_word_suffix ?? '';
    this.fusesUnknown = json.fuse_unk === true;
    this.fallsBackToBytes = json.byte_fallback === true;
    this.ignoresMerges = json.ignore_merges === true;
    for (const [rank, merge] of (json.merges ?? []).entries()) {
      this.ranks.set(typeof merge === 'string' ? merge : `${merge[0]} ${merge[1]}`, rank);
    }
  }

  encode(word: string): Piece[] {
    if (word.length === 0) return [];
    const cached = this.cache.get(word);
    if (cached) return cached;
    const pieces = this.encodeUncached(word);
    if (this.cache.size >= cacheLimit) this.cache.clear();
    if (word.length < 256) this.cache.set(word, pieces);
    return pieces;
  }

  private encodeUncached(word: string): Piece[] {
    if (this.ignoresMerges) {
      const id = this.tokenToId.get(word);
      if (id !== undefined) return [{ id, start: 0, end: word.length }];
    }
    return this.merge(this.symbols(word)).flatMap(({ id, start, end }) =>
      id === undefined ? [] : [{ id, start, end }],
    );
  }

  /** The word's characters as symbols; what the vocabulary lacks becomes bytes or the unknown token. */
  private symbols(word: string): Symbol[] {
    const symbols: Symbol[] = [];
    let previousUnknown = false;
    for (let start = 0; start < word.length;) {
      const character = String.fromCodePoint(word.codePointAt(start)!);
      const end = start + character.length;
      let text = character;
      if (start > 0 && this.continuingSubwordPrefix) text = this.continuingSubwordPrefix + text;
      if (end === word.length) text += this.suffix;
      const id = this.tokenToId.get(text);
      const bytes = id === undefined && this.fallsBackToBytes ? byteTokens(text, this.tokenToId) : undefined;
      if (id !== undefined) symbols.push({ text, id, start, end });
      else if (bytes) symbols.push(...bytes.map((byteId) => ({ text: `\0${byteId}`, id: byteId, start, end })));
      else this.addUnknown(symbols, previousUnknown, start, end);
      previousUnknown = id === undefined && bytes === undefined && this.unknownId !== undefined;
      start = end;
    }
    return symbols;
  }

  private addUnknown(symbols: Symbol[], previousUnknown: boolean, start: number, end: number): void {
    if (this.unknownId === undefined) return;
    const last = symbols.at(-1);
    if (previousUnknown && this.fusesUnknown && last) last.end = end;
    else symbols.push({ text: this.unknownToken!, id: this.unknownId, start, end });
  }

  private merge(symbols: Symbol[]): Symbol[] {
    return symbols.length > 64 ? this.mergeLong(symbols) : this.mergeShort(symbols);
  }

  private rankOf(left: Symbol, right: Symbol): number | undefined {
    return this.ranks.get(`${left.text} ${right.text}`);
  }

  private join(left: Symbol, right: Symbol): Symbol {
    const prefix = this.continuingSubwordPrefix;
    const text = left.text + (prefix && right.text.startsWith(prefix) ? right.text.slice(prefix.length) : right.text);
    return { text, id: this.tokenToId.get(text), start: left.start, end: right.end };
  }

  private mergeShort(symbols: Symbol[]): Symbol[] {
    const ranks = symbols.slice(1).map((right, i) => this.rankOf(symbols[i]!, right));
    for (;;) {
      let best = -1;
      for (const [i, rank] of ranks.entries()) {
        if (rank !== undefined && (best < 0 || rank < ranks[best]!)) best = i;
      }
      if (best < 0) return symbols;
      symbols.splice(best, 2, this.join(symbols[best]!, symbols[best + 1]!));
      ranks.splice(best, 1);
      if (best > 0) ranks[best - 1] = this.rankOf(symbols[best - 1]!, symbols[best]!);
      if (best < ranks.length) ranks[best] = this.rankOf(symbols[best]!, symbols[best + 1]!);
    }
  }

  /** The same with a heap of candidate pairs: a word may be a whole text where nothing splits it. */
  private mergeLong(symbols: Symbol[]): Symbol[] {
    const next = symbols.map((_, i) => (i + 1 < symbols.length ? i + 1 : -1));
    const previous = symbols.map((_, i) => i - 1);
    const alive: (Symbol | undefined)[] = [...symbols];
    const heap = new PairHeap();
    const offer = (left: number): void => {
      const right = left < 0 ? -1 : next[left]!;
      if (right < 0) return;
      const rank = this.rankOf(alive[left]!, alive[right]!);
      if (rank !== undefined) heap.push({ rank, left, text: `${alive[left]!.text} ${alive[right]!.text}` });
    };
    for (let i = 0; i < symbols.length; i++) offer(i);
    for (let pair = heap.pop(); pair; pair = heap.pop()) {
      const { left, text } = pair;
      const right = alive[left] ? next[left]! : -1;
      if (right < 0 || `${alive[left]!.text} ${alive[right]!.text}` !== text) continue;
      alive[left] = this.join(alive[left]!, alive[right]!);
      alive[right] = undefined;
      next[left] = next[right]!;
      if (next[left]! >= 0) previous[next[left]!] = left;
      offer(previous[left]!);
      offer(left);
    }
    return alive.filter((symbol) => symbol !== undefined);
  }
}

interface Pair {
  rank: number;
  left: number;
  text: string;
}

/** A binary heap: the lowest rank first, then the leftmost. */
class PairHeap {
  private readonly items: Pair[] = [];

  push(pair: Pair): void {
    const { items } = this;
    let i = items.push(pair) - 1;
    while (i > 0 && isBefore(pair, items[(i - 1) >> 1]!)) {
      items[i] = items[(i - 1) >> 1]!;
      i = (i - 1) >> 1;
    }
    items[i] = pair;
  }

  pop(): Pair | undefined {
    const { items } = this;
    const top = items[0];
    const last = items.pop();
    if (!top || !last || items.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && isBefore(items[child + 1]!, items[child]!)) child++;
      if (!isBefore(items[child]!, last)) break;
      items[i] = items[child]!;
      i = child;
    }
    items[i] = last;
    return top;
  }
}

function isBefore(a: Pair, b: Pair): boolean {
  return a.rank < b.rank || (a.rank === b.rank && a.left < b.left);
}

/** How much worse than the worst known piece an unknown character is. Source: sentencepiece unigram_model.cc. */
const unknownPenalty = 10;

class UnigramModel implements TokenModel {
  readonly kind = 'Unigram';
  readonly tokenToId = new Map<string, number>();
  readonly unknownToken: string | undefined;
  readonly continuingSubwordPrefix = undefined;
  private readonly scores: Float64Array;
  private readonly unknownId: number | undefined;
  private readonly unknownScore: number;
  private readonly longestPiece: number;
  private readonly fallsBackToBytes: boolean;

  constructor(json: ModelJson) {
    const vocabulary = json.vocab as [string, number][];
    this.scores = new Float64Array(vocabulary.length);
    let longest = 1;
    let worst = 0;
    for (const [id, [token, score]] of vocabulary.entries()) {
      this.tokenToId.set(token, id);
      this.scores[id] = score;
      longest = Math.max(longest, token.length);
      worst = Math.min(worst, score);
    }
    this.longestPiece = longest;
    this.unknownId = json.unk_id ?? undefined;
    this.unknownToken = this.unknownId === undefined ? undefined : vocabulary[this.unknownId]?.[0];
    this.unknownScore = worst - unknownPenalty;
    this.fallsBackToBytes = json.byte_fallback === true;
  }

  encode(word: string): Piece[] {
    const pieces: Piece[] = [];
    for (const { start, end, known } of this.bestPath(word)) {
      const last = pieces.at(-1);
      if (known) pieces.push({ id: this.tokenToId.get(word.slice(start, end))!, start, end });
      else if (last?.id === -1) last.end = end;
      else pieces.push({ id: -1, start, end });
    }
    return pieces.flatMap((piece) => (piece.id === -1 ? this.unknownPieces(word, piece) : [piece]));
  }

  private unknownPieces(word: string, { start, end }: Piece): Piece[] {
    const fused = this.tokenToId.get(word.slice(start, end));
    if (fused !== undefined) return [{ id: fused, start, end }];
    const bytes = this.fallsBackToBytes ? byteTokens(word.slice(start, end), this.tokenToId) : undefined;
    if (bytes) return bytes.map((id) => ({ id, start, end }));
    return this.unknownId === undefined ? [] : [{ id: this.unknownId, start, end }];
  }

  /** Viterbi: the cheapest way to cut the word into pieces. */
  private bestPath(word: string): { start: number; end: number; known: boolean }[] {
    const best = new Float64Array(word.length + 1).fill(-Infinity);
    const from = new Int32Array(word.length + 1);
    const known = new Uint8Array(word.length + 1);
    best[0] = 0;
    for (let start = 0; start < word.length;) {
      const width = word.codePointAt(start)! > 0xffff ? 2 : 1;
      this.extend(word, start, width, best, from, known);
      start += width;
    }
    const path: { start: number; end: number; known: boolean }[] = [];
    for (let end = word.length; end > 0; end = from[end]!)
      path.push({ start: from[end]!, end, known: known[end] === 1 });
    return path.reverse();
  }

  private extend(
    word: string,
    start: number,
    width: number,
    best: Float64Array,
    from: Int32Array,
    known: Uint8Array,
  ): void {
    let hasSingle = false;
    const limit = Math.min(word.length, start + this.longestPiece);
    for (let end = start + width; end <= limit; end += end < word.length && word.codePointAt(end)! > 0xffff ? 2 : 1) {
      const id = this.tokenToId.get(word.slice(start, end));
      if (id === undefined) continue;
      if (end - start === width) hasSingle = true;
      const isUnknown = id === this.unknownId;
      const score = best[start]! + (isUnknown ? this.unknownScore : this.scores[id]!);
      if (score > best[end]!) {
        best[end] = score;
        from[end] = start;
        known[end] = isUnknown ? 0 : 1;
      }
    }
    const end = start + width;
    const score = best[start]! + this.unknownScore;
    if (!hasSingle && score > best[end]!) {
      best[end] = score;
      from[end] = start;
      known[end] = 0;
    }
  }
}
