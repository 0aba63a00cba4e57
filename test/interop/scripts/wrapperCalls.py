"""What mlflow.transformers' pyfunc wrapper hands to a pipeline, and what it makes of the answer; the pipelines are stand-ins."""
import base64, io, json, logging, math, sys, warnings

warnings.filterwarnings("ignore")
import numpy as np
import pandas as pd
import transformers
from mlflow.pyfunc.scoring_server import predictions_to_json
from mlflow.transformers import _TransformersWrapper

logging.disable(logging.CRITICAL)


def decode(value):
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    inner = value["v"]
    if value["$"] == "dict":
        return {decode(key): decode(item) for key, item in inner}
    if value["$"] == "bytes":
        return base64.b64decode(inner)
    if value["$"] == "float":
        return float(inner)
    if value["$"] == "set":
        return set(inner)
    if value["$"] == "array":
        return np.array(decode(inner), dtype=value["dtype"]).reshape(value["shape"])
    return pd.DataFrame({decode(column["name"]): decode(column["v"]) for column in inner})


def encode(value):
    if isinstance(value, (bytes, bytearray)):
        return {"$": "bytes", "v": base64.b64encode(value).decode()}
    if isinstance(value, np.ndarray):
        return {"$": "array", "v": encode(value.tolist())}
    if isinstance(value, np.generic):
        return encode(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {"$": "dict", "v": [[encode(key), encode(item)] for key, item in value.items()]}
    if isinstance(value, (list, tuple, set)):
        return [encode(item) for item in value]
    return value


class Tokenizer:
    """Characters as ids."""

    def __call__(self, text, return_tensors=None, **kwargs):
        ids = [ord(character) for character in text]
        return {"input_ids": np.array([ids]) if return_tensors else ids}

    def decode(self, ids, **kwargs):
        return "".join(chr(i) for i in ids)

    def apply_chat_template(self, messages, **kwargs):
        return "".join(f"{message['role']}:{message['content']};" for message in messages)


def stand_in(instance_type, task, reply, calls):
    base = getattr(transformers, instance_type, object)

    class StandIn(base):
        def __init__(self):
            self.task = task
            self.tokenizer = Tokenizer()
            self.framework = "pt"

        def __call__(self, *inputs, **kwargs):
            calls.append((inputs, kwargs))
            if isinstance(reply, dict) and "raise" in reply:
                raise ValueError(reply["raise"])
            return reply

    StandIn.__name__ = instance_type
    return StandIn()


def answer(question):
    calls = []
    result = {}
    reply = decode(question["reply"])
    try:
        wrapper = _TransformersWrapper(
            stand_in(question["instanceType"], question["task"], reply, calls),
            flavor_config=question["flavorConfig"], model_config=question["modelConfig"], prompt_template=question["promptTemplate"],
        )
        output = wrapper.predict(decode(question["data"]), question["params"])
        out = io.StringIO()
        predictions_to_json(output, out)
        # JavaScript's JSON knows no NaN.
        result["predictions"] = json.loads(out.getvalue(), parse_constant=lambda name: None)["predictions"]
    except Exception as error:
        result["error"] = str(error)
        result["code"] = getattr(error, "error_code", None)
    if calls:
        inputs, kwargs = calls[0]
        config = {**(question["modelConfig"] or {}), **(question["params"] or {})}
        own = {key: value for key, value in kwargs.items() if inputs or key in config or key in ("return_tensors", "max_new_tokens")}
        fields = {key: value for key, value in kwargs.items() if key not in own}
        result["input"] = encode(inputs[0] if inputs else fields)
        result["kwargs"] = encode(own)
    return result


print(json.dumps([answer(question) for question in json.load(sys.stdin)]))
