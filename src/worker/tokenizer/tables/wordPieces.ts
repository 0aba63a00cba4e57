const longestWord = 100;

/** Greedy longest-match word pieces of one word. Source: transformers' WordpieceTokenizer. */
export function wordPieces(word: string, vocabulary: ReadonlyMap<string, number>, unknownToken: string): string[] {
  const characters = Array.from(word);
  if (characters.length > longestWord) return [unknownToken];
  const pieces: string[] = [];
  for (let start = 0; start < characters.length;) {
    let end = characters.length;
    let piece = '';
    while (end > start && !vocabulary.has((piece = pieceOf(characters, start, end)))) end--;
    if (end === start) return [unknownToken];
    pieces.push(piece);
    start = end;
  }
  return pieces;
}

function pieceOf(characters: readonly string[], start: number, end: number): string {
  return (start > 0 ? '##' : '') + characters.slice(start, end).join('');
}
