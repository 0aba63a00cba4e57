/** The parts of `tokenizer.json` that are read, as the Rust library `tokenizers` writes it. */

export interface AddedTokenJson {
  id: number;
  content: string;
  single_word?: boolean;
  lstrip?: boolean;
  rstrip?: boolean;
  normalized?: boolean;
  special?: boolean;
}

/** A normalizer, pre-tokenizer, post-processor or decoder: its type and its settings. */
export interface ComponentJson {
  type: string;
  [setting: string]: unknown;
}

export interface ModelJson {
  type?: string;
  vocab: Record<string, number> | [string, number][];
  merges?: (string | [string, string])[];
  unk_token?: string | null;
  unk_id?: number | null;
  continuing_subword_prefix?: string | null;
  end_of_word_suffix?: string | null;
  max_input_chars_per_word?: number;
  fuse_unk?: boolean;
  byte_fallback?: boolean;
  ignore_merges?: boolean;
  /** Not of the file: a word that `ignore_merges` takes whole has no extent (the library of transformers before 4.45). */
  loses_whole_words?: boolean;
  /** Not of the file: pieces of SentencePiece that have their ids from `vocab`, and another vocabulary for what is answered. */
  pieces?: [string, number][];
  target_vocab?: Record<string, number>;
}

export interface PaddingJson {
  direction?: string;
}

export interface TokenizerJson {
  added_tokens?: AddedTokenJson[];
  normalizer?: ComponentJson | null;
  pre_tokenizer?: ComponentJson | null;
  post_processor?: ComponentJson | null;
  decoder?: ComponentJson | null;
  model: ModelJson;
  padding?: PaddingJson | null;
  truncation?: { direction?: string } | null;
}

/** A `pattern` setting: a literal text or a regular expression of Oniguruma's dialect. */
export interface PatternJson {
  String?: string;
  Regex?: string;
}
