import { MlflowError } from '../errors.js';
import { pythonTypeName } from '../serialization/pythonRepr.js';
import { PyDateTime, PyFloat, type PyRecord, type PyValue } from '../serialization/pyValue.js';
import { mimeBase64 } from '../serialization/pyYamlNodes.js';
import type { MlflowGeneration } from './compatibility.js';
import { frameColumns } from './exampleFrame.js';
import {
  isFrameExample,
  SparseExample,
  tensorExample,
  TensorExample,
  type FrameExample,
  type InputExample,
} from './exampleTypes.js';
import { isRecord } from './mlmodelText.js';

export interface ConvertedExample {
  /** What input_example.json holds, params aside. */
  readonly stored: PyValue;
  /** What serving_input_example.json holds, params aside; null where MLflow writes none. */
  readonly serving: PyRecord | null;
  /** `type`, and `pandas_orient` for a frame. */
  readonly info: Readonly<Record<string, string>>;
  /** The record has a key of MLflow's unified LLM input, so serving takes it as it is. */
  readonly isUnifiedLlmInput: boolean;
}

const unifiedLlmKeys = ['messages', 'prompt', 'input'];

/** Source: mlflow/models/utils.py (_Example.__init__). @throws MlflowError with Python's texts */
export function convertExample(example: InputExample, compatibility: MlflowGeneration): ConvertedExample {
  if (isTensor(example)) return tensorResult(tensorJson(example));
  if (example instanceof SparseExample) return convertSparse(example, compatibility);
  if (Array.isArray(example)) {
    if (containsTensor(example)) {
      throw new MlflowError(
        'Multidimensional arrays (aka tensors) are not supported. Numpy arrays in list are not supported as input examples.',
      );
    }
    return jsonResult(jsonValue(example));
  }
  if (isFrameExample(example)) return convertFrame(example, compatibility);
  if (isRecord(example) || example instanceof Map) return convertRecord(example as object);
  if (isScalar(example, compatibility)) return jsonResult(jsonValue(example as PyValue));
  throw unsupportedType(example, compatibility);
}

function convertRecord(example: object): ConvertedExample {
  const entries: [PyValue, unknown][] = example instanceof Map ? [...example] : Object.entries(example);
  if (entries.some(([, value]) => isTensor(value))) {
    if (!entries.every(([, value]) => isTensor(value))) {
      throw MlflowError.invalidParameter(
        'Mixed types in dictionary are not supported as input examples. Found numpy arrays and other types.',
      );
    }
    return tensorResult(new Map(entries.map(([key, value]) => [key, tensorJson(value as TensorExample)])));
  }
  const stored = jsonValue(example as PyRecord) as PyRecord;
  const isUnifiedLlmInput = entries.some(([key]) => typeof key === 'string' && unifiedLlmKeys.includes(key));
  return {
    stored,
    serving: isUnifiedLlmInput ? stored : { inputs: stored },
    info: { type: 'json_object' },
    isUnifiedLlmInput,
  };
}

function convertFrame(frame: FrameExample, compatibility: MlflowGeneration): ConvertedExample {
  const hasDefaultLabels = frame.columns.every((label, index) => label === index);
  const columns = frameColumns(frame, compatibility);
  const rows = frame.data.map((_, row) => columns.map((column) => jsonValue(column[row])));
  const stored: PyRecord = hasDefaultLabels ? { data: rows } : { columns: [...frame.columns], data: rows };
  return {
    stored,
    serving: { dataframe_split: stored },
    info: { type: 'dataframe', pandas_orient: hasDefaultLabels ? 'values' : 'split' },
    isUnifiedLlmInput: false,
  };
}

