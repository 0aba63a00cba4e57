import { BpeModel } from './bpeModel.js';
import { MarianModel } from './marianTokenizer.js';
import { unsupported } from './normalizers.js';
import type { ModelJson } from './tokenizerJson.js';
import { UnigramModel } from './unigramModel.js';
import { Vocabulary, VocabularyModel, type Piece, type TokenModel } from './vocabulary.js';

/** The model of a `tokenizer.json`. Older files have no `type`; their settings tell. */
export function createTokenModel(json: ModelJson): TokenModel {
  switch (json.type ?? guessType(json)) {
    case 'WordPiece':
      return new WordPieceModel(json);
    case 'BPE':
      return new BpeModel(json);
    case 'Unigram':
      return new UnigramModel(json);
    case 'WordLevel':
      return new WordLevelModel(json);
    case 'Marian':
      return new MarianModel(json);
    default:
      throw unsupported('model', String(json.type));
  }
}

function guessType(json: ModelJson): string {
  if (Array.isArray(json.vocab)) return 'Unigram';
  if (json.merges) return 'BPE';
  return json.max_input_chars_per_word === undefined ? 'WordLevel' : 'WordPiece';
}

class WordLevelModel extends VocabularyModel implements TokenModel {
  readonly kind = 'WordLevel';
  protected readonly vocabulary: Vocabulary;
  readonly unknownToken: string | undefined;
  readonly continuingSubwordPrefix = undefined;

  constructor(json: ModelJson) {
    super();
    this.vocabulary = new Vocabulary(json);
    this.unknownToken = json.unk_token ?? undefined;
  }

  encode(word: string): Piece[] {
    const id = this.vocabulary.get(word) ?? this.vocabulary.get(this.unknownToken ?? '');
    return id === undefined ? [] : [{ id, start: 0, end: word.length }];
  }
}

class WordPieceModel extends VocabularyModel implements TokenModel {
  readonly kind = 'WordPiece';
  protected readonly vocabulary: Vocabulary;
  readonly unknownToken: string;
  readonly continuingSubwordPrefix: string;
  private readonly maxCharacters: number;

  constructor(json: ModelJson) {
    super();
    this.vocabulary = new Vocabulary(json);
    this.unknownToken = json.unk_token ?? '[UNK]';
    this.continuingSubwordPrefix = json.continuing_subword_prefix ?? '##';
    this.maxCharacters = json.max_input_chars_per_word ?? 100;
  }

  encode(word: string): Piece[] {
    if (word.length > this.maxCharacters && [...word].length > this.maxCharacters) return this.unknown(word);
    const found: Piece[] = [];
    for (let start = 0; start < word.length;) {
      const piece = this.longestFrom(word, start);
      if (!piece) return this.unknown(word);
      found.push(piece);
      start = piece.end;
    }
    return found;
  }

  private longestFrom(word: string, start: number): Piece | undefined {
    const prefix = start > 0 ? this.continuingSubwordPrefix : '';
    for (let end = word.length; end > start; end--) {
      const id = this.vocabulary.get(prefix + word.slice(start, end));
      if (id !== undefined) return { id, start, end };
    }
    return undefined;
  }

  private unknown(word: string): Piece[] {
    const id = this.vocabulary.get(this.unknownToken);
    return id === undefined ? [] : [{ id, start: 0, end: word.length }];
  }
}
