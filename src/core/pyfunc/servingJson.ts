import { DataFrame, Series } from '../signature/dataFrame.js';
import { NdArray, NumpyScalar } from '../signature/ndArray.js';
import { dictEntries, pythonKind, toPlain } from '../signature/pythonValue.js';

/**
 * What MLflow's scoring server puts under `predictions`: frames as records, arrays as lists. Numbers that are not finite
 * stay numbers. Source: mlflow.utils.proto_json_utils `_get_jsonable_obj` and NumpyEncoder.
 */
export function toServingJson(value: unknown): unknown {
  if (value instanceof DataFrame) return value.toRecords().map(plain);
  if (value instanceof Series) return value.values.map((item) => ({ [String(value.name ?? 0)]: plain(item) }));
  return plain(value);
}

function plain(value: unknown): unknown {
  // Numbers and texts are plain already; only arrays of objects hold more.
  if (value instanceof NdArray) return value.dtype === 'object' ? plain(value.toList()) : value.toList();
  if (value instanceof NumpyScalar) return plain(value.value);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  const kind = pythonKind(value);
  if (kind === 'ndarray') return Array.from(value as ArrayLike<unknown>, plain);
  if (kind === 'dict') return Object.fromEntries(dictEntries(value).map(([key, item]) => [String(key), plain(item)]));
  return toPlain(value);
}
