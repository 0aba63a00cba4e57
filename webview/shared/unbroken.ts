/** Facts in a line that breaks between them alone: a number keeps its unit and the word before it, a dot ends the line before. */
export function unbroken(text: string): string {
  return text
    .replace(/(\p{L}) (?=\d)/gu, '$1\u00a0')
    .replace(/(\d) (?=\S)/g, '$1\u00a0')
    .replace(/\s·/g, '\u00a0·');
}
