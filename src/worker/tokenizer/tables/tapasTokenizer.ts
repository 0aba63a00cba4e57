import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../../../core/errors.js';
import type { JsonObject } from '../../../core/ports.js';
import { collapseWhitespace, pythonStrip } from '../../../core/pyfunc/pythonStrings.js';
import type { TransformersGeneration } from '../generation.js';
import { readJson } from '../tokenizerFiles.js';
import type { AddedTokenJson } from '../tokenizerJson.js';
import type { Side } from '../truncation.js';
import { BasicTokenizer } from './basicTokenizer.js';
import { SlowTokenizer } from './slowTokenizer.js';
import { wordPieces } from './wordPieces.js';

const roles = ['unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token', 'empty_token'] as const;

/** Settings of a TAPAS tokenizer that decide how a table is laid out. */
export interface TableLimits {
  modelMaxLength: number;
  maxColumnId: number;
  maxRowId: number;
  /** Tokens of a cell that stay; negative: as many as fit. */
  cellTrimLength: number;
  stripsColumnNames: boolean;
  minQuestionLength: number | null;
  maxQuestionLength: number | null;
}

/** The words of a TAPAS tokenizer, which is stored as `vocab.txt` alone. Source: transformers' TapasTokenizer. */
export class TapasTokenizer {
  readonly limits: TableLimits;
  readonly paddingSide: Side;
  readonly lowercases: boolean;
  private readonly slow: SlowTokenizer;
  private readonly ids: ReadonlyMap<string, number>;
  private readonly unknownToken: string;

  private constructor(
    private readonly config: JsonObject,
    private readonly vocabulary: ReadonlyMap<string, number>,
    readonly generation: TransformersGeneration,
  ) {
    this.limits = limitsOf(config);
    this.paddingSide = config['padding_side'] === 'left' ? 'left' : 'right';
    this.lowercases = config['do_lower_case'] !== false;
    this.unknownToken = this.specialToken('unk_token');
    const specialTokens = this.specialTokens();
    const added = addedTokens(config, vocabulary, specialTokens, generation);
    this.ids = new Map([...vocabulary, ...[...added.values()].map(({ content, id }) => [content, id] as const)]);
    this.slow = new SlowTokenizer({
      generation,
      addedTokens: added,
      specialTokens,
      lowercases: this.lowercases,
      tokenizeStretch: this.stretchTokenizer(specialTokens),
    });
  }

  /** @throws MlflowError tokenizerMissing without a `vocab.txt`. */
  static async load(folder: string, generation: TransformersGeneration): Promise<TapasTokenizer> {
    const [text, config, specialTokens] = await Promise.all([
      readFile(path.join(folder, 'vocab.txt'), 'utf8').catch(() => undefined),
      readJson<JsonObject>(path.join(folder, 'tokenizer_config.json')),
      readJson<JsonObject>(path.join(folder, 'special_tokens_map.json')),
    ]);
    if (text === undefined) {
      throw new MlflowError(
        `There is no tokenizer in '${folder}': 'vocab.txt' is missing. Save the model with its tokenizer.`,
        'RESOURCE_DOES_NOT_EXIST',
        { reason: 'tokenizerMissing', details: { folder } },
      );
    }
    return new TapasTokenizer({ ...specialTokens, ...config }, vocabularyOf(text), generation);
  }

  tokenize(text: string): string[] {
    return this.slow.tokenize(text);
  }

  idsOf(tokens: readonly string[]): number[] {
    const unknownId = this.ids.get(this.unknownToken) ?? 0;
    return tokens.map((token) => this.ids.get(token) ?? unknownId);
  }

  /** Id of a special token such as `cls_token`. */
  specialId(role: (typeof roles)[number]): number {
    return this.idsOf([this.specialToken(role)])[0]!;
  }

  private specialToken(role: (typeof roles)[number]): string {
    return contentOf(this.config[role]) ?? `[${role.slice(0, -'_token'.length).toUpperCase()}]`;
  }

