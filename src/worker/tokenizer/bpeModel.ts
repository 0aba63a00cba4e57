import { characters } from './alignedText.js';
import type { ModelJson } from './tokenizerJson.js';
import { byteTokens, Vocabulary, VocabularyModel, type Piece, type TokenModel } from './vocabulary.js';

interface Symbol {
  text: string;
  id: number | undefined;
  start: number;
  end: number;
}

const cacheLimit = 10_000;

/** Byte-pair encoding: joins neighbouring symbols, the earliest learnt pair first. */
export class BpeModel extends VocabularyModel implements TokenModel {
  readonly kind = 'BPE';
  protected readonly vocabulary: Vocabulary;
  readonly unknownToken: string | undefined;
  readonly continuingSubwordPrefix: string | undefined;
  private readonly unknownId: number | undefined;
  private readonly ranks = new Map<string, number>();
  private readonly suffix: string;
  private readonly fusesUnknown: boolean;
  private readonly fallsBackToBytes: boolean;
  private readonly ignoresMerges: boolean;
  private readonly losesWholeWords: boolean;
  private readonly cache = new Map<string, Piece[]>();

  constructor(json: ModelJson) {
    super();
    this.vocabulary = new Vocabulary(json);
    this.unknownToken = json.unk_token ?? undefined;
    this.unknownId = this.unknownToken === undefined ? undefined : this.vocabulary.get(this.unknownToken);
    this.continuingSubwordPrefix = json.continuing_subword_prefix ?? undefined;
    this.suffix = json.end_of_word_suffix ?? '';
    this.fusesUnknown = json.fuse_unk === true;
    this.fallsBackToBytes = json.byte_fallback === true;
    this.ignoresMerges = json.ignore_merges === true;
    this.losesWholeWords = json.loses_whole_words === true;
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
      const id = this.vocabulary.get(word);
      if (id !== undefined) return [{ id, start: 0, end: this.losesWholeWords ? 0 : word.length }];
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
      const id = this.vocabulary.get(text);
      const bytes = id === undefined && this.fallsBackToBytes ? byteTokens(text, this.vocabulary) : undefined;
      if (id !== undefined) symbols.push({ text, id, start, end });
      else if (bytes) symbols.push(...bytes.map((byteId) => ({ text: `\0${byteId}`, id: byteId, start, end })));
      else this.addUnknown(symbols, previousUnknown, start, end);
      previousUnknown = id === undefined && bytes === undefined && this.unknownId !== undefined;
      start = end;
    }
    return this.unknownId === undefined && !this.fallsBackToBytes ? movedUp(word, symbols) : symbols;
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
    return { text, id: this.vocabulary.get(text), start: left.start, end: right.end };
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

/** The library counts offsets from symbol to symbol, in bytes: those behind a character that gave none move up. */
function movedUp(word: string, symbols: Symbol[]): Symbol[] {
  if (symbols.reduce((sum, { start, end }) => sum + end - start, 0) === word.length) return symbols;
  const unitOfByte: [number, number][] = [];
  for (const [unit, character] of characters(word)) {
    for (let byte = Buffer.byteLength(character); byte > 0; byte--) unitOfByte.push([unit, unit + character.length]);
  }
  let position = 0;
  return symbols.map((symbol) => {
    const first = position;
    position += Buffer.byteLength(word.slice(symbol.start, symbol.end));
    return { ...symbol, start: unitOfByte[first]![0], end: unitOfByte[position - 1]![1] };
  });
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
