/** Turns token ids that arrive one by one into the text each adds. Decodes a bounded window, not the whole answer. */
export class IncrementalDetokenizer {
  private ids: number[] = [];
  /** How many of `ids` are already told. */
  private told = 0;

  /** `decode` gives the text of ids, special tokens left out. */
  constructor(private readonly decode: (ids: readonly number[]) => string) {}

  /** What `id` adds: whole characters only, so an empty text while a character is incomplete. */
  push(id: number): string {
    this.ids.push(id);
    const before = this.told === 0 ? '' : this.decode(this.ids.slice(0, this.told));
    const after = this.decode(this.ids);
    if (after.endsWith('\ufffd') && this.ids.length - this.told < 8) return '';
    if (!after.startsWith(before)) return '';
    const text = after.slice(before.length);
    if (text === '') return '';
    this.ids = this.ids.slice(this.told);
    this.told = this.ids.length;
    return text;
  }
}
