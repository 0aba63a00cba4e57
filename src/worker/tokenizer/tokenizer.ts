import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import type { PipelineTokenizer } from '../../core/pyfunc/pipeline.js';
import type { TransformersVersion } from '../../core/transformers/transformersVersion.js';
import { AddedTokens } from './addedTokens.js';
import { AlignedText } from './alignedText.js';
import { ChatTemplate, templateMessage, type ChatTemplateOptions } from './chatTemplate.js';
import { cleanUpTokenizationSpaces, createDecoder, type Decoder } from './decoders.js';
import { defaultChatOf } from './defaultChats.js';
import { forGeneration, modelInputNames, type TransformersGeneration } from './generation.js';
import { createNormalizer } from './normalizers.js';
import {
  addedTokenCount,
  assemble,
  createPostProcessor,
  emptyTokens,
  withoutSpecialTokens,
  type PostProcessor,
  type Tokens,
} from './postProcessor.js';
import { createPreTokenizer, type PreTokenizer } from './preTokenizers.js';
import { createTokenModel } from './tokenModels.js';
import { loadPatternTranslator } from './pattern.js';
import { readTokenizerFiles, type TokenizerFiles } from './tokenizerFiles.js';
import type { Piece, TokenModel } from './vocabulary.js';
import { truncatePair, type Side, type TruncationStrategy } from './truncation.js';
import { trimOffsets } from './trimOffsets.js';

export interface EncodeOptions {
  pair?: string | undefined;
  addSpecialTokens?: boolean | undefined;
  truncation?: boolean | TruncationStrategy | undefined;
  maxLength?: number | undefined;
  stride?: number | undefined;
}

/** One window of a text or pair. Offsets are code points, as Python's string indices. */
export type Encoding = Tokens;

/** `model_max_length` above this means none. Source: transformers tokenization_utils_base.LARGE_INTEGER. */
const largeInteger = 1e20;

/** What the tokenizers of each generation say of an input that is no text. */
export const notText = {
  4:
    'text input must be of type `str` (single example), `List[str]` (batch or single pretokenized example) or ' +
    '`List[List[str]]` (batch of pretokenized examples).',
  5:
    'text input must be of type `str` (single example), `list[str]` (batch or single pretokenized example) or ' +
    '`list[list[str]]` (batch of pretokenized examples) or `list[tuple[list[str], list[str]]]` (batch of pretokenized ' +
    'sequence pairs).',
};

/** A Hugging Face fast tokenizer: ids, offsets, words and masks as Python's, of the recorded transformers generation. */
export class Tokenizer implements PipelineTokenizer {
  readonly modelMaxLength: number;
  readonly modelInputNames: readonly string[];
  paddingSide: Side;
  readonly truncationSide: Side;
  private readonly model: TokenModel;
  private readonly addedTokens: AddedTokens;
  private readonly preTokenizer: PreTokenizer | undefined;
  private readonly postProcessor: PostProcessor;
  private readonly decoder: Decoder | undefined;
  private tokens: Map<number, string> | undefined;
  private readonly contentToId = new Map<string, number>();
  /** Of added tokens; the library of generation 5 spells a normalized one as it finds it. */
  private readonly addedTexts = new Map<number, string>();
  /** Those that decoding leaves out; not one that is spelled otherwise. */
  private readonly specialIds = new Set<number>();
  private readonly cleansUp: boolean;

  private constructor(
    private readonly files: TokenizerFiles,
    readonly generation: TransformersGeneration,
    readonly chatTemplate: ChatTemplate,
    className: string | undefined,
  ) {
    const { json, config } = files;
    const normalizer = createNormalizer(json.normalizer);
    this.model = createTokenModel(json.model);
    const normalizeText = (text: string): string => (normalizer ? normalizer(AlignedText.original(text)).text : text);
    const splitsSpecial = config['split_special_tokens'] === true;
    const found = (json.added_tokens ?? []).filter((token) => !(splitsSpecial && token.special));
    this.addedTokens = new AddedTokens(found, normalizer, normalizeText);
    for (const { id, content, normalized, special } of json.added_tokens ?? []) {
      const text = normalized && generation === 5 ? normalizeText(content) : content;
      this.contentToId.set(content, id);
      this.addedTexts.set(id, text);
      if (special && text === content) this.specialIds.add(id);
    }
    this.preTokenizer = createPreTokenizer(json.pre_tokenizer);
    this.postProcessor = createPostProcessor(json.post_processor);
    this.decoder = createDecoder(json.decoder);
    this.paddingSide = side(config['padding_side'] ?? json.padding?.direction);
    this.truncationSide = side(config['truncation_side'] ?? json.truncation?.direction);
    this.modelMaxLength = maxLengthOf(config);
    this.modelInputNames = modelInputNames(config, className, generation);
    this.cleansUp =
      config['clean_up_tokenization_spaces'] === undefined
        ? generation === 4
        : config['clean_up_tokenization_spaces'] === true;
  }

