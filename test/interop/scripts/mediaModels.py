"""Logs tiny random models of images and sounds with real MLflow and tells what they answer through mlflow.pyfunc."""
import base64, io, json, logging, os, sys, warnings

warnings.filterwarnings("ignore")
import numpy as np
import torch
import transformers as T
import mlflow
from mlflow.models import infer_signature
from mlflow.pyfunc.scoring_server import predictions_to_json
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

logging.disable(logging.CRITICAL)
T.logging.set_verbosity_error()
question = json.load(sys.stdin)
root = question["folder"]
os.makedirs(root, exist_ok=True)
MAJOR = int(T.__version__.split(".")[0])
torch.manual_seed(3)
rng = np.random.default_rng(1)


def spread(model, factor):
    with torch.no_grad():
        for p in model.parameters():
            if p.ndim > 1:
                p.mul_(factor)
    return model.eval()


answer = []


def run(name, pipe, inputs, **save):
    path = f"{root}/{name}"
    pipe.model.name_or_path = "tiny"
    record = {"name": name, "path": path, "predictions": []}
    answer.append(record)
    try:
        mlflow.transformers.save_model(pipe, path, pip_requirements=["x"], **save)
        loaded = mlflow.pyfunc.load_model(path)
    except BaseException as e:
        record["saveError"] = {"type": type(e).__name__, "message": str(e), "code": None}
        return
    for data in inputs:
        entry = {}
        if isinstance(data, np.ndarray):
            entry["samples"] = data.astype("float64").tolist()
        else:
            entry["data"] = data
        try:
            out = io.StringIO()
            predictions_to_json(loaded.predict(data), out)
            entry["predictions"] = json.loads(out.getvalue())["predictions"]
        except BaseException as e:
            entry["error"] = {"type": type(e).__name__, "code": getattr(e, "error_code", None), "message": str(e)}
        record["predictions"].append(entry)


def image_file(name, size, mode="RGB"):
    shape = (size[1], size[0], len(mode)) if len(mode) > 1 else (size[1], size[0])
    smooth = Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8), mode).resize(size)
    path = f"{root}/{name}.png"
    smooth.save(path)
    return path


files = [image_file("wide", (90, 50)), image_file("tall", (33, 71), "RGBA"), image_file("gray", (40, 40), "L")]
encoded = base64.b64encode(open(files[0], "rb").read()).decode()
lines = base64.encodebytes(open(files[0], "rb").read()).decode()


def vit(**processor):
    model = spread(T.ViTForImageClassification(T.ViTConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, image_size=32, patch_size=8, num_labels=7)), 4.0)
    return T.pipeline("image-classification", model=model, image_processor=T.ViTImageProcessor(size={"height": 32, "width": 32}, **processor))


run("vit", vit(), [files[0], files, encoded, lines, "no such file", "aGVsbG8gd29ybGQ="])
run("vit-bicubic", vit(resample=3, image_mean=[0.4, 0.5, 0.6], image_std=[0.2, 0.3, 0.25]), [files], model_config={"top_k": 2})
run("vit-none", vit(do_normalize=False), [files[1]], model_config={"function_to_apply": "none", "top_k": 100})

t = Tokenizer(models.BPE())
t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
t.train_from_iterator(["the quick brown fox jumps over a lazy dog", "hello world"] * 20, trainers.BpeTrainer(vocab_size=330, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
data = json.loads(t.to_str())["model"]
merges = [m if isinstance(m, str) else " ".join(m) for m in data["merges"]]
with open(root + "/vocab.json", "w") as f:
    json.dump(data["vocab"], f)
with open(root + "/merges.txt", "w") as f:
    f.write("#version: 0.2\n" + "\n".join(merges))
specials = ["<|startoftranscript|>", "<|en|>", "<|de|>", "<|translate|>", "<|transcribe|>", "<|notimestamps|>"]
if MAJOR < 5:
    tokenizer = T.WhisperTokenizerFast(vocab_file=root + "/vocab.json", merges_file=root + "/merges.txt", additional_special_tokens=specials)
else:
    tokenizer = T.WhisperTokenizer(vocab=data["vocab"], merges=[tuple(m.split(" ")) for m in merges], extra_special_tokens=specials)
tokenizer.add_special_tokens({"pad_token": "<|endoftext|>"})
ids = {s: tokenizer.convert_tokens_to_ids(s) for s in specials}
eos = tokenizer.convert_tokens_to_ids("<|endoftext|>")
config = T.WhisperConfig(vocab_size=len(tokenizer) + 2, d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64,
                         num_mel_bins=80, max_source_positions=1500, max_target_positions=64, decoder_start_token_id=ids["<|startoftranscript|>"], bos_token_id=eos, eos_token_id=eos, pad_token_id=eos,
                         suppress_tokens=None, begin_suppress_tokens=[eos])
whisper = spread(T.WhisperForConditionalGeneration(config), 3.0)
whisper.generation_config = T.GenerationConfig(decoder_start_token_id=ids["<|startoftranscript|>"], eos_token_id=eos, pad_token_id=eos, bos_token_id=eos, max_length=20, begin_suppress_tokens=[eos],
                                               no_timestamps_token_id=ids["<|notimestamps|>"], is_multilingual=True, lang_to_id={"<|en|>": ids["<|en|>"], "<|de|>": ids["<|de|>"]},
                                               task_to_id={"translate": ids["<|translate|>"], "transcribe": ids["<|transcribe|>"]}, num_beams=1, do_sample=False)
sounds = [(np.sin(np.arange(16000) / 16000 * 2 * np.pi * 440) * 0.4 + 0.05 * rng.standard_normal(16000)).astype("float32"), (0.1 * rng.standard_normal(24000)).astype("float32")]
asr = lambda: T.pipeline("automatic-speech-recognition", model=whisper, tokenizer=tokenizer, feature_extractor=T.WhisperFeatureExtractor())
signature = infer_signature(sounds[0], ["text"])
run("whisper", asr(), sounds, signature=signature)
run("whisper-language", asr(), sounds, signature=signature, model_config={"generate_kwargs": {"language": "en", "task": "translate"}})
features = T.WhisperFeatureExtractor()(sounds[0], sampling_rate=16000, return_tensors="np")["input_features"]
print(json.dumps({"models": answer, "features": {"samples": sounds[0].astype("float64").tolist(), "values": features[0][:, ::50].astype("float64").tolist()}}))
