"""Prints which model classes the pipelines of every task load, as JSON; `autoModels.mjs` makes a TypeScript table of it."""
import json, warnings

warnings.filterwarnings("ignore")
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
print(json.dumps({"tasks": tasks, "models": models}))
