import { MlflowError } from '../errors.js';
import { NdArray } from '../signature/ndArray.js';
import { pyStr } from '../signature/pythonText.js';
import { classText, typeName } from '../signature/pythonValue.js';
import { valuesEqual } from '../signature/valuesEqual.js';
import { areDicts, asDict, firstValues, isDict, type Dict } from './inputShapes.js';
import type { PipelineKind } from './pipelineKind.js';
import { literalEval } from './pythonLiteral.js';
import { pythonLength, pythonSlice } from './pythonStrings.js';

/** The wrapper's `_parse_raw_pipeline_input`: undoes what the detour through a frame did to the data. */
export function parseRawInput(data: unknown, kind: PipelineKind): unknown {
  switch (kind) {
    case 'table-question-answering':
      return tableAsText(collapseRecords(data));
    case 'conversational':
      return conversationInput(data);
    case 'fill-mask':
    case 'text-generation':
    case 'token-classification':
    case 'translation':
    case 'summarization':
      return areDicts(data) ? firstValues(data) : data;
    case 'text2text-generation':
      return areDicts(data) && asDict(firstOf(data)).has(0) ? firstValues(data) : data;
    case 'text-classification':
      return textClassificationInput(data);
    default:
      return data;
  }
}

/** @throws MlflowError with the text of Python's IndexError for an empty list. */
function firstOf(items: readonly unknown[]): unknown {
  if (items.length === 0) throw MlflowError.invalidParameter('list index out of range');
  return items[0];
}

function conversationInput(data: unknown): unknown {
  if (areDicts(data)) return firstValues(data)[0];
  return isDict(data) ? firstValues([data])[0] : data;
}

const textClassificationKeys = "{'text', 'text_pair'}";

function checkTextClassificationKeys(payload: Dict): void {
  const keys = [...payload.keys()];
  const areKnown = keys.every((key) => key === 'text' || key === 'text_pair');
  if (areKnown || keys.every((key) => typeof key === 'number')) return;
  throw new MlflowError(
    `Text Classification pipelines may only define dictionary inputs with keys defined as ${textClassificationKeys}`,
  );
}

function textClassificationInput(data: unknown): unknown {
  if (typeof data === 'string') return data;
  if (isDict(data)) {
    checkTextClassificationKeys(asDict(data));
    return data;
  }
  if (Array.isArray(data) && data.every((item) => typeof item === 'string')) return data;
  if (!areDicts(data)) {
    throw new MlflowError(
      'An unsupported data type has been passed for Text Classification inference. ' +
        'Only str, list of str, dict, and list of dict are supported.',
    );
  }
  for (const payload of data) checkTextClassificationKeys(payload);
  const items: unknown[] = [...asDict(firstOf(data)).keys()][0] === 0 ? data.map((item) => item.get(0)) : data;
  return literalItems(items) ?? items;
}

/** Every item read as a Python literal; undefined when one is none. */
function literalItems(items: unknown[]): unknown[] | undefined {
  if (!items.every((item) => typeof item === 'string')) return undefined;
  try {
    return items.map(literalEval);
  } catch {
    return undefined;
  }
}

/** The wrapper's `_coerce_exploded_dict_to_single_dict`: records of one table question become one dict. */
function collapseRecords(data: unknown): unknown {
  if (!areDicts(data)) return data;
  const parsed: Dict = new Map(data[0]);
  for (const record of data) {
    for (const [key, value] of record) {
      if (!parsed.has(key)) {
        throw MlflowError.invalidParameter(
          'Unable to parse the input. The keys within each ' +
            'dictionary of the parsed input are not consistent' +
            'among the dictionaries.',
        );
      }
      const known = parsed.get(key);
      if (valuesEqual(value, known)) continue;
      parsed.set(key, collapsedValue(known, value));
    }
  }
  return parsed;
}

function collapsedValue(known: unknown, value: unknown): unknown {
  if (typeof known === 'string') return [known, value];
  if (!Array.isArray(known)) return value;
  const entries = typeof value === 'string' ? Array.from(value) : (value as unknown[]);
  const areSingle = entries.every(
    (entry) => (typeof entry === 'string' ? pythonLength(entry) : (entry as unknown[]).length) === 1,
  );
  return areSingle ? [...(known as unknown[]), pyStr(value)] : null;
}