  /** In the order in which those that the vocabulary lacks get their ids. */
  private specialTokens(): string[] {
    const named = roles.map((role) => this.specialToken(role));
    const extra = this.extraTokens();
    const all = this.generation === 5 ? [...named, ...extra] : [...named.slice(0, -1), ...extra];
    return [...new Set(all)];
  }

  /** The first of them stands for a cell without content. */
  private extraTokens(): string[] {
    const listed = this.config['additional_special_tokens'] ?? this.config['extra_special_tokens'];
    const tokens = Array.isArray(listed) ? listed.map(contentOf).filter((token) => token !== undefined) : [];
    return [...new Set([...tokens, this.specialToken('empty_token')])];
  }

  private stretchTokenizer(specialTokens: readonly string[]): (text: string) => string[] {
    const { config, vocabulary, unknownToken } = this;
    const emptyToken = this.extraTokens()[0]!;
    const listed = config['never_split'];
    const neverSplit = new Set(Array.isArray(listed) ? (listed as string[]) : []);
    const kept = new Set([...neverSplit, ...specialTokens]);
    const accents = config['strip_accents'];
    const basic = new BasicTokenizer({
      lowercases: this.lowercases,
      stripsAccents: typeof accents === 'boolean' ? accents : null,
      splitsChinese: config['tokenize_chinese_chars'] !== false,
    });
    return (text) => {
      if (isEmptyText(text)) return [emptyToken];
      return basic
        .tokenize(text, kept)
        .flatMap((word) => (neverSplit.has(word) ? [word] : wordPieces(word, vocabulary, unknownToken)));
    };
  }
}

/** What counts as no content: nothing but punctuation, and the usual words for it. Source: `format_text`. */
function isEmptyText(text: string): boolean {
  const plain = pythonStrip(text.toLowerCase());
  if (plain === 'n/a' || plain === '?' || plain === 'nan') return true;
  return collapseWhitespace(plain.replace(/[^\p{L}\p{N}]+/gu, ' ')) === '';
}

function vocabularyOf(text: string): Map<string, number> {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === '') lines.pop();
  return new Map(lines.map((line, id) => [line, id]));
}

function contentOf(token: unknown): string | undefined {
  if (typeof token === 'string') return token;
  const content = (token as { content?: unknown } | null | undefined)?.content;
  return typeof content === 'string' ? content : undefined;
}

/** The tokens that a text is split at: in transformers 5 only those that the vocabulary lacks. */
function addedTokens(
  config: JsonObject,
  vocabulary: ReadonlyMap<string, number>,
  specialTokens: readonly string[],
  generation: TransformersGeneration,
): Map<string, AddedTokenJson> {
  const stored = (config['added_tokens_decoder'] ?? {}) as Record<string, Omit<AddedTokenJson, 'id'>>;
  const added = new Map<string, AddedTokenJson>();
  for (const [id, token] of Object.entries(stored)) added.set(token.content, { ...token, id: Number(id) });
  let next = vocabulary.size + [...added.keys()].filter((content) => !vocabulary.has(content)).length;
  for (const content of specialTokens) {
    if (!added.has(content)) added.set(content, { content, special: true, id: vocabulary.get(content) ?? next++ });
  }
  if (generation === 4) return added;
  return new Map([...added].filter(([content]) => !vocabulary.has(content)));
}

function limitsOf(config: JsonObject): TableLimits {
  const number = (name: string): number | undefined => {
    const value = config[name];
    return typeof value === 'number' ? value : undefined;
  };
  const modelMaxLength = number('model_max_length') ?? 512;
  return {
    modelMaxLength,
    maxColumnId: number('max_column_id') ?? modelMaxLength,
    maxRowId: number('max_row_id') ?? modelMaxLength,
    cellTrimLength: number('cell_trim_length') ?? -1,
    stripsColumnNames: config['strip_column_names'] === true,
    minQuestionLength: number('min_question_length') ?? null,
    maxQuestionLength: number('max_question_length') ?? null,
  };
}
