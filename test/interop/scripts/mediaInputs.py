"""Logs tiny models of sounds and images with real MLflow and tells what they answer to every kind of input through mlflow.pyfunc."""
import base64, io, json, logging, os, shutil, stat, sys, warnings, wave

warnings.filterwarnings("ignore")
import numpy as np
import torch
import transformers as T
import mlflow
from mlflow.models import ModelSignature, infer_signature
from mlflow.pyfunc.scoring_server import predictions_to_json
from mlflow.types.schema import ColSpec, DataType, Schema
from PIL import Image

logging.disable(logging.CRITICAL)
T.logging.set_verbosity_error()
question = json.load(sys.stdin)
root, server = question["folder"], question["server"]
os.makedirs(root, exist_ok=True)
MAJOR = int(T.__version__.split(".")[0])
rng = np.random.default_rng(2)

STAND_IN = '''#!%s
"""In place of an ffmpeg that is not installed: mono 16-bit WAV at 16 kHz from stdin as floats."""
import array, io, sys, wave
try:
    with wave.open(io.BytesIO(sys.stdin.buffer.read())) as w:
        assert (w.getnchannels(), w.getsampwidth(), w.getframerate()) == (1, 2, 16000) and sys.argv[1:7] == "-i pipe:0 -ac 1 -ar 16000".split()
        samples = array.array("h", w.readframes(w.getnframes()))
    sys.stdout.buffer.write(array.array("f", [s / 32768 for s in samples]).tobytes())
except Exception:
    sys.exit(1)
'''
if shutil.which("ffmpeg") is None:
    os.makedirs(root + "/bin")
    with open(root + "/bin/ffmpeg", "w") as f:
        f.write(STAND_IN % sys.executable)
    os.chmod(root + "/bin/ffmpeg", stat.S_IRWXU)
    os.environ["PATH"] = root + "/bin" + os.pathsep + os.environ["PATH"]


def spread(model, factor, seed=3):
    torch.manual_seed(seed)
    with torch.no_grad():
        for p in model.parameters():
            if p.ndim > 1:
                p.copy_(torch.randn_like(p) * 0.02 * factor)
    return model.eval()


def sound(seconds, pitch):
    t = np.arange(int(16000 * seconds)) / 16000
    return (0.4 * np.sin(2 * np.pi * pitch * t * (1 + t)) + 0.02 * rng.standard_normal(len(t))).astype("float32")


def wav(name, samples):
    with wave.open(f"{root}/{name}", "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(16000)
        w.writeframes((samples * 32767).astype("<i2").tobytes())
    return f"{root}/{name}"


answer = []


def encode(data):
    """JSON for inputs: bytes and arrays as objects of one key."""
    if isinstance(data, bytes):
        return {"bytes": base64.b64encode(data).decode()}
    if isinstance(data, np.ndarray):
        return {"floats": base64.b64encode(data.astype("float32").tobytes()).decode()}
    return [encode(item) for item in data] if isinstance(data, list) else data


def run(name, pipe, inputs, **save):
    """`inputs`: what it is, the data, and params of predict."""
    path = f"{root}/{name}"
    pipe.model.name_or_path = "tiny"
    record = {"name": name, "path": path, "calls": []}
    answer.append(record)
    mlflow.transformers.save_model(pipe, path, pip_requirements=["x"], **save)
    loaded = mlflow.pyfunc.load_model(path)
    for what, data, *params in inputs:
        entry = {"what": what, "data": encode(data), "params": params[0] if params else None}
        try:
            out = io.StringIO()
            predictions_to_json(loaded.predict(data, **({"params": params[0]} if params else {})), out)
            entry["predictions"] = json.loads(out.getvalue())["predictions"]
        except BaseException as e:
            entry["error"] = {"type": type(e).__name__, "code": getattr(e, "error_code", None), "message": str(e)}
        record["calls"].append(entry)


first, second = sound(1.4, 300), sound(2.1, 500)
files = [wav("first.wav", first), wav("second.wav", second)]
first_bytes, second_bytes = (open(file, "rb").read() for file in files)
text_in = ModelSignature(inputs=Schema([ColSpec(DataType.string)]), outputs=Schema([ColSpec(DataType.string)]))

letters = ["<pad>", "<s>", "</s>", "<unk>", "|"] + list("abcdefgh")
with open(root + "/vocab.json", "w") as f:
    json.dump({token: i for i, token in enumerate(letters)}, f)
speech_size = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, conv_dim=[16] * 4, conv_kernel=[10, 3, 3, 2], conv_stride=[5, 4, 4, 2], num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2)


