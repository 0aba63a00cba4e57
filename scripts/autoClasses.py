"""Prints which classes transformers' Auto classes choose, as JSON; `autoClasses.mjs` makes a TypeScript table of it."""
import json, sys, warnings

warnings.filterwarnings("ignore")
import transformers
from transformers.models.auto import configuration_auto, feature_extraction_auto, image_processing_auto, processing_auto, tokenization_auto

MAJOR = int(transformers.__version__.split(".")[0])
asked = json.load(sys.stdin)


def tokenizer_name(name):
    try:
        found = tokenization_auto.tokenizer_class_from_name(name)
    except Exception:
        return None
    return getattr(found, "__name__", None)


def loadable(name):
    try:
        return getattr(transformers, name).__name__
    except Exception:
        return None


def declared_by_config(key):
    """Tokenizer classes that a configuration class names by itself."""
    found = {}
    for model_type in configuration_auto.CONFIG_MAPPING_NAMES:
        try:
            value = getattr(configuration_auto.CONFIG_MAPPING[model_type](), key, None)
        except Exception:
            continue
        if isinstance(value, str):
            found[model_type] = value
    return found


def name_of(value):
    if isinstance(value, dict):
        return value.get("pil") or value.get("torchvision")
    return next((x for x in value if x), None) if isinstance(value, (tuple, list)) else value


by_type = {}
names = set(asked["names"])
for model_type, entry in tokenization_auto.TOKENIZER_MAPPING_NAMES.items():
    by_type[model_type] = list(entry) if isinstance(entry, tuple) else entry
    for name in entry if isinstance(entry, tuple) else [entry]:
        if name:
            names.update([name, name.removesuffix("Fast"), name.removesuffix("Fast") + "Fast"])
print(json.dumps({
    "tokenizerByModelType": by_type,
    "tokenizerByName": {name: tokenizer_name(name) for name in sorted(names)},
    "loadable": {name: loadable(name) for name in sorted(names)},
    "tokenizerOfConfig": declared_by_config("tokenizer_class"),
    "wrongOnHub": sorted(getattr(tokenization_auto, "MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS", [])),
    "imageProcessors": {k: name_of(v) for k, v in image_processing_auto.IMAGE_PROCESSOR_MAPPING_NAMES.items()},
    "featureExtractors": dict(feature_extraction_auto.FEATURE_EXTRACTOR_MAPPING_NAMES),
    "processors": dict(processing_auto.PROCESSOR_MAPPING_NAMES),
}))
