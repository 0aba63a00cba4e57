"""What transformers' image processors make of images: for each its saved configuration and, in files, the values that the model takes."""
import base64, io, json, logging, os, sys, warnings

warnings.filterwarnings("ignore")
import numpy as np
import transformers as T
from PIL import Image

logging.disable(logging.CRITICAL)
T.logging.set_verbosity_error()
question = json.load(sys.stdin)
MAJOR = int(T.__version__.split(".")[0])
rng = np.random.default_rng(7)


def picture(width, height):
    y, x = np.mgrid[0:height, 0:width]
    planes = [127 + 110 * np.sin(x / (5 + 3 * c)) * np.cos(y / (4 + 2 * c)) + rng.normal(0, 8, (height, width)) for c in range(3)]
    return Image.fromarray(np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8))


pictures = [picture(90, 50), picture(33, 71), picture(32, 32), picture(20, 15), picture(101, 100)]


answer = []


def check(name, **settings):
    processor_class = getattr(T, name + "Pil", None) if MAJOR >= 5 else getattr(T, name, None)
    if processor_class is None:
        return
    processor = processor_class(**settings)
    folder = f"{question['folder']}/{len(answer)}"
    processor.save_pretrained(folder)
    results = []
    for index, image in enumerate(pictures):
        try:
            values = processor(image, return_tensors="np")
            (key,) = values.keys()
            array = values[key].astype("int64" if key == "input_ids" else "float32")
            array.tofile(f"{folder}/{index}.bin")
            results.append({"image": index, "name": key, "dims": list(array.shape)})
        except BaseException as e:
            results.append({"image": index, "error": f"{type(e).__name__}: {e}"})
    answer.append({"class": type(processor).__name__, "settings": json.dumps(settings), "folder": folder, "results": results})


small = {"height": 32, "width": 32}
for resample in range(6):
    check("ViTImageProcessor", size=small, resample=resample)
check("ViTImageProcessor", size={"height": 40, "width": 24})
check("ViTImageProcessor", size=small, do_normalize=False)
check("ViTImageProcessor", size=small, do_rescale=False)
check("ViTImageProcessor", size=small, rescale_factor=1 / 127.5, image_mean=[0.1, 0.2, 0.3], image_std=[0.9, 0.8, 0.7])
check("ViTImageProcessor", do_resize=False)
check("ViTImageProcessor", size=36)
check("ViTImageProcessor")
check("DeiTImageProcessor", size={"height": 40, "width": 40}, crop_size=small)
check("DeiTImageProcessor", size={"height": 40, "width": 40}, crop_size={"height": 48, "width": 30})
check("DeiTImageProcessor", do_resize=False, crop_size={"height": 41, "width": 37})
check("DeiTImageProcessor")
check("BeitImageProcessor", size={"height": 37, "width": 37}, crop_size=small, do_center_crop=True)
check("BeitImageProcessor")
check("ConvNextImageProcessor", size={"shortest_edge": 32}, crop_pct=0.875)
check("ConvNextImageProcessor", size={"shortest_edge": 31}, crop_pct=0.95, resample=3)
check("ConvNextImageProcessor", size={"shortest_edge": 384})
for name in ["BitImageProcessor", "CLIPImageProcessor", "MobileNetV1ImageProcessor", "MobileNetV2ImageProcessor", "LevitImageProcessor", "EfficientFormerImageProcessor", "ViTHybridImageProcessor"]:
    check(name, size={"shortest_edge": 36}, crop_size=small)
    check(name, size={"shortest_edge": 33}, do_center_crop=False)
    check(name)
check("MobileViTImageProcessor", size={"shortest_edge": 36}, crop_size=small)
check("MobileViTImageProcessor", size={"shortest_edge": 36}, crop_size=small, do_flip_channel_order=False)
check("PerceiverImageProcessor", size=small, crop_size={"height": 40, "width": 40})
check("PerceiverImageProcessor")
check("PoolFormerImageProcessor", size={"shortest_edge": 32}, crop_size=small)
check("PoolFormerImageProcessor", size={"height": 32, "width": 32}, crop_size=small, crop_pct=0.8)
check("PoolFormerImageProcessor", size={"height": 32, "width": 40}, crop_size=small, crop_pct=0.8)
check("PvtImageProcessor", size=small)
check("SegformerImageProcessor", size=small)
check("SiglipImageProcessor", size=small)
check("EfficientNetImageProcessor", size=small)
check("EfficientNetImageProcessor", size={"height": 40, "width": 40}, crop_size=small, do_center_crop=True, rescale_factor=1 / 127.5, rescale_offset=True, include_top=False, do_normalize=False)
check("EfficientNetImageProcessor", size=small, do_normalize=False, include_top=True)
check("TextNetImageProcessor", size={"shortest_edge": 50})
if MAJOR >= 5:
    check("DonutImageProcessor", size={"height": 80, "width": 60}, do_align_long_axis=True)
    check("DonutImageProcessor", size={"height": 60, "width": 80})
check("ImageGPTImageProcessor", clusters=rng.uniform(-1, 1, (16, 3)).tolist(), size={"height": 8, "width": 8})
print(json.dumps({"pictures": [{"width": p.width, "height": p.height, "samples": base64.b64encode(p.tobytes()).decode()} for p in pictures], "processors": answer}))
