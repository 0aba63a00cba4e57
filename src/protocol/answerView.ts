/** An answer in the form that its task is best read in. Made by the host from a prediction, drawn by the panel. */
export type AnswerView =
  | { kind: 'text'; texts: string[] }
  | { kind: 'labels'; groups: LabelGroup[] }
  | { kind: 'entities'; texts: EntityText[] }
  | { kind: 'span'; answers: AnswerSpan[] }
  | { kind: 'fills'; masks: MaskFill[][] }
  | { kind: 'embedding'; embedding: EmbeddingSummary }
  | { kind: 'transcript'; text: string; chunks: TranscriptChunk[] }
  | { kind: 'table'; columns: string[]; rows: string[][]; rowCount: number }
  | { kind: 'json' };

export interface LabelScore {
  label: string;
  score: number;
}

/** Scores of one input. */
export interface LabelGroup {
  /** Which input, where there are several. */
  title: string | null;
  labels: LabelScore[];
}

export interface EntityText {
  /** Pieces in reading order; joined they are the text. */
  pieces: { text: string; label: string | null; score: number | null }[];
}

export interface AnswerSpan {
  answer: string;
  score: number | null;
  /** The context around the answer: before, the answer itself, after; `null` where it is unknown. */
  context: { before: string; marked: string; after: string } | null;
}

export interface MaskFill {
  token: string;
  score: number;
  sequence: string;
}

export interface EmbeddingSummary {
  /** Token vectors the mean was taken of; 1 for a vector. */
  rowCount: number;
  dimensions: number;
  norm: number;
  minimum: number;
  maximum: number;
  /** Counts of values in equal bins between minimum and maximum. */
  histogram: number[];
  /** The vector, or the mean of the token vectors. */
  vector: number[];
}

export interface TranscriptChunk {
  startS: number | null;
  endS: number | null;
  text: string;
}
