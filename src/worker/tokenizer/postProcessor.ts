import { unsupported } from './normalizers.js';
import type { ComponentJson } from './tokenizerJson.js';

/** Part of an encoding: one array an attribute, as Rust's Encoding. Offsets are code points of the sequence's text. */
export interface Tokens {
  ids: number[];
  typeIds: number[];
  starts: number[];
  ends: number[];
  /** Index of the word within its sequence; null for special tokens. */
  wordIds: (number | null)[];
  /** 0 or 1: the text a token is of; null for special tokens. */
  sequenceIds: (number | null)[];
  /** 1 for tokens that the post-processor added. */
  specialMask: number[];
  /** Text of each token; empty where no post-processor looks at it. */
  texts: string[];
}

export function emptyTokens(): Tokens {
  return { ids: [], typeIds: [], starts: [], ends: [], wordIds: [], sequenceIds: [], specialMask: [], texts: [] };
}

export function sliceTokens(tokens: Tokens, start: number, end: number): Tokens {
  return {
    ids: tokens.ids.slice(start, end),
    typeIds: tokens.typeIds.slice(start, end),
    starts: tokens.starts.slice(start, end),
    ends: tokens.ends.slice(start, end),
    wordIds: tokens.wordIds.slice(start, end),
    sequenceIds: tokens.sequenceIds.slice(start, end),
    specialMask: tokens.specialMask.slice(start, end),
    texts: tokens.texts.slice(start, end),
  };
}

export function appendTokens(target: Tokens, source: Tokens): void {
  for (const key of Object.keys(target) as (keyof Tokens)[])
    (target[key] as unknown[]).push(...(source[key] as unknown[]));
}

/** A place of a template: a special token, or one of the two sequences. */
export type TemplateItem = { special: string; ids: number[]; typeId: number } | { sequence: 'A' | 'B'; typeId: number };

export interface PostProcessor {
  single: TemplateItem[];
  pair: TemplateItem[];
  /** Moves the offsets off the spaces at a word's ends; the value is whether a prefix space is added. */
  trimsOffsets: { addPrefixSpace: boolean } | undefined;
}

const plainSingle: TemplateItem[] = [{ sequence: 'A', typeId: 0 }];
const plainPair: TemplateItem[] = [
  { sequence: 'A', typeId: 0 },
  { sequence: 'B', typeId: 1 },
];

/** The post-processor of a `tokenizer.json`. @throws MlflowError tokenizerUnsupported for unknown types. */
export function createPostProcessor(config: ComponentJson | null | undefined): PostProcessor {
  if (!config) return { single: plainSingle, pair: plainPair, trimsOffsets: undefined };
  switch (config.type) {
    case 'TemplateProcessing':
      return template(config);
    case 'BertProcessing':
      return bert(config);
    case 'RobertaProcessing':
      return roberta(config);
    case 'ByteLevel': {
      const trims = config['trim_offsets'] !== false;
      const addPrefixSpace = config['add_prefix_space'] !== false;
      return { single: plainSingle, pair: plainPair, trimsOffsets: trims ? { addPrefixSpace } : undefined };
    }
    case 'Sequence':
      return (config['processors'] as ComponentJson[]).map(createPostProcessor).reduce((first, second) => ({
        single: second.single === plainSingle ? first.single : second.single,
        pair: second.pair === plainPair ? first.pair : second.pair,
        trimsOffsets: second.trimsOffsets ?? first.trimsOffsets,
      }));
    default:
      throw unsupported('post-processor', config.type);
  }
}

type TemplatePiece =
  { SpecialToken: { id: string; type_id: number } } | { Sequence: { id: 'A' | 'B'; type_id: number } };

function template(config: ComponentJson): PostProcessor {
  const specials = (config['special_tokens'] ?? {}) as Record<string, { ids: number[] }>;
  const items = (pieces: TemplatePiece[]): TemplateItem[] =>
    pieces.map((piece) =>
      'SpecialToken' in piece
        ? {
            special: piece.SpecialToken.id,
            ids: specials[piece.SpecialToken.id]?.ids ?? [],
            typeId: piece.SpecialToken.type_id,
          }
        : { sequence: piece.Sequence.id, typeId: piece.Sequence.type_id },
    );
  return {
    single: items(config['single'] as TemplatePiece[]),
    pair: items(config['pair'] as TemplatePiece[]),
    trimsOffsets: undefined,
  };
}

function special([token, id]: [string, number], typeId: number): TemplateItem {
  return { special: token, ids: [id], typeId };
}

function bert(config: ComponentJson): PostProcessor {
  const cls = config['cls'] as [string, number];
  const sep = config['sep'] as [string, number];
  const single: TemplateItem[] = [special(cls, 0), { sequence: 'A', typeId: 0 }, special(sep, 0)];
  return { single, pair: [...single, { sequence: 'B', typeId: 1 }, special(sep, 1)], trimsOffsets: undefined };
}

function roberta(config: ComponentJson): PostProcessor {
  const cls = config['cls'] as [string, number];
  const sep = config['sep'] as [string, number];
  const single: TemplateItem[] = [special(cls, 0), { sequence: 'A', typeId: 0 }, special(sep, 0)];
  const trims = config['trim_offsets'] !== false;
  return {
    single,
    pair: [...single, special(sep, 0), { sequence: 'B', typeId: 0 }, special(sep, 0)],
    trimsOffsets: trims ? { addPrefixSpace: config['add_prefix_space'] !== false } : undefined,
  };
}

/** How many tokens the post-processor adds. */
export function addedTokenCount(processor: PostProcessor, isPair: boolean): number {
  const items = isPair ? processor.pair : processor.single;
  return items.reduce((count, item) => count + ('special' in item ? item.ids.length : 0), 0);
}

/** Puts the sequences into the template. */
export function assemble(items: readonly TemplateItem[], first: Tokens, second: Tokens | undefined): Tokens {
  const result = emptyTokens();
  for (const item of items) {
    if ('special' in item) {
      for (const id of item.ids) {
        appendTokens(result, {
          ids: [id],
          typeIds: [item.typeId],
          starts: [0],
          ends: [0],
          wordIds: [null],
          sequenceIds: [null],
          specialMask: [1],
          texts: [],
        });
      }
      continue;
    }
    const source = item.sequence === 'A' ? first : second;
    if (!source) continue;
    const sequence = item.sequence === 'A' ? 0 : 1;
    appendTokens(result, {
      ...source,
      typeIds: source.ids.map(() => item.typeId),
      sequenceIds: source.ids.map(() => sequence),
    });
  }
  return result;
}

/** The templates without special tokens, as for `add_special_tokens=False`: order and type ids stay. */
export function withoutSpecialTokens({ single, pair }: PostProcessor): Pick<PostProcessor, 'single' | 'pair'> {
  const isSequence = (item: TemplateItem): boolean => 'sequence' in item;
  return { single: single.filter(isSequence), pair: pair.filter(isSequence) };
}
