import { MlflowError } from '../errors.js';
import { dumpPythonJson } from '../serialization/pythonJson.js';
import { PyFloat, type PyValue } from '../serialization/pyValue.js';
import type { Compatibility } from '../signature/compatibility.js';
import type { DataFrame } from '../signature/dataFrame.js';
import { frameFromDict, frameFromList } from '../signature/frameConstruction.js';
import { arrayFrom } from '../signature/ndArrayConstruction.js';
import { NdArray } from '../signature/ndArray.js';
import { classText, pythonFloat } from '../signature/pythonValue.js';
import { collapseWhitespace, pythonLstrip, pythonStrip } from './pythonStrings.js';

type Fields = Record<string, unknown>;

function isRecord(value: unknown): value is Fields {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.getPrototypeOf(value) === Object.prototype
  );
}

/** `pd.DataFrame(raw)` of labels with scores: scores are floats even where they are whole. */
export function labelFrame(raw: unknown, compatibility: Compatibility): DataFrame {
  const marked = markScores(raw);
  return Array.isArray(marked) ? frameFromList(marked, compatibility) : frameFromDict(marked, compatibility);
}

function markScores(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(markScores);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === 'score' && typeof item === 'number' ? pythonFloat(item) : item,
    ]),
  );
}

/** Zero-shot answers as a frame with a row for each sequence and label. */
export function zeroShotFrame(raw: unknown, instanceType: string, compatibility: Compatibility): DataFrame {
  if (Array.isArray(raw) && !raw.every(isRecord)) {
    throw new MlflowError(
      `Encountered an unknown return type from the pipeline type ${instanceType}. Expecting a List[Dict]`,
      'BAD_REQUEST',
    );
  }
  const rows = (Array.isArray(raw) ? raw : [raw]).flatMap((entry) => {
    const { sequence, labels, scores } = entry as { sequence: string; labels: string[]; scores: number[] };
    return labels.map((label, i) => ({ sequence, labels: label, scores: pythonFloat(scores[i]!) }));
  });
  return frameFromList(rows, compatibility);
}

/** The token matrix (or vector) that MLflow returns for feature extraction: `np.array(output[0][0])`. */
export function featureArray(raw: unknown, compatibility: Compatibility): NdArray {
  return asFloatArray(itemAt(itemAt(raw, 0), 0), compatibility);
}

/** The first token's vector of each text: `np.array(tensor[0][0])`. */
export function firstTokenVectors(raw: unknown, compatibility: Compatibility): NdArray[] {
  return (raw as unknown[]).map((tensor) => asFloatArray(itemAt(itemAt(tensor, 0), 0), compatibility));
}

/** `value[index]`. @throws MlflowError with the text of Python's IndexError, or of KeyError for a dict. */
function itemAt(value: unknown, index: number): unknown {
  if (value instanceof NdArray) return value.at(index);
  if (isRecord(value)) throw MlflowError.invalidParameter(String(index));
  if (index >= (value as unknown[]).length) throw MlflowError.invalidParameter('list index out of range');
  return (value as unknown[])[index];
}

function asFloatArray(value: unknown, compatibility: Compatibility): NdArray {
  return value instanceof NdArray ? value : arrayFrom(value, 'float64', compatibility);
}

export interface ResponseOptions {
  includePrompt: boolean;
  collapseWhitespace: boolean;
  isInstructionPipeline: boolean;
}

/** The wrapper's `_strip_input_from_response_in_instruction_pipelines`. */
export function generatedResponses(input: unknown, raw: unknown, key: string, options: ResponseOptions): unknown {
  const output = extractResponses(raw, key);
  if (Array.isArray(input) && Array.isArray(output)) {
    return output.slice(0, input.length).map((text, i) => trimResponse(input[i] as string, text, options));
  }
  if (typeof input === 'string' && typeof output === 'string') return trimResponse(input, output, options);
  throw new MlflowError(
    `Unknown data structure after parsing output. Expected str or List[str]. Got ${classText(output)} instead.`,
  );
}

