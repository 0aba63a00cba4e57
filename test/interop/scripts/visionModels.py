"""Logs tiny image classifiers of many architectures with real MLflow and tells what they answer through mlflow.pyfunc."""
import io, json, logging, os, sys, warnings

warnings.filterwarnings("ignore")
import numpy as np
import torch
import transformers as T
import mlflow
from mlflow.pyfunc.scoring_server import predictions_to_json
from PIL import Image

logging.disable(logging.CRITICAL)
T.logging.set_verbosity_error()
question = json.load(sys.stdin)
root = question["folder"]
os.makedirs(root, exist_ok=True)
rng = np.random.default_rng(5)
files = []
for name, (width, height) in [("wide", (90, 50)), ("tall", (47, 71))]:
    y, x = np.mgrid[0:height, 0:width]
    planes = [127 + 100 * np.sin(x / (5 + 3 * c)) * np.cos(y / (4 + 2 * c)) + rng.normal(0, 20, (height, width)) for c in range(3)]
    files.append(f"{root}/{name}.png")
    Image.fromarray(np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)).save(files[-1])


def randomize(model, factor):
    """Weights that let every part of the network show in the scores; statistics of normalizations too."""
    torch.manual_seed(9)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.ndim > 1:
                p.copy_(torch.randn_like(p) * factor / np.sqrt(max(1, p[0].numel())))
            else:
                p.copy_(torch.randn_like(p) * 0.2 + (1.0 if name.endswith("weight") else 0.0))
        for name, b in model.named_buffers():
            if name.endswith("running_mean"):
                b.copy_(torch.randn_like(b) * 0.1)
            if name.endswith("running_var"):
                b.copy_(torch.rand_like(b) + 0.5)
    return model.eval()


answer = []


def run(name, model_class, config, processor, factor=1.0):
    """Skips what the generation does not have."""
    if not hasattr(T, model_class) or not hasattr(T, processor[0]):
        return
    config_class = getattr(T, model_class).config_class
    model = randomize(getattr(T, model_class)(config_class(num_labels=6, **config)), factor)
    model.name_or_path = "tiny"
    pipe = T.pipeline("image-classification", model=model, image_processor=getattr(T, processor[0])(**processor[1]))
    path = f"{root}/{name}"
    mlflow.transformers.save_model(pipe, path, pip_requirements=["x"])
    out = io.StringIO()
    predictions_to_json(mlflow.pyfunc.load_model(path).predict(files), out)
    answer.append({"name": name, "path": path, "predictions": json.loads(out.getvalue())["predictions"]})


