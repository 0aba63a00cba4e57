import type { ForcedWord } from './forcedWords.js';

/** How far one forced word has come up. */
interface Progress {
  word: ForcedWord;
  /** Its tokens so far. */
  written: number[];
}

/**
 * How many of the forced words a sequence has, one after the other. Source: transformers' ConstraintListState.
 */
export class WordProgress {
  #completed = 0;
  #current: Progress | null = null;
  #pending: ForcedWord[];

  constructor(private readonly words: readonly ForcedWord[]) {
    this.#pending = [...words];
  }

  /** What words a sequence has, its prompt included. */
  static of(words: readonly ForcedWord[], ids: readonly number[]): WordProgress {
    const progress = new WordProgress(words);
    for (const id of ids) {
      progress.add(id);
      if (progress.isComplete) break;
    }
    return progress;
  }

  get isComplete(): boolean {
    return this.#pending.length === 0 && this.#current === null;
  }

  /** Tokens of the words that are done or begun, where each word counts as the longest. */
  get bank(): number {
    const longest = Math.max(...this.words.map(lengthOf));
    const begun = this.#current ? longest - lengthOf(this.#current.word) + this.#current.written.length : 0;
    return this.#completed * longest + begun;
  }

  /** Tokens that go on with a word. */
  nextTokens(): number[] {
    if (this.#current) return nextTokens(this.#current.word, this.#current.written);
    return this.#pending.flatMap((word) => nextTokens(word, []));
  }

  /** The progress after one more token; the begun word is shared with this one, as in transformers. */
  with(id: number): WordProgress {
    const next = new WordProgress(this.words);
    next.#completed = this.#completed;
    next.#current = this.#current && { ...this.#current };
    next.#pending = [...this.#pending];
    next.add(id);
    return next;
  }

  private add(id: number): void {
    const current = this.#current;
    if (!current) {
      const index = this.#pending.findIndex((word) => nextTokens(word, []).includes(id));
      const [word] = index < 0 ? [] : this.#pending.splice(index, 1);
      if (word) this.#begin({ word, written: [id] });
    } else if (nextTokens(current.word, current.written).includes(id)) {
      current.written.push(id);
      this.#begin(current);
    } else {
      this.#pending.push(current.word);
      this.#current = null;
    }
  }

  #begin(progress: Progress): void {
    const isDone = nextTokens(progress.word, progress.written).length === 0;
    if (isDone) this.#completed++;
    this.#current = isDone ? null : progress;
  }
}

function lengthOf(word: ForcedWord): number {
  return Math.max(...word.map(({ length }) => length));
}

function nextTokens(word: ForcedWord, written: readonly number[]): number[] {
  const ways = word.filter((way) => way.length > written.length && written.every((id, index) => way[index] === id));
  return [...new Set(ways.map((way) => way[written.length] as number))];
}
