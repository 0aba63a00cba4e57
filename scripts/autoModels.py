"""Prints which model classes the pipelines of every task load, and which of their parts stay in single precision, as JSON; `autoModels.mjs` makes a TypeScript table of it."""
import json, warnings

warnings.filterwarnings("ignore")
import transformers
from transformers.models.auto.modeling_auto import AutoModel
from transformers.pipelines import SUPPORTED_TASKS


def names(auto_class):
    """The classes of each model type."""
    found = auto_class._model_mapping._model_mapping.items()
    return {model_type: [entry] if isinstance(entry, str) else list(entry) for model_type, entry in found}


tasks, models = {}, {"AutoModel": names(AutoModel)}
for task, entry in SUPPORTED_TASKS.items():
    tasks[task] = [auto_class.__name__ for auto_class in entry["pt"]]
    models.update({auto_class.__name__: names(auto_class) for auto_class in entry["pt"]})


def kept_in_single(attribute):
    """Names of modules by model type."""
    found = {}
    for classes_by_type in models.values():
        for model_type, classes in classes_by_type.items():
            for name in classes:
                try:
                    parts = getattr(getattr(transformers, name), attribute, None)
                except Exception:
                    continue
                found.setdefault(model_type, set()).update(parts or [])
    return {model_type: sorted(parts) for model_type, parts in found.items() if parts}


single = {"half": kept_in_single("_keep_in_fp32_modules"), "strict": kept_in_single("_keep_in_fp32_modules_strict")}
print(json.dumps({"tasks": tasks, "models": models, "single": single}))