size = {"height": 64, "width": 64}
vit = ("ViTImageProcessor", {"size": size})
vit32 = ("ViTImageProcessor", {"size": {"height": 32, "width": 32}})
edge = ("ConvNextImageProcessor", {"size": {"shortest_edge": 64}, "crop_pct": 0.875})
crop = ("BitImageProcessor", {"size": {"shortest_edge": 70}, "crop_size": size})
stages = dict(embedding_size=8, hidden_sizes=[8, 12, 16, 24], depths=[2, 1, 2, 1])
run("resnet-basic", "ResNetForImageClassification", dict(layer_type="basic", **stages), edge)
run("resnet-bottleneck", "ResNetForImageClassification", dict(layer_type="bottleneck", **stages), edge)
run("resnet-bottleneck-first", "ResNetForImageClassification", dict(layer_type="bottleneck", downsample_in_bottleneck=True, downsample_in_first_stage=True, **stages), edge)
run("regnet-x", "RegNetForImageClassification", dict(layer_type="x", groups_width=4, **stages), edge, 1.2)
run("regnet-y", "RegNetForImageClassification", dict(layer_type="y", groups_width=4, **stages), edge, 1.5)
nexts = dict(hidden_sizes=[8, 12, 16, 24], depths=[1, 1, 2, 1], num_stages=4, patch_size=4)
run("convnext", "ConvNextForImageClassification", nexts, edge)
run("convnext-unscaled", "ConvNextForImageClassification", dict(layer_scale_init_value=0.0, **nexts), edge)
run("convnextv2", "ConvNextV2ForImageClassification", nexts, edge)
mobile = ("MobileNetV1ImageProcessor", {"size": {"shortest_edge": 70}, "crop_size": size})
run("mobilenet-v1", "MobileNetV1ForImageClassification", dict(depth_multiplier=0.25, image_size=64), mobile, 1.8)
run("mobilenet-v1-unpadded", "MobileNetV1ForImageClassification", dict(depth_multiplier=0.25, image_size=64, tf_padding=False), mobile, 1.8)
mobile2 = ("MobileNetV2ImageProcessor", {"size": {"shortest_edge": 70}, "crop_size": {"height": 65, "width": 63}})
run("mobilenet-v2", "MobileNetV2ForImageClassification", dict(depth_multiplier=0.25, image_size=64), mobile2, 1.45)
run("mobilenet-v2-unpadded", "MobileNetV2ForImageClassification", dict(depth_multiplier=0.5, image_size=64, tf_padding=False, first_layer_is_expansion=False, finegrained_output=False, output_stride=16), mobile2, 1.45)
efficient = ("EfficientNetImageProcessor", {"size": size})
run("efficientnet", "EfficientNetForImageClassification", dict(image_size=64, width_coefficient=0.3, depth_coefficient=0.5, hidden_dim=384), efficient, 1.5)
run("efficientnet-odd", "EfficientNetForImageClassification", dict(image_size=66, width_coefficient=0.3, depth_coefficient=0.5, hidden_dim=384, pooling_type="max"), ("EfficientNetImageProcessor", {"size": {"height": 66, "width": 66}}), 1.5)
trunk = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, image_size=32, patch_size=8)
run("beit", "BeitForImageClassification", dict(use_relative_position_bias=True, **trunk), ("BeitImageProcessor", {"size": {"height": 32, "width": 32}, "do_center_crop": False}))
run("beit-shared", "BeitForImageClassification", dict(use_shared_relative_position_bias=True, use_mean_pooling=False, layer_scale_init_value=0.0, **trunk), vit32)
run("beit-absolute", "BeitForImageClassification", dict(use_absolute_position_embeddings=True, **trunk), vit32)
run("data2vec-vision", "Data2VecVisionForImageClassification", dict(use_relative_position_bias=True, **trunk), vit32)
swin = dict(image_size=64, patch_size=4, embed_dim=8, depths=[2, 2], num_heads=[2, 4], window_size=4)
run("swin", "SwinForImageClassification", swin, vit)
run("swin-odd", "SwinForImageClassification", {**swin, "image_size": 54, "window_size": 5}, ("ViTImageProcessor", {"size": {"height": 54, "width": 54}}))
swin2 = {**swin, "window_size": 8}
run("swinv2", "Swinv2ForImageClassification", swin2, vit)
run("swinv2-odd", "Swinv2ForImageClassification", {**swin2, "image_size": 54, "window_size": 5, "pretrained_window_sizes": [4, 3]}, ("ViTImageProcessor", {"size": {"height": 54, "width": 54}}))
dino = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, mlp_ratio=2, image_size=48, patch_size=8)
run("dinov2-larger", "Dinov2ForImageClassification", dino, crop)
run("dinov2-smaller", "Dinov2ForImageClassification", dict(use_swiglu_ffn=True, **dino), ("BitImageProcessor", {"size": {"shortest_edge": 36}, "crop_size": {"height": 33, "width": 25}}))
run("dinov2-registers", "Dinov2WithRegistersForImageClassification", dino, ("BitImageProcessor", {"size": {"shortest_edge": 36}, "crop_size": {"height": 32, "width": 32}}))
run("siglip", "SiglipForImageClassification", dict(vision_config={**trunk, "image_size": 32}, text_config=dict(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, vocab_size=20)), ("SiglipImageProcessor", {"size": {"height": 32, "width": 32}}))
print(json.dumps(answer))
