/** The release of transformers that a model records, and whose behaviour its answers follow; none recorded: the newest. */
export class TransformersVersion {
  readonly #parts: readonly number[];

  /** @param text such as `4.43.4` */
  constructor(text: string | null | undefined) {
    const [, major, minor] = /^(\d+)(?:\.(\d+))?/.exec(text ?? '') ?? [];
    this.#parts = major === undefined ? [] : [Number(major), Number(minor ?? 0)];
  }

  /** Which of the two great generations, whose files and answers differ in many things. */
  get generation(): 4 | 5 {
    return this.isBefore(5) ? 4 : 5;
  }

  isBefore(major: number, minor = 0): boolean {
    const [ownMajor = Infinity, ownMinor = Infinity] = this.#parts;
    return ownMajor < major || (ownMajor === major && ownMinor < minor);
  }
}