function extractResponses(raw: unknown, key: string): unknown {
  const items = raw as unknown[];
  if (Array.isArray(raw) && items.every(isRecord)) {
    return fieldOf(itemAt(items, 0) as Fields, key);
  }
  if (Array.isArray(raw) && items.every(Array.isArray)) {
    return (items as Fields[][]).flatMap((collection) => collection.map((element) => fieldOf(element, key)));
  }
  throw new MlflowError(
    'Unable to parse the pipeline output. Expected List[Dict[str,str]] or ' +
      `List[List[Dict[str,str]]] but got ${classText(raw)} instead.`,
  );
}

/** @throws MlflowError as Python's KeyError. */
function fieldOf(record: Fields, key: string): unknown {
  if (!Object.hasOwn(record, key)) throw MlflowError.invalidParameter(`'${key}'`);
  return record[key];
}

function trimResponse(prompt: string, response: unknown, options: ResponseOptions): unknown {
  if (typeof response !== 'string') return response;
  let text = response;
  if (!options.includePrompt && options.isInstructionPipeline && text.startsWith(`${prompt}\n\n`)) {
    text = pythonLstrip(text.slice(prompt.length));
    if (text.startsWith('A:')) text = pythonLstrip(text.slice(2));
  }
  return options.collapseWhitespace ? collapseWhitespace(text) : text;
}

/** Trims texts and unwraps a lone one. Source: `_sanitize_output`. */
export function sanitize(output: unknown, input: unknown, isTokenClassification: boolean): unknown {
  const value =
    !isTokenClassification && typeof input === 'string' && Array.isArray(output) ? itemAt(output, 0) : output;
  if (typeof value === 'string') return pythonStrip(value);
  if (Array.isArray(value)) {
    if (!value.every((item) => typeof item === 'string')) {
      return value.map((item) => sanitize(item, input, isTokenClassification));
    }
    const cleaned = value.map(pythonStrip);
    return cleaned.length > 1 ? cleaned : itemAt(cleaned, 0);
  }
  if (isRecord(value) && Object.values(value).every((item) => typeof item === 'string')) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, pythonStrip(item as string)]));
  }
  return value;
}

/** A transcript with its timestamps as JSON text: they are floats also where they are whole. */
export function transcriptJson(raw: unknown): string {
  return dumpPythonJson(withFloatTimes(raw) as PyValue);
}

function withFloatTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withFloatTimes);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === 'timestamp' && Array.isArray(item)
        ? item.map((time: unknown) => (typeof time === 'number' ? new PyFloat(time) : time))
        : withFloatTimes(item),
    ]),
  );
}

/** The values of `key` in dicts, nested ones too, in their order. */
export function valuesOfKey(output: unknown, key: string): unknown {
  if (!Array.isArray(output)) return fieldOf(output as Fields, key);
  const found: unknown[] = [];
  for (const item of output as unknown[]) {
    if (Array.isArray(item)) found.push(...(valuesOfKey(item, key) as unknown[]));
    else if (isRecord(item)) {
      for (const [name, value] of Object.entries(item)) {
        if (name === key) found.push(value);
        else if (Array.isArray(value) && value.every(isRecord)) found.push(...(valuesOfKey(value, key) as unknown[]));
      }
    }
  }
  return found;
}

/** Entities of each text, joined by commas. @throws MlflowError for a text without entities, as Python (IndexError). */
export function joinedEntities(output: unknown): unknown {
  const first = itemAt(output, 0);
  if (Array.isArray(first)) return (output as unknown[]).map(joinedEntities);
  const key = 'entity_group' in (first as Fields) ? 'entity_group' : 'entity';
  return (output as Fields[]).map((entity) => entity[key]).join(',');
}

/** The best answer of each list: the first dict's value, or one for each mask. */
export function bestValues(output: unknown, key: string): unknown[] {
  const first = itemAt(output, 0);
  if (!Array.isArray(first)) return [fieldOf(first as Fields, key)];
  return (output as unknown[][]).map((collection) => {
    const best = itemAt(collection, 0);
    if (isRecord(best)) return fieldOf(best, key);
    return collection.map((proposals) => fieldOf(itemAt(proposals, 0) as Fields, key));
  });
}
