import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../../core/errors.js';
import { l10n } from '../../core/l10n.js';
import { isBase64Image } from '../../core/pyfunc/mediaInputs.js';
import type { FormField } from '../../core/signature/formFields.js';

/** Files beyond this are not read into a message. */
const fileLimitBytes = 64 * 1024 * 1024;

/**
 * What the text of a file field comes to: the bytes of the file where the signature asks for them, base64 for an image whose
 * path MLflow takes for something else, and the text itself otherwise.
 * @throws MlflowError INVALID_PARAMETER_VALUE where there is no such file, or one that is too large.
 */
export async function fileInput({ scalar, fileKind }: FormField, text: string): Promise<string | Uint8Array> {
  if (scalar === 'binary') return fileBytes(text);
  const isOther = isOtherThanPath(text);
  if (!existsSync(text)) {
    if (path.isAbsolute(text) && !isOther) throw noFile(text);
    return text;
  }
  const isRefused = fileKind === 'image' && (isOther || /[^\x00-\x7f]/.test(text));
  return isRefused ? Buffer.from(await fileBytes(text)).toString('base64') : text;
}

/** Base64 may look like a path, and a path like base64. */
function isOtherThanPath(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text) && isBase64Image(text);
}

function noFile(file: string, cause?: unknown): MlflowError {
  return MlflowError.invalidParameter(l10n.t('There is no readable file at {0}. Choose another one.', file), {
    reason: 'fileMissing',
    cause,
  });
}

async function fileBytes(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size > fileLimitBytes)
      throw MlflowError.invalidParameter(l10n.t('{0} is larger than 64 MB. Choose a smaller file.', file));
    return new Uint8Array(await readFile(file));
  } catch (cause) {
    throw MlflowError.is(cause) ? cause : noFile(file, cause);
  }
}
