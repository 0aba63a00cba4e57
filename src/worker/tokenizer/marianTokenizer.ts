import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { JsonObject } from '../../core/ports.js';
import { prepend, replacePattern, unsupported } from './normalizers.js';
import { readSentencePieceFile } from './sentencePieceFile.js';
import type { PreTokenizer } from './preTokenizers.js';
import type { AddedTokenJson, ComponentJson, ModelJson, TokenizerJson } from './tokenizerJson.js';
import { UnigramModel } from './unigramModel.js';
import type { Piece, TokenModel } from './vocabulary.js';

type Ids = Record<string, number>;

/** Whether the tokenizer is Marian's, of which transformers has no fast form. */
export function isMarian(config: JsonObject): boolean {
  return config['tokenizer_class'] === 'MarianTokenizer';
}

/**
 * The tokenizer of Marian's files: `source.spm` cuts text into pieces, `vocab.json` gives their ids, and a `>>fra<<` that a text
 * begins with is one token. Undefined where the files are not there.
 * Source: transformers tokenization_marian.py, `MarianTokenizer`.
 * @throws MlflowError tokenizerUnsupported for pieces that were not trained as a unigram model.
 */
export async function marianTokenizer(
  folder: string,
  config: JsonObject,
  specialTokens: Record<string, AddedTokenJson>,
): Promise<TokenizerJson | undefined> {
  const [source, vocab] = await Promise.all([
    readFile(path.join(folder, 'source.spm')).catch(() => undefined),
    readIds(path.join(folder, 'vocab.json')),
  ]);
  if (!source || !vocab) return undefined;
  const { algorithm, pieces, charsMap } = readSentencePieceFile(source);
  if (algorithm !== 'unigram') throw unsupported('SentencePiece algorithm', algorithm);
  for (const [name, content] of Object.entries(defaultTokens)) {
    specialTokens[name] ??= { id: -1, content, special: true };
  }
  const [end, unknown, pad] = ['eos_token', 'unk_token', 'pad_token'].map((name) => specialTokens[name]!.content);
  const hasTwo = config['separate_vocabs'] === true;
  return {
    added_tokens: [end!, unknown!, pad!].map((content) => ({
      id: vocab[content] ?? vocab[unknown!] ?? 0,
      content,
      special: true,
      normalized: false,
    })),
    normalizer: charsMap === '' ? null : { type: 'Precompiled', precompiled_charsmap: charsMap },
    pre_tokenizer: { type: 'Marian' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [sequence('A'), token(end!)],
      pair: [sequence('A'), sequence('B'), token(end!)],
      special_tokens: { [end!]: { id: end, ids: [vocab[end!] ?? 0], tokens: [end] } },
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: Number.MAX_SAFE_INTEGER, stop: Number.MAX_SAFE_INTEGER },
      ],
    },
    model: {
      type: 'Marian',
      vocab,
      pieces,
      unk_token: unknown!,
      ...(hasTwo && { target_vocab: (await readIds(path.join(folder, 'target_vocab.json'))) ?? vocab }),
    },
  };
}

const defaultTokens: Readonly<Record<string, string>> = { eos_token: '</s>', unk_token: '<unk>', pad_token: '<pad>' };

async function readIds(file: string): Promise<Ids | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Ids);
}

const sequence = (id: string): object => ({ Sequence: { id, type_id: 0 } });
const token = (id: string): object => ({ SpecialToken: { id, type_id: 0 } });

const withoutCodes = replacePattern(/>>.+<</gu, '');
const withSingleSpaces = replacePattern(/ {2,}/gu, ' ');
const withUnderlines = replacePattern(' ', '▁');

/**
 * The language code that a text begins with, and the rest as SentencePiece takes it. With `has_greedy_codes` a code ends at the
 * text's last `<<`, and is taken away wherever it stands.
 */
export function marianPreTokenizer(config: ComponentJson): PreTokenizer {
  const isGreedy = config['has_greedy_codes'] === true;
  const pattern = isGreedy ? /^>>.+<</u : /^>>[^]*?<</u;
  return (text) => {
    const code = pattern.exec(text.text)?.[0] ?? '';
    const rest = withSingleSpaces(isGreedy ? withoutCodes(text) : text.slice(code.length, text.length));
    const start = rest.text.startsWith(' ') ? 1 : 0;
    const end = rest.text.endsWith(' ') ? rest.length - 1 : rest.length;
    const words = end > start ? [withUnderlines(prepend(rest.slice(start, end), ' '))] : [];
    return code === '' ? words : [text.slice(0, code.length), ...words];
  };
}

/** Pieces of SentencePiece with the ids of a vocabulary of its own; what that lacks is unknown. */
export class MarianModel implements TokenModel {
  readonly kind = 'Unigram';
  readonly unknownToken: string;
  readonly continuingSubwordPrefix = undefined;
  private readonly ids: Map<string, number>;
  private readonly targetIds: Ids;
  private readonly unknownId: number;
  private readonly pieces: UnigramModel;

  constructor(json: ModelJson) {
    const vocab = json.vocab as Ids;
    this.ids = new Map(Object.entries(vocab));
    this.targetIds = json.target_vocab ?? vocab;
    this.unknownToken = json.unk_token ?? '<unk>';
    this.unknownId = this.ids.get(this.unknownToken) ?? 0;
    // What is unknown has an entry that no text spells.
    this.pieces = new UnigramModel({ vocab: [['', 0], ...(json.pieces ?? [])], unk_id: 0 });
  }

  tokenToId(token: string): number | undefined {
    return this.ids.get(token);
  }

  /** Tokens of what the model answers with. */
  entries(): Iterable<[string, number]> {
    return Object.entries(this.targetIds);
  }

  encode(word: string): Piece[] {
    if (word.startsWith('>>')) return [{ id: this.idOf(word), start: 0, end: word.length }];
    return this.pieces.encode(word).map(({ start, end }) => ({ id: this.idOf(word.slice(start, end)), start, end }));
  }

  private idOf(piece: string): number {
    return this.ids.get(piece) ?? this.unknownId;
  }
}