function convertSparse(example: SparseExample, compatibility: MlflowGeneration): ConvertedExample {
  const { format, indices, indptr, shape } = example;
  const [rowCount, columnCount] = shape;
  const values = tensorExample([...example.data], { dtype: example.dtype }).values as readonly PyValue[];
  const zero: PyValue = example.dtype.startsWith('float') ? new PyFloat(0) : 0;
  const dense = Array.from({ length: rowCount }, () => Array.from({ length: columnCount }, (): PyValue => zero));
  for (let major = 0; major + 1 < indptr.length; major++) {
    for (let position = indptr[major] ?? 0; position < (indptr[major + 1] ?? 0); position++) {
      const minor = indices[position] ?? 0;
      const row = dense[format === 'csr' ? major : minor];
      if (row !== undefined) row[format === 'csr' ? minor : major] = values[position] ?? zero;
    }
  }
  return {
    stored: { data: values.map(withoutNaN), indices: [...indices], indptr: [...indptr], shape: [...shape] },
    serving: compatibility === '3' ? { inputs: dense } : null,
    info: { type: `sparse_matrix_${format}` },
    isUnifiedLlmInput: false,
  };
}

function jsonResult(stored: PyValue): ConvertedExample {
  return { stored, serving: { inputs: stored }, info: { type: 'json_object' }, isUnifiedLlmInput: false };
}

function tensorResult(stored: PyValue): ConvertedExample {
  return { stored, serving: { inputs: stored }, info: { type: 'ndarray' }, isUnifiedLlmInput: false };
}

type Tensor = TensorExample | ArrayBufferView;

/** Numeric typed arrays are tensors; bytes are not. */
function isTensor(value: unknown): value is Tensor {
  return value instanceof TensorExample || (ArrayBuffer.isView(value) && !(value instanceof Uint8Array));
}

function containsTensor(value: unknown): boolean {
  if (isTensor(value)) return true;
  if (Array.isArray(value)) return value.some(containsTensor);
  return isRecord(value) && Object.values(value).some(containsTensor);
}

function tensorJson(value: Tensor): PyValue {
  const tensor = value instanceof TensorExample ? value : tensorExample(value as Float32Array);
  const copy = (item: unknown): PyValue =>
    Array.isArray(item) ? item.map(copy) : jsonValue(withoutNaN(item as PyValue));
  return copy(tensor.values);
}

/** A missing number of a tensor is stored as null. */
function withoutNaN(value: PyValue): PyValue {
  const number = value instanceof PyFloat ? value.value : value;
  return typeof number === 'number' && Number.isNaN(number) ? null : value;
}

/** What Python's encoder makes of values that JSON does not know: dates as ISO text, bytes as MIME base64. */
function jsonValue(value: unknown): PyValue {
  if (value instanceof Date) return PyDateTime.fromDate(value).isoText;
  if (value instanceof PyDateTime) return value.isoText;
  if (value instanceof Uint8Array) return mimeBase64(value);
  if (isTensor(value)) return tensorJson(value);
  if (Array.isArray(value)) return value.map((item) => jsonValue(item));
  if (value instanceof Map)
    return new Map([...(value as Map<PyValue, PyValue>)].map(([key, item]) => [key, jsonValue(item)]));
  if (!isRecord(value)) return value as PyValue;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, jsonValue(item)])) as PyRecord;
}

function isScalar(value: unknown, compatibility: MlflowGeneration): boolean {
  if (value instanceof Date) return compatibility === '3';
  if (value instanceof PyDateTime) return compatibility === '3' && !value.isDateOnly;
  if (value instanceof PyFloat || value instanceof Uint8Array) return true;
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
}

const qualifiedNames: Readonly<Record<string, string>> = {
  date: 'datetime.date',
  datetime: 'datetime.datetime',
};

function unsupportedType(value: unknown, compatibility: MlflowGeneration): MlflowError {
  const name = pythonTypeName(value);
  const added = compatibility === '3' ? '- datetime.datetime\n- pydantic model instance\n' : '';
  return MlflowError.invalidParameter(
    'Expected one of the following types:\n- pandas.DataFrame\n- numpy.ndarray\n' +
      '- dictionary of (name -> numpy.ndarray)\n- scipy.sparse.csr_matrix\n- scipy.sparse.csc_matrix\n- dict\n- list\n' +
      `- scalars\n${added}but got '<class '${qualifiedNames[name] ?? name}'>'`,
  );
}
