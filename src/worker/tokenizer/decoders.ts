import { compilePattern } from './pattern.js';
import { byteCharacters, unsupported } from './normalizers.js';
import { metaspacePrependScheme } from './preTokenizers.js';
import type { ComponentJson, PatternJson } from './tokenizerJson.js';

/** Turns tokens into the stretches of text that, joined, are what they spell. */
export type Decoder = (tokens: string[]) => string[];

/** The decoder of a `tokenizer.json`. @throws MlflowError tokenizerUnsupported for unknown types. */
export function createDecoder(config: ComponentJson | null | undefined): Decoder | undefined {
  if (!config) return undefined;
  switch (config.type) {
    case 'Sequence': {
      const steps = (config['decoders'] as ComponentJson[]).map(createDecoder).filter((step) => step !== undefined);
      return (tokens) => steps.reduce((current, step) => step(current), tokens);
    }
    case 'ByteLevel':
      return decodeBytes;
    case 'WordPiece':
      return wordPiece((config['prefix'] as string | undefined) ?? '##', config['cleanup'] !== false);
    case 'Metaspace':
      return metaspace(
        (config['replacement'] as string | undefined) ?? '▁',
        metaspacePrependScheme(config) !== 'never',
      );
    case 'BPEDecoder':
      return bpeSuffix((config['suffix'] as string | undefined) ?? '</w>');
    case 'Replace': {
      const pattern = compilePattern(config['pattern'] as PatternJson);
      const content = config['content'] as string;
      return (tokens) => tokens.map((token) => token.replace(pattern, () => content));
    }
    case 'Fuse':
      return (tokens) => [tokens.join('')];
    case 'Strip':
      return strip(config['content'] as string, Number(config['start'] ?? 0), Number(config['stop'] ?? 0));
    case 'ByteFallback':
      return byteFallback;
    case 'CTC':
      return ctc(config);
    default:
      throw unsupported('decoder', config.type);
  }
}

const byteOfCharacter = new Map(byteCharacters.map((character, byte) => [character, byte]));
const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const strictUtf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

function decodeBytes(tokens: string[]): string[] {
  const bytes: number[] = [];
  for (const token of tokens) {
    const own = Array.from(token, (character) => byteOfCharacter.get(character));
    if (own.every((byte) => byte !== undefined)) for (const byte of own) bytes.push(byte);
    else for (const byte of utf8Encoder.encode(token)) bytes.push(byte);
  }
  return [utf8Decoder.decode(Uint8Array.from(bytes))];
}

function wordPiece(prefix: string, cleanup: boolean): Decoder {
  return (tokens) =>
    tokens.map((token, i) => {
      let text = token;
      if (i > 0) text = token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
      return cleanup ? cleanUpWordPiece(text) : text;
    });
}

function cleanUpWordPiece(text: string): string {
  return cleanUpTokenizationSpaces(text, [[' do not', " don't"]]);
}

const cleanUps: readonly (readonly [string, string])[] = [
  [' .', '.'],
  [' ?', '?'],
  [' !', '!'],
  [' ,', ','],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
];
const lateCleanUps: readonly (readonly [string, string])[] = [
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
];

/** Python's `clean_up_tokenization`: no space before punctuation and English contractions. */
export function cleanUpTokenizationSpaces(text: string, between: readonly (readonly [string, string])[] = []): string {
  let cleaned = text;
  for (const [from, to] of [...cleanUps, ...between, ...lateCleanUps]) cleaned = cleaned.replaceAll(from, to);
  return cleaned;
}

function metaspace(replacement: string, dropsFirst: boolean): Decoder {
  return (tokens) => tokens.map((token, i) => token.replaceAll(replacement, i === 0 && dropsFirst ? '' : ' '));
}

function bpeSuffix(suffix: string): Decoder {
  return (tokens) => tokens.map((token, i) => token.replaceAll(suffix, i === tokens.length - 1 ? '' : ' '));
}

function strip(content: string, left: number, right: number): Decoder {
  return (tokens) =>
    tokens.map((token) => {
      const characters = Array.from(token);
      let start = 0;
      while (start < left && characters[start] === content) start++;
      let end = characters.length;
      while (characters.length - end < right && end > start && characters[end - 1] === content) end--;
      return characters.slice(start, end).join('');
    });
}

function byteFallback(tokens: string[]): string[] {
  const texts: string[] = [];
  let bytes: number[] = [];
  const flush = (): void => {
    if (bytes.length === 0) return;
    try {
      texts.push(strictUtf8Decoder.decode(Uint8Array.from(bytes)));
    } catch {
      texts.push(...bytes.map(() => '\ufffd'));
    }
    bytes = [];
  };
  for (const token of tokens) {
    const match = /^<0x([0-9A-Fa-f]{2})>$/.exec(token);
    if (match) bytes.push(Number.parseInt(match[1]!, 16));
    else {
      flush();
      texts.push(token);
    }
  }
  flush();
  return texts;
}

function ctc(config: ComponentJson): Decoder {
  const padToken = (config['pad_token'] as string | undefined) ?? '<pad>';
  const delimiter = (config['word_delimiter_token'] as string | undefined) ?? '|';
  return (tokens) =>
    tokens
      .filter((token, i) => token !== tokens[i - 1])
      .map((token) => {
        const text = token.replaceAll(padToken, '');
        return config['cleanup'] === false ? text : cleanUpWordPiece(text).replaceAll(delimiter, ' ');
      })
      .filter((text) => text !== '');
}