  /**
   * @param version the very release, where chats without a template are to be written as it wrote them.
   * @throws MlflowError tokenizerMissing or tokenizerUnsupported.
   */
  static async load(
    folder: string,
    generation: TransformersGeneration,
    className?: string,
    version?: TransformersVersion,
  ): Promise<Tokenizer> {
    const files = await readTokenizerFiles(folder, generation);
    const name = className ?? (files.config['tokenizer_class'] as string | undefined);
    const specials = Object.entries(files.specialTokens).map(([role, token]) => [role, token.content] as const);
    const [chatTemplate] = await Promise.all([
      ChatTemplate.load(
        files.chatTemplates,
        Object.fromEntries(specials),
        version && defaultChatOf(version, name, files.config),
      ),
      files.hasRegexes ? loadPatternTranslator() : undefined,
    ]);
    return new Tokenizer(forGeneration(files, generation, name, version), generation, chatTemplate, name);
  }

  get config(): JsonObject {
    return this.files.config;
  }

  /** The word-piece prefix, where the vocabulary knows one: its tokens say where words begin. */
  get continuingSubwordPrefix(): string | undefined {
    return this.model.continuingSubwordPrefix;
  }

  /** Text of a special token such as `mask_token`. */
  specialToken(name: string): string | undefined {
    return this.files.specialTokens[name]?.content;
  }

  /** Id of a special token such as `mask_token`. */
  specialTokenId(name: string): number | undefined {
    const token = this.specialToken(name);
    return token === undefined ? undefined : this.tokenToId(token);
  }

  /** Exact vocabulary look-up. */
  tokenToId(token: string): number | undefined {
    return this.contentToId.get(token) ?? this.model.tokenToId(token);
  }

  token(id: number): string | undefined {
    return this.tokenOf(id);
  }

  isSpecial(id: number): boolean {
    return this.specialIds.has(id);
  }

  /** Ids of one text. @throws as {@link encodeAll}. */
  encode(text: string, options: EncodeOptions = {}): number[] {
    return this.encodeAll(text, options)[0]!.ids;
  }

  /**
   * One text, or a pair, in all its windows: the first is what stays after truncation, the rest overflows with `stride`.
   * @throws MlflowError when a strategy cannot cut enough.
   */
  encodeAll(text: string, options: EncodeOptions = {}): Encoding[] {
    return this.inWindows(this.encodeSequence(text), options);
  }

  /**
   * {@link encodeAll} for one text that is split into words already: `wordIds` count them, offsets are those within a word.
   * @throws as {@link encodeAll}.
   */
  encodeAllWords(words: readonly string[], options: EncodeOptions = {}): Encoding[] {
    return this.inWindows(this.encodeWords(words), options);
  }

  private inWindows(first: Tokens, options: EncodeOptions): Encoding[] {
    const { pair } = options;
    const { postProcessor } = this;
    const processor = options.addSpecialTokens === false ? withoutSpecialTokens(postProcessor) : postProcessor;
    const second = pair === undefined ? undefined : this.encodeSequence(pair);
    const items = second ? processor.pair : processor.single;
    const parts = truncatePair(first, second, {
      ...this.truncationOf(options),
      stride: options.stride ?? 0,
      side: this.truncationSide,
      ...this.lengthBudget(options, second !== undefined),
    });
    // What stands first in a window is trimmed as the first of a text.
    for (const window of [...parts.first, ...(parts.second ?? [])]) this.trim(window);
    if (!parts.second) return parts.first.map((window) => assemble(items, window, undefined));
    return parts.second.flatMap((secondWindow) => parts.first.map((window) => assemble(items, window, secondWindow)));
  }

  decode(
    tokenIds: readonly number[],
    options: { skipSpecialTokens?: boolean; cleanUpTokenizationSpaces?: boolean | undefined } = {},
  ): string {
    const tokens: string[] = [];
    for (const id of tokenIds) {
      const token = this.tokenOf(id);
      if (token !== undefined && !(options.skipSpecialTokens && this.specialIds.has(id))) tokens.push(token);
    }
    return this.tokensToText(tokens, options.cleanUpTokenizationSpaces);
  }

  /** Python's `convert_tokens_to_string`: the decoder alone. */
  convertTokensToString(tokens: string[]): string {
    return this.decoder ? this.decoder(tokens).join('') : tokens.join(' ');
  }

  applyChatTemplate(messages: JsonObject[], options: ChatTemplateOptions = {}): string {
    if (messages.length === 0 && this.chatTemplate.exists) {
      throw MlflowError.invalidParameter(
        this.generation === 5
          ? 'Cannot apply chat template to an empty conversation. Provide at least one message.'
          : 'list index out of range',
      );
    }
    return this.chatTemplate.render(this.generation === 5 ? messages.map(templateMessage) : messages, options);
  }

