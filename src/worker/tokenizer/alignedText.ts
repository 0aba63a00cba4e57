/**
 * A text that knows, for each of its UTF-16 units, the range of the original text (UTF-16 units too) it came from.
 * Follows the alignment rules of the Rust library `tokenizers` (NormalizedString), so that offsets agree with Python's.
 */
export class AlignedText {
  constructor(
    readonly text: string,
    private readonly starts: readonly number[],
    private readonly ends: readonly number[],
  ) {}

  /** `text` as it stands in the original, where it begins at `base`. */
  static original(text: string, base = 0): AlignedText {
    const starts = new Array<number>(text.length);
    const ends = new Array<number>(text.length);
    for (let i = 0; i < text.length;) {
      const width = text.codePointAt(i)! > 0xffff ? 2 : 1;
      for (let unit = 0; unit < width; unit++) {
        starts[i + unit] = base + i;
        ends[i + unit] = base + i + width;
      }
      i += width;
    }
    return new AlignedText(text, starts, ends);
  }

  get length(): number {
    return this.text.length;
  }

  startAt(index: number): number {
    return this.starts[index] ?? 0;
  }

  endAt(index: number): number {
    return this.ends[index] ?? 0;
  }

  slice(start: number, end: number): AlignedText {
    if (start === 0 && end === this.length) return this;
    return new AlignedText(this.text.slice(start, end), this.starts.slice(start, end), this.ends.slice(start, end));
  }

  /** The range of the original that `[start, end)` covers. */
  range(start: number, end: number): [number, number] {
    if (start >= end) return [0, 0];
    return [this.startAt(start), this.endAt(end - 1)];
  }
}

/** Builds a changed {@link AlignedText} from a source, character by character. */
export class AlignedTextBuilder {
  private text = '';
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];

  constructor(private readonly source: AlignedText) {}

  /** `text` takes the place of the source character at `index`. */
  replace(text: string, index: number): void {
    this.add(text, this.source.startAt(index), this.source.endAt(index));
  }

  /** `text` comes new, after the source unit before `nextIndex`; at the very start it stands for nothing. */
  insert(text: string, nextIndex: number): void {
    if (nextIndex < 1) this.add(text, 0, 0);
    else this.replace(text, nextIndex - 1);
  }

  /** The source's units `[start, end)` unchanged. */
  keep(start: number, end: number): void {
    for (let i = start; i < end; i++) this.replace(this.source.text[i]!, i);
  }

  build(): AlignedText {
    return new AlignedText(this.text, this.starts, this.ends);
  }

  private add(text: string, start: number, end: number): void {
    this.text += text;
    for (let i = 0; i < text.length; i++) {
      this.starts.push(start);
      this.ends.push(end);
    }
  }
}

/** The characters (code points) of a text with their indices in UTF-16 units. */
export function* characters(text: string): Generator<[index: number, character: string]> {
  for (let i = 0; i < text.length;) {
    const character = String.fromCodePoint(text.codePointAt(i)!);
    yield [i, character];
    i += character.length;
  }
}