function tableAsText(data: unknown): unknown {
  const dict = isDict(data) ? asDict(data) : undefined;
  if (!dict?.has('table')) throw MlflowError.invalidParameter("The input dictionary must have the 'table' key.");
  const table = dict.get('table');
  if (!isDict(table)) return dict;
  const columns = [...asDict(table)].map(
    ([name, cells]) => `${JSON.stringify(String(name))}: ${JSON.stringify(cells)}`,
  );
  return new Map([...dict, ['table', `{${columns.join(', ')}}`]]);
}

/** The dict or list of dicts that a question-answering pipeline takes. */
export function questionAnsweringInput(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(questionAnsweringInput);
  if (!isDict(data)) {
    throw MlflowError.invalidParameter(
      'An invalid type has been supplied. Must be either List[Dict[str, str]] or ' +
        `Dict[str, str]. ${classText(data)} is not supported.`,
    );
  }
  const dict = asDict(data);
  if (!dict.has('question') || !dict.has('context')) {
    throw new MlflowError("Invalid keys were submitted. Keys must be exclusively {'question', 'context'}");
  }
  return dict;
}

/** `{"a": "x", "b": "y"}` as `a: x b: y`; texts pass. */
export function text2textInput(data: unknown): unknown {
  if (isDict(data)) {
    const dict = asDict(data);
    const entries = [...dict];
    if (entries.every(([, value]) => typeof value === 'string')) {
      const isNamed = entries.every(([key]) => typeof key === 'string') && !dict.has('inputs');
      return isNamed ? entries.map(([key, value]) => `${String(key)}: ${String(value)}`).join(' ') : [...dict.values()];
    }
  } else if (areDicts(data)) return data.map(text2textInput);
  else if (typeof data === 'string') return data;
  else if (Array.isArray(data) && data.every((item) => typeof item === 'string')) return data;
  const text = pyStr(data);
  const shown = pythonLength(text) > 100 ? `${pythonSlice(text, 0, 97)}...` : text;
  throw MlflowError.invalidParameter(
    `An invalid type has been supplied: ${shown} (type: ${typeName(data)}). Please supply a Dict[str, str], str, List[str], ` +
      'or a List[Dict[str, str]] for a Text2Text Pipeline.',
  );
}

/** Candidate labels that were written as JSON become a list again. */
export function decodeJsonList(data: unknown, key: string): unknown {
  if (Array.isArray(data)) return data.map((entry) => decodeJsonList(entry, key));
  if (!isDict(data)) return null;
  const dict = asDict(data);
  if (!dict.has(key)) {
    throw MlflowError.invalidParameter(`Invalid key in inference payload. The expected inference data key is: ${key}`);
  }
  const value = dict.get(key);
  if (Array.isArray(value)) return dict;
  if (typeof value !== 'string') return null;
  try {
    return new Map([...dict, [key, JSON.parse(value) as unknown]]);
  } catch {
    return dict;
  }
}

/** The table that was written as text becomes a dict again: Python's literal rules for one dict, JSON for a list of them. */
export function decodeTable(data: unknown, key: string): unknown {
  if (Array.isArray(data)) {
    return data.map((entry) => {
      const dict = asDict(entry);
      const value = dict.get(key);
      return typeof value === 'string' ? new Map([...dict, [key, JSON.parse(value) as unknown]]) : dict;
    });
  }
  const item = (value: unknown): unknown => (value instanceof NdArray ? value.toList() : value);
  return new Map(
    [...asDict(data)].map(([name, value]) => {
      const plain = item(value);
      if (name !== key) return [name, plain];
      if (typeof plain !== 'string') {
        throw MlflowError.invalidParameter(`malformed node or string: ${pyStr(plain)}`);
      }
      return [name, literalEval(plain)];
    }),
  );
}

/** Texts of feature extraction: the first value of each record. */
export function featureExtractionInput(data: unknown): unknown {
  if (!Array.isArray(data)) return data;
  return isDict(firstOf(data)) ? firstValues(data) : data;
}
