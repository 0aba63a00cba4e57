import type { ModelJson } from './tokenizerJson.js';
import { byteTokens, VocabularyModel, type Piece, type TokenModel } from './vocabulary.js';

/** How much worse than the worst known piece an unknown character is. Source: sentencepiece unigram_model.cc. */
const unknownPenalty = 10;

/** SentencePiece's unigram language model. */
export class UnigramModel extends VocabularyModel implements TokenModel {
  readonly kind = 'Unigram';
  protected readonly vocabulary = new Map<string, number>();
  readonly unknownToken: string | undefined;
  readonly continuingSubwordPrefix = undefined;
  private readonly scores: Float64Array;
  private readonly unknownId: number | undefined;
  private readonly unknownScore: number;
  private readonly longestPiece: number;
  private readonly fallsBackToBytes: boolean;

  constructor(json: ModelJson) {
    super();
    const vocabulary = json.vocab as [string, number][];
    this.scores = new Float64Array(vocabulary.length);
    let longest = 1;
    let worst = 0;
    for (const [id, [token, score]] of vocabulary.entries()) {
      this.vocabulary.set(token, id);
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
      if (known) pieces.push({ id: this.vocabulary.get(word.slice(start, end))!, start, end });
      else if (last?.id === -1) last.end = end;
      else pieces.push({ id: -1, start, end });
    }
    return pieces.flatMap((piece) => (piece.id === -1 ? this.unknownPieces(word, piece) : [piece]));
  }

  private unknownPieces(word: string, { start, end }: Piece): Piece[] {
    const fused = this.vocabulary.get(word.slice(start, end));
    if (fused !== undefined) return [{ id: fused, start, end }];
    const bytes = this.fallsBackToBytes ? byteTokens(word.slice(start, end), this.vocabulary) : undefined;
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
      const id = this.vocabulary.get(word.slice(start, end));
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
