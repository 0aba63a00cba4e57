import type { PythonGeneration } from '../helpers/environment.js';
import { runPython } from '../helpers/python.js';

/** What both sides answer to one question: a value, or the text and code of an error. */
export type Answer = { value: unknown } | { error: string; code: string };

export interface Question {
  op: 'infer' | 'enforce' | 'params' | 'serve' | 'read' | 'llm' | 'defaults';
  args: unknown[];
}

const script = String.raw`
import sys, json, base64, datetime as dt, warnings, logging, math
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
import numpy as np, pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature, infer_signature
from mlflow.models.utils import _enforce_params_schema
from mlflow.pyfunc import _validate_prediction_input
from mlflow.pyfunc import scoring_server

def decode(v):
    if isinstance(v, list):
        return [decode(x) for x in v]
    if not isinstance(v, dict):
        return v
    tag = v["$"]
    if tag == "dict":
        return {decode(k): decode(x) for k, x in v["v"]}
    if tag == "float":
        return float(v["v"])
    if tag == "int":
        return int(v["v"])
    if tag == "bytes":
        return base64.b64decode(v["v"])
    if tag == "datetime":
        return dt.datetime.fromisoformat(v["v"])
    if tag == "date":
        return dt.date.fromisoformat(v["v"])
    if tag == "set":
        return set(decode(v["v"]))
    if tag == "numpy":
        return np.array([decode(v["v"])], dtype=v["dtype"])[0]
    if tag == "array":
        return np.array(decode(v["v"]), dtype=v["dtype"]).reshape(v["shape"])
    if tag == "frame":
        return pd.DataFrame({decode(c["name"]): pd.Series(decode(c["v"]), dtype=c["dtype"]) for c in v["v"]})
    if tag == "series":
        return pd.Series(decode(v["v"]), dtype=v["dtype"], name=v["name"])
    raise ValueError(tag)

def encode(v):
    if v is None or isinstance(v, (str, bool)):
        return v
    if v is pd.NaT:
        return None
    if isinstance(v, np.str_):
        return str(v)
    if isinstance(v, np.bytes_):
        v = bytes(v)
    if isinstance(v, pd.Timestamp):
        return {"$": "datetime", "v": v.to_pydatetime().isoformat()}
    if isinstance(v, np.datetime64):
        return None if np.isnat(v) else {"$": "datetime", "v": v.astype("datetime64[us]").item().isoformat()}
    if isinstance(v, np.generic):
        return encode(v.item())
    if isinstance(v, int):
        return v if abs(v) < 2**53 else {"$": "int", "v": str(v)}
    if isinstance(v, float):
        return v if math.isfinite(v) else {"$": "float", "v": str(v)}
    if isinstance(v, (bytes, bytearray)):
        return {"$": "bytes", "v": base64.b64encode(v).decode()}
    if isinstance(v, dt.datetime):
        return {"$": "datetime", "v": v.isoformat()}
    if isinstance(v, dt.date):
        return {"$": "date", "v": v.isoformat()}
    if isinstance(v, (list, tuple)):
        return [encode(x) for x in v]
    if isinstance(v, set):
        return {"$": "set", "v": [encode(x) for x in sorted(v)]}
    if isinstance(v, dict):
        return {"$": "dict", "v": [[encode(k), encode(x)] for k, x in v.items()]}
    if isinstance(v, np.ndarray):
        name = {"U": "str", "S": "bytes"}.get(v.dtype.kind, v.dtype.name)
        flat = v.reshape(-1)
        return {"$": "array", "dtype": name, "shape": list(v.shape), "v": [encode(x) for x in (flat if v.dtype.kind == "M" else flat.tolist())]}
    if isinstance(v, pd.DataFrame):
        return {"$": "frame", "index": encode(v.index.tolist()), "v": [
            {"name": encode(name), "dtype": str(v.iloc[:, i].dtype), "v": [encode(x) for x in v.iloc[:, i].tolist()]}
            for i, name in enumerate(v.columns)]}
    raise ValueError(type(v))

def signature(d):
    return ModelSignature.from_dict(d) if d is not None else None

class Meta:
    def __init__(self, s):
        self.s = s
    def get_params_schema(self):
        return self.s.params if self.s else None

def answer(op, args):
    if op == "infer":
        return infer_signature(*decode(args)).to_dict()
    if op == "enforce":
        s = signature(args[1])
        return encode(_validate_prediction_input(decode(args[0]), None, s.inputs, None)[0])
    if op == "params":
        s = signature(args[1])
        return encode(_enforce_params_schema(decode(args[0]), s.params if s else None))
    if op == "serve":
        s = signature(args[1])
        parsed = scoring_server._parse_json_data(args[0], Meta(s), s.inputs if s else None)
        data, params = _validate_prediction_input(parsed.data, parsed.params, s.inputs if s else None, s.params if s else None)
        return [encode(data), encode(params), parsed.is_unified_llm_input]
    if op == "read":
        s = signature(args[0])
        return [s.to_dict(), repr(s)]
    if op == "llm":
        from mlflow.transformers.llm_inference_utils import _SIGNATURE_FOR_LLM_INFERENCE_TASK as t
        return {k: v.to_dict() for k, v in t.items()}
    if op == "defaults":
        from mlflow.transformers.signature import _DEFAULT_SIGNATURE_FOR_TASK as t
        return {k: v.to_dict() for k, v in t.items()}
    raise ValueError(op)

out = []
for q in json.load(sys.stdin):
    try:
        out.append({"value": answer(q["op"], q["args"])})
    except MlflowException as e:
        out.append({"error": e.message, "code": e.error_code})
    except Exception as e:
        out.append({"error": str(e), "code": type(e).__name__})
print(json.dumps(out))
`;

export async function askPython(generation: PythonGeneration, questions: readonly Question[]): Promise<Answer[]> {
  return runPython<Answer[]>(generation, script, questions);
}
