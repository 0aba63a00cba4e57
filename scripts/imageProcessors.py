"""Prints what transformers' image processors of image classification default to, as JSON; `imageProcessors.mjs` makes a table of it."""
import inspect, json, warnings

warnings.filterwarnings("ignore")
import transformers
from transformers.models.auto.image_processing_auto import IMAGE_PROCESSOR_MAPPING_NAMES
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES

NAMES = ["do_resize", "size", "default_to_square", "resample", "do_center_crop", "crop_size", "crop_pct", "do_rescale", "rescale_factor", "rescale_offset", "do_normalize", "image_mean", "image_std", "include_top",
         "do_flip_channel_order", "size_divisor", "do_thumbnail", "do_align_long_axis", "do_pad", "do_color_quantize", "resize_short"]


def plain(value):
    if isinstance(value, tuple):
        return list(value)
    return int(value) if hasattr(value, "name") and isinstance(value, int) else value


def describe(processor_class):
    """Of class attributes (transformers 5) or of what an instance without arguments holds (transformers 4)."""
    if int(transformers.__version__.split(".")[0]) >= 5:
        found = {name: getattr(processor_class, name, None) for name in NAMES}
    else:
        found = processor_class().to_dict()
        found["default_to_square"] = "default_to_square=False" not in inspect.getsource(processor_class.__init__)
    return {name: plain(found[name]) for name in NAMES if found.get(name) is not None}


processors, by_type = {}, {}
for model_type in MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES:
    names = IMAGE_PROCESSOR_MAPPING_NAMES.get(model_type)
    name = names.get("pil") or names.get("torchvision") if isinstance(names, dict) else names and names[0]
    plain_name = (name or "").removesuffix("Pil")
    if not name or plain_name in ("TimmWrapperImageProcessor", "Siglip2ImageProcessor", "Gemma3ImageProcessor"):
        continue
    by_type[model_type] = plain_name
    try:
        processors[plain_name] = describe(getattr(transformers, name))
    except (AttributeError, ImportError):
        del by_type[model_type]
print(json.dumps({"version": transformers.__version__, "processors": processors, "types": by_type}))