  private tokenOf(id: number): string | undefined {
    if (!this.tokens) {
      this.tokens = new Map();
      for (const [token, tokenId] of this.model.entries()) this.tokens.set(tokenId, token);
      for (const [tokenId, text] of this.addedTexts) this.tokens.set(tokenId, text);
    }
    return this.tokens.get(id);
  }

  private tokensToText(tokens: string[], cleanUp: boolean | undefined): string {
    const text = this.convertTokensToString(tokens);
    if (!(cleanUp ?? this.cleansUp)) return text;
    const forced = this.config['clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output'] === true;
    if (this.generation >= 5 && this.model.kind === 'BPE' && !forced) return text;
    return cleanUpTokenizationSpaces(text);
  }

  private truncationOf(options: EncodeOptions): { strategy: TruncationStrategy } {
    const { truncation, maxLength } = options;
    if (truncation === undefined) return { strategy: maxLength === undefined ? 'do_not_truncate' : 'longest_first' };
    if (typeof truncation === 'boolean') return { strategy: truncation ? 'longest_first' : 'do_not_truncate' };
    return { strategy: truncation };
  }

  private lengthBudget(options: EncodeOptions, isPair: boolean): { maxLength: number } {
    const maxLength = options.maxLength ?? this.modelMaxLength;
    if (maxLength > largeInteger) return { maxLength: Infinity };
    const reserved = options.addSpecialTokens === false ? 0 : addedTokenCount(this.postProcessor, isPair);
    return { maxLength: Math.max(0, maxLength - reserved) };
  }

  private encodeSequence(text: string): Tokens {
    if (typeof text !== 'string') {
      throw MlflowError.invalidParameter(notText[this.generation]);
    }
    const tokens = emptyTokens();
    const matched = new Map<number, string>();
    this.addTokensOf(text, tokens, matched);
    return this.withTexts(tokens, matched);
  }

  private encodeWords(words: readonly string[]): Tokens {
    const tokens = emptyTokens();
    const matched = new Map<number, string>();
    for (const [index, word] of words.entries()) {
      const before = tokens.ids.length;
      this.addTokensOf(word, tokens, matched);
      tokens.wordIds.fill(index, before);
    }
    return this.withTexts(tokens, matched);
  }

  private addTokensOf(text: string, tokens: Tokens, matched: Map<number, string>): void {
    const codePointAt = codePointIndex(text);
    let word = 0;
    for (const stretch of this.addedTokens.split(AlignedText.original(text))) {
      if (stretch.tokenId !== undefined) {
        const [start, end] = stretch.text.range(0, stretch.text.length);
        matched.set(tokens.ids.length, stretch.text.text);
        addToken(tokens, stretch.tokenId, codePointAt(start), codePointAt(end), word++);
        continue;
      }
      for (const part of this.preTokenizer ? this.preTokenizer(stretch.text) : [stretch.text]) {
        if (part.length === 0) continue;
        for (const piece of this.model.encode(part.text)) {
          const [start, end] = rangeOf(part, piece);
          addToken(tokens, piece.id, codePointAt(start), codePointAt(end), word);
        }
        word++;
      }
    }
  }

  /** An added token counts with the spaces that it matched. */
  private withTexts(tokens: Tokens, matched: ReadonlyMap<number, string>): Tokens {
    if (!this.postProcessor.trimsOffsets) return tokens;
    return { ...tokens, texts: tokens.ids.map((id, i) => matched.get(i) ?? this.tokenOf(id) ?? '') };
  }

  private trim(tokens: Tokens): void {
    const { trimsOffsets } = this.postProcessor;
    if (trimsOffsets) trimOffsets(tokens, trimsOffsets);
  }
}

/** Where a piece lies in the original; one without extent lies where its word begins. */
function rangeOf(word: AlignedText, { start, end }: Piece): [number, number] {
  return start < end ? word.range(start, end) : [word.startAt(0), word.startAt(0)];
}

function addToken(tokens: Tokens, id: number, start: number, end: number, word: number): void {
  tokens.ids.push(id);
  tokens.typeIds.push(0);
  tokens.starts.push(start);
  tokens.ends.push(end);
  tokens.wordIds.push(word);
  tokens.sequenceIds.push(0);
  tokens.specialMask.push(0);
}

/** From UTF-16 units to code points of `text`. */
function codePointIndex(text: string): (unit: number) => number {
  if (!/[\ud800-\udbff]/.test(text)) return (unit) => unit;
  const table = new Int32Array(text.length + 1);
  for (let unit = 0, codePoint = 0; unit <= text.length; unit++) {
    table[unit] = codePoint;
    const isHigh = unit < text.length && text.codePointAt(unit)! > 0xffff;
    if (!isHigh) codePoint++;
  }
  return (unit) => table[unit]!;
}

function side(value: unknown): Side {
  return String(value).toLowerCase() === 'left' ? 'left' : 'right';
}

function maxLengthOf(config: JsonObject): number {
  const value = config['model_max_length'] ?? config['max_len'];
  return typeof value === 'number' ? value : Infinity;
}
