"""Logs tiny classifiers of sounds with real MLflow and tells what they answer through mlflow.pyfunc, and what AST's feature extractor makes of sounds."""
import io, json, logging, os, sys, warnings

warnings.filterwarnings("ignore")
import numpy as np
import torch
import transformers as T
import mlflow
from mlflow.models import infer_signature
from mlflow.pyfunc.scoring_server import predictions_to_json

logging.disable(logging.CRITICAL)
T.logging.set_verbosity_error()
root = json.load(sys.stdin)["folder"]
os.makedirs(root, exist_ok=True)
rng = np.random.default_rng(11)


def sound(samples):
    """A tone that rises, with noise, a silence and a part that does not swing around zero."""
    t = np.arange(samples) / 16000
    wave = 0.3 * np.sin(2 * np.pi * (200 + 900 * t) * t) + 0.05 * rng.standard_normal(samples)
    wave[samples // 3 : samples // 2] = 0
    wave[samples // 2 :] += 0.2
    return wave.astype("float32")


sounds = {}
for samples in [16000, 7001, 900, 399, 200]:
    sounds[samples] = sound(samples)
    sounds[samples].tofile(f"{root}/{samples}.f32")


def spread(model, factor):
    torch.manual_seed(4)
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.randn_like(p) * (factor / np.sqrt(max(1, p[0].numel())) if p.ndim > 1 else 0.2) + (0 if p.ndim > 1 else 0.5))
    return model.eval()


models = []


def run(name, model, extractor, lengths):
    pipe = T.pipeline("audio-classification", model=model, feature_extractor=extractor)
    pipe.model.name_or_path = "tiny"
    path = f"{root}/{name}"
    mlflow.transformers.save_model(pipe, path, pip_requirements=["x"], signature=infer_signature(sounds[16000], ["text"]))
    loaded = mlflow.pyfunc.load_model(path)
    for samples in lengths:
        record = {"name": name, "path": path, "samples": samples}
        models.append(record)
        try:
            out = io.StringIO()
            predictions_to_json(loaded.predict(sounds[samples]), out)
            record["predictions"] = json.loads(out.getvalue())["predictions"]
        except ValueError as e:
            record["error"] = str(e)


labels = {i: f"sound {i}" for i in range(7)}
trunk = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, id2label=labels, num_labels=7)
run("ast", spread(T.ASTForAudioClassification(T.ASTConfig(max_length=64, num_mel_bins=32, **trunk)), 1.5), T.ASTFeatureExtractor(max_length=64, num_mel_bins=32), [16000, 7001, 200])
run("wavlm", spread(T.WavLMForSequenceClassification(T.WavLMConfig(conv_dim=[16] * 3, conv_kernel=[10, 3, 3], conv_stride=[5, 4, 4], num_conv_pos_embeddings=8, num_conv_pos_embedding_groups=2, classifier_proj_size=16, **trunk)), 1.5), T.Wav2Vec2FeatureExtractor(), [16000, 900])

features = []
for config in [{}, dict(max_length=40, num_mel_bins=64, mean=-3.0, std=2.0), dict(max_length=70, num_mel_bins=23, do_normalize=False), dict(sampling_rate=8000, max_length=50, num_mel_bins=40)]:
    extractor = T.ASTFeatureExtractor(**config)
    for samples in [16000, 7001, 900, 399]:
        values = extractor(sounds[samples], sampling_rate=extractor.sampling_rate, return_tensors="np")["input_values"]
        features.append({"config": extractor.to_dict(), "samples": samples, "dims": list(values.shape), "values": values.reshape(-1)[::17].astype("float64").tolist()})
print(json.dumps({"models": models, "features": features}, default=str))
