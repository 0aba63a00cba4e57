import { PbfReader } from 'pbf';

/** A trained model of SentencePiece, as far as it is read. Source: sentencepiece_model.proto. */
export interface SentencePieceFile {
  algorithm: 'unigram' | 'bpe' | 'word' | 'char';
  /** Pieces that text is cut into, with their log probabilities; those that stand for no text are left out. */
  pieces: [text: string, score: number][];
  /** The normalizer's map of characters, in base64. */
  charsMap: string;
}

const algorithms = ['unigram', 'unigram', 'bpe', 'word', 'char'] as const;
const normalPiece = 1;
const userDefinedPiece = 4;

/** Reads a `.spm` or `.model` file. */
export function readSentencePieceFile(bytes: Uint8Array): SentencePieceFile {
  const file: SentencePieceFile = { algorithm: 'unigram', pieces: [], charsMap: '' };
  const defined: string[] = [];
  new PbfReader(bytes).readFields((field, _, reader) => {
    if (field === 1) {
      const piece = reader.readMessage(readPiece, { text: '', score: 0, kind: normalPiece });
      if (piece.kind === normalPiece) file.pieces.push([piece.text, piece.score]);
      else if (piece.kind === userDefinedPiece) defined.push(piece.text);
    } else if (field === 2) reader.readMessage(readTrainer, file);
    else if (field === 3) reader.readMessage(readNormalizer, file);
  }, null);
  // Pieces that a user defined win over all that they are made of.
  const best = file.pieces.reduce((most, [, score]) => Math.max(most, score), -Infinity);
  for (const text of defined) file.pieces.push([text, Array.from(text).length * best - 0.1]);
  return file;
}

interface StoredPiece {
  text: string;
  score: number;
  kind: number;
}

function readPiece(field: number, piece: StoredPiece, reader: PbfReader): void {
  if (field === 1) piece.text = reader.readString();
  else if (field === 2) piece.score = reader.readFloat();
  else if (field === 3) piece.kind = reader.readVarint();
}

function readTrainer(field: number, file: SentencePieceFile, reader: PbfReader): void {
  if (field === 3) file.algorithm = algorithms[reader.readVarint()] ?? 'unigram';
}

function readNormalizer(field: number, file: SentencePieceFile, reader: PbfReader): void {
  if (field === 2) file.charsMap = Buffer.from(reader.readBytes()).toString('base64');
}
