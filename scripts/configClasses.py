"""Prints what transformers' configuration classes default to, as JSON; `configClasses.mjs` makes a TypeScript table of it."""
import dataclasses, inspect, json, re, sys, warnings

warnings.filterwarnings("ignore")
import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

BASE = getattr(transformers, "PreTrainedConfig", None) or transformers.PretrainedConfig
TRAINING_ONLY = re.compile(r"drop|initializer|init_std|^init_|^mask_|^ctc_|quantizer|codevector|negatives|contrastive|diversity|tdnn|xvector|apply_spec|sparse_pred|flash_attn|pretraining_tp|use_cache|output_router|router_")


def fields(config_class):
    """Parameters of the class with their defaults, without those that all classes have."""
    if dataclasses.is_dataclass(config_class):
        generic = {field.name: field.default for field in dataclasses.fields(BASE)}
        for field in dataclasses.fields(config_class):
            factory = field.default_factory
            default = factory() if factory is not dataclasses.MISSING else field.default
            if field.name not in generic or generic[field.name] != default:
                yield field.name, default
    else:
        for name, parameter in inspect.signature(config_class.__init__).parameters.items():
            if parameter.default is not inspect.Parameter.empty:
                yield name, parameter.default


def describe(config_class):
    described = {"defaults": {name: value for name, value in fields(config_class) if value is not None and not TRAINING_ONLY.search(name)}}
    if config_class.attribute_map:
        described["aliases"] = dict(config_class.attribute_map)
    theta = getattr(config_class, "default_theta", None)
    if theta not in (None, getattr(BASE, "default_theta", None)):
        described["defaults"]["default_theta"] = theta
    return described


classes = {}
for model_type in json.load(sys.stdin):
    try:
        classes[model_type] = describe(CONFIG_MAPPING[model_type])
    except KeyError:
        continue
print(json.dumps({"version": transformers.__version__, "classes": classes}))
