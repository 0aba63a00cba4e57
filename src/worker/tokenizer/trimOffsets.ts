import type { Tokens } from './postProcessor.js';

/** Moves offsets off the spaces at a token's ends. Source: tokenizers byte_level.rs, process_offsets. */
export function trimOffsets(tokens: Tokens, options: { addPrefixSpace: boolean }): Tokens {
  for (let i = 0; i < tokens.ids.length; i++) {
    const characters = Array.from(tokens.texts[i] ?? '');
    let leading = characters.findIndex((character) => !isSpace(character));
    if (leading < 0) leading = characters.length;
    let trailing = 0;
    while (trailing < characters.length && isSpace(characters[characters.length - 1 - trailing]!)) trailing++;
    if (leading > 0) {
      const isFirst = i === 0 || tokens.starts[i] === 0;
      if (isFirst && options.addPrefixSpace) leading--;
      tokens.starts[i] = Math.min(tokens.starts[i]! + leading, tokens.ends[i]!);
    }
    if (trailing > 0 && tokens.ends[i]! >= trailing) {
      tokens.ends[i] = Math.max(tokens.ends[i]! - trailing, tokens.starts[i]!);
    }
  }
  return tokens;
}

/** The byte-level character of a space, or a space itself. */
function isSpace(character: string): boolean {
  return character === 'Ġ' || /^\p{White_Space}$/u.test(character);
}