def whisper():
    """Byte-level tokens; every text begins with a space."""
    from tokenizers import pre_tokenizers
    vocab = {c: i for i, c in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    for token in ["Ġhi", "Ġa", "Ġb"]:
        vocab[token] = len(vocab)
    merges = [("Ġ", "a"), ("Ġ", "b")]
    vocab["<|endoftext|>"] = len(vocab)
    specials = ["<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|notimestamps|>"]
    with open(root + "/whisper-vocab.json", "w") as f:
        json.dump(vocab, f)
    with open(root + "/whisper-merges.txt", "w") as f:
        f.write("#version: 0.2\n" + "\n".join(" ".join(m) for m in merges))
    if MAJOR < 5:
        tokenizer = T.WhisperTokenizerFast(vocab_file=root + "/whisper-vocab.json", merges_file=root + "/whisper-merges.txt", additional_special_tokens=specials)
    else:
        tokenizer = T.WhisperTokenizer(vocab=vocab, merges=merges, extra_special_tokens=specials)
    tokenizer.add_special_tokens({"pad_token": "<|endoftext|>"})
    ids = {s: tokenizer.convert_tokens_to_ids(s) for s in specials}
    eos = tokenizer.convert_tokens_to_ids("<|endoftext|>")
    config = T.WhisperConfig(vocab_size=ids["<|notimestamps|>"] + 1502, d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64, max_source_positions=1500, max_target_positions=64,
                             decoder_start_token_id=ids["<|startoftranscript|>"], bos_token_id=eos, eos_token_id=eos, pad_token_id=eos, suppress_tokens=None, begin_suppress_tokens=[eos])
    model = spread(T.WhisperForConditionalGeneration(config), 5.0)
    # The first token is always a space with a letter.
    first_tokens = [vocab["Ġa"], vocab["Ġb"], vocab["Ġhi"]]
    model.generation_config = T.GenerationConfig(decoder_start_token_id=ids["<|startoftranscript|>"], eos_token_id=eos, pad_token_id=eos, bos_token_id=eos, max_length=20, num_beams=1, do_sample=False, alignment_heads=[[0, 0], [0, 1]],
                                                 begin_suppress_tokens=[i for i in range(eos + 1) if i not in first_tokens], suppress_tokens=[ids["<|en|>"], ids["<|transcribe|>"]],
                                                 no_timestamps_token_id=ids["<|notimestamps|>"], is_multilingual=True, lang_to_id={"<|en|>": ids["<|en|>"]}, task_to_id={"transcribe": ids["<|transcribe|>"]}, max_initial_timestamp_index=50)
    return T.pipeline("automatic-speech-recognition", model=model, tokenizer=tokenizer, feature_extractor=T.WhisperFeatureExtractor())


sounds = [("bytes", first_bytes), ("base64 bytes", base64.b64encode(first_bytes)), ("several sounds", [first_bytes, second_bytes]), ("no sound", b"these bytes are no sound"), ("an array", first), ("nothing", b"")]
paths = [("a file", files[0]), ("files", files), ("a URL", server + "/first.wav"), ("a URL of nothing", server + "/missing"), ("no file", "no/such/file.wav"), ("a URI without a scheme", "//host/x"), ("a URI without a host", "https:///x"), ("a long text", "x" * 50)]
arrays = [("an array", first), ("a longer array", second), ("arrays", [first, second])]
run("whisper", whisper(), sounds)
run("whisper-files", whisper(), paths, signature=text_in)
run("whisper-arrays", whisper(), arrays, signature=infer_signature(first, ["text"]))
run("whisper-words", whisper(), [("bytes", first_bytes), ("several sounds", [first_bytes, second_bytes])], model_config={"return_timestamps": "word"})
run("whisper-segments", whisper(), [("bytes", first_bytes)], model_config={"return_timestamps": True})
run("whisper-params", whisper(), [("without params", first_bytes), ("word timestamps", first_bytes, {"return_timestamps": "word"}), ("shorter", first_bytes, {"max_new_tokens": 3})],
    signature=ModelSignature(inputs=Schema([ColSpec(DataType.binary)]), outputs=Schema([ColSpec(DataType.string)]), params=infer_signature("x", "x", {"return_timestamps": "word", "max_new_tokens": 8}).params))


def ctc():
    config = T.Wav2Vec2Config(vocab_size=len(letters), **speech_size)
    return T.pipeline("automatic-speech-recognition", model=spread(T.Wav2Vec2ForCTC(config), 6.0, 5), tokenizer=T.Wav2Vec2CTCTokenizer(root + "/vocab.json"), feature_extractor=T.Wav2Vec2FeatureExtractor())


run("ctc", ctc(), sounds)
run("ctc-words", ctc(), sounds[:3], model_config={"return_timestamps": "word"})
run("ctc-characters", ctc(), sounds[:1], model_config={"return_timestamps": "char", "chunk_length_s": 0.5})


def classifier(**config):
    config = T.Wav2Vec2Config(num_labels=7, classifier_proj_size=16, id2label={i: f"sound {i}" for i in range(7)}, **speech_size, **config)
    return T.pipeline("audio-classification", model=spread(T.Wav2Vec2ForSequenceClassification(config), 6.0, 8), feature_extractor=T.Wav2Vec2FeatureExtractor())


run("classification", classifier(), sounds)
run("classification-files", classifier(), paths, signature=text_in)
run("classification-arrays", classifier(), arrays, signature=infer_signature(first, ["text"]))
for name, settings in [("top", {"top_k": 3}), ("all", {"top_k": 50}), ("sigmoid", {"function_to_apply": "sigmoid"}), ("none", {"function_to_apply": "none", "top_k": 2}), ("wrong", {"function_to_apply": "cosine"})]:
    run(f"classification-{name}", classifier(), sounds[:1], model_config=settings)
run("classification-several-labels", classifier(problem_type="multi_label_classification"), sounds[:1])

picture = Image.fromarray(rng.integers(0, 256, (40, 60, 3), dtype=np.uint8))
picture.save(root + "/picture.png")
picture.rotate(90, expand=True).save(root + "/turned.jpg")
pictures = [root + "/picture.png", root + "/turned.jpg"]
encoded = base64.b64encode(open(pictures[0], "rb").read()).decode()
lines = base64.encodebytes(open(pictures[0], "rb").read()).decode()
vit = T.ViTForImageClassification(T.ViTConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, image_size=32, patch_size=8, num_labels=7))
images = T.pipeline("image-classification", model=spread(vit, 8.0), image_processor=T.ViTImageProcessor(size={"height": 32, "width": 32}))
run("images", images, [("a file", pictures[0]), ("files", pictures), ("a URL", server + "/picture.png"), ("base64 in one line", encoded), ("base64 in lines", lines), ("a data URI", "data:image/png;base64," + encoded), ("base64 of no image", base64.b64encode(b"no image").decode()),
                       ("no file", "no/such/file.png"), ("a URI without a scheme", "//host/x"), ("a URI without a host", "https:///x"), ("records", [{"image": pictures[0]}]), ("bytes", open(pictures[0], "rb").read())])
table = ["", "aGVsbG8=", "aGVsbG8", "aGVs bG8=", "hello", "hell", "/tmp/x", "https://host/x.png", encoded, lines, lines.strip(), encoded[:-1], "aGVsbG8=\n", "ébase", "a" * 76 + "\n" + "bbbb\n", "aaaa\nbbbb\n"]
from mlflow.transformers import _TransformersWrapper

detected = []
for text in table:
    try:
        detected.append(_TransformersWrapper.is_base64_image(text))
    except BaseException as e:
        detected.append(f"{type(e).__name__}: {e}")
print(json.dumps({"models": answer, "table": [[text, found] for text, found in zip(table, detected)]}))
