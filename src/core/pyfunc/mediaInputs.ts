import { statSync } from 'node:fs';
import { MlflowError } from '../errors.js';
import { pythonKind, typeName } from '../signature/pythonValue.js';
import { areDicts, asDict, isDict } from './inputShapes.js';
import { pythonLength, pythonSlice } from './pythonStrings.js';

/** Images: paths, URIs and base64 text as they are; records give their first value. @throws MlflowError BAD_REQUEST. */
export function imageInput(data: unknown): unknown {
  if (areDicts(data)) return data.map((record) => checkedImage([...record.values()][0]));
  return checkedImage(data);
}

function checkedImage(value: unknown): unknown {
  if (typeof value === 'string' && !isBase64Image(value)) validateFileOrUri(value);
  return value;
}

/** Sounds: bytes (base64 ones decoded), arrays, paths and URIs. @throws MlflowError. */
export function audioInput(data: unknown): unknown {
  if (!Array.isArray(data)) return decodeAudio(data);
  const decoded = data.map((element) => {
    if (!isDict(element)) throw MlflowError.invalidParameter(`'${typeName(element)}' object has no attribute 'values'`);
    return decodeAudio([...asDict(element).values()][0]);
  });
  if (decoded.length === 0) throw MlflowError.invalidParameter('list index out of range');
  return decoded.length > 1 ? decoded : decoded[0];
}

function decodeAudio(audio: unknown): unknown {
  if (typeof audio === 'string') {
    validateFileOrUri(audio);
    return audio;
  }
  if (pythonKind(audio) === 'ndarray') return audio;
  if (audio instanceof Uint8Array) return isBase64Bytes(audio) ? Buffer.from(bytesText(audio), 'base64') : audio;
  throw MlflowError.invalidParameter('Invalid audio data. Must be either bytes, str, or np.ndarray.');
}

function bytesText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function isBase64Bytes(bytes: Uint8Array): boolean {
  const text = bytesText(bytes);
  return /^[A-Za-z0-9+/=]*$/.test(text) && Buffer.from(text, 'base64').toString('base64') === text;
}

/**
 * Whether the text is base64, in one line or in lines of 76 characters as MIME writes it.
 * @throws MlflowError for characters beyond ASCII, as Python's decoder.
 */
export function isBase64Image(text: string): boolean {
  if (/[^\x00-\x7f]/.test(text)) {
    throw MlflowError.invalidParameter('string argument should contain only ASCII characters');
  }
  if (!/^[A-Za-z0-9+/=\n]*$/.test(text)) return false;
  const encoded = Buffer.from(text, 'base64').toString('base64');
  if (encoded === text) return true;
  return encoded.replace(/.{1,76}/g, '$&\n') === text;
}

function validateFileOrUri(text: string): void {
  if (isFile(text) || isUri(text)) return;
  const shown = pythonLength(text) <= 20 ? `Received: ${text}` : `Received (truncated): ${pythonSlice(text, 0, 20)}...`;
  throw new MlflowError(
    'An invalid string input was provided. String inputs to ' +
      'audio or image files must be either a file location or a uri.' +
      `audio files must be either a file location or a uri. ${shown}`,
    'BAD_REQUEST',
  );
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Python's `urlparse` finds a scheme and a network location. */
function isUri(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]+/.test(text);
}
