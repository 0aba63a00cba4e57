/** JSON beyond this is cut in the panel; the whole of it can be opened in an editor. */
const shownCharacters = 20_000;

/** An answer as readable JSON. NaN and infinities keep their names, typed arrays become lists, bytes their number. */
export function jsonText(value: unknown): string {
  return (
    JSON.stringify(
      value,
      (_, item: unknown) => {
        if (typeof item === 'bigint') return item.toString();
        if (typeof item === 'number' && !Number.isFinite(item)) return String(item);
        if (item instanceof Uint8Array) return `${item.byteLength} bytes`;
        return ArrayBuffer.isView(item) && !(item instanceof DataView) ? Array.from(item as Float32Array) : item;
      },
      2,
    ) ?? 'null'
  );
}

/** The beginning of {@link jsonText}, and whether it was cut. Lists of numbers are put on one line. */
export function shownJson(value: unknown): { raw: string; isRawCut: boolean } {
  const text = jsonText(value).replace(
    /\[\s+(-?[\d.eE+-]+(?:,\s+-?[\d.eE+-]+)*)\s+\]/g,
    (_, items: string) => `[${items.replace(/\s+/g, ' ')}]`,
  );
  return text.length <= shownCharacters
    ? { raw: text, isRawCut: false }
    : { raw: `${text.slice(0, shownCharacters)}…`, isRawCut: true };
}
