"""Saves tiny random Whisper and CTC models with real MLflow and tells what their pipelines answer to sounds (.f32 files)."""
import json, logging, os, sys, warnings

warnings.filterwarnings("ignore")
import numpy as np
import torch
import transformers as T
import mlflow
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

logging.disable(logging.CRITICAL)
T.logging.set_verbosity_error()
question = json.load(sys.stdin)
root = question["folder"]
os.makedirs(root, exist_ok=True)
MAJOR = int(T.__version__.split(".")[0])
torch.set_num_threads(1)


def spread(model, factor, seed):
    torch.manual_seed(seed)
    with torch.no_grad():
        for p in model.parameters():
            if p.ndim > 1:
                p.copy_(torch.randn_like(p) * 0.02 * factor)
    return model.eval()


def sound(seconds, seed=1):
    """Tones that change five times a second, so that windows differ."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(16000 * seconds)) / 16000
    pitch = rng.uniform(120, 2000, int(seconds * 5) + 1)[(t * 5).astype(int)]
    loud = rng.uniform(0.05, 0.6, int(seconds * 5) + 1)[(t * 5).astype(int)]
    samples = (loud * np.sin(2 * np.pi * np.cumsum(pitch) / 16000) + 0.02 * rng.standard_normal(len(t))).astype("float32")
    samples.tofile(f"{root}/sound-{seed}-{seconds}.f32")
    return samples


answer = []


def run(name, pipe, calls):
    """`calls`: seed and seconds of a sound, keyword arguments of the pipeline."""
    path = f"{root}/{name}"
    pipe.model.name_or_path = "tiny"
    record = {"name": name, "path": path, "calls": []}
    answer.append(record)
    mlflow.transformers.save_model(pipe, path, pip_requirements=["x"])
    loaded = mlflow.transformers.load_model(path)
    for seed, seconds, kwargs in calls:
        entry = {"seed": seed, "seconds": seconds, "kwargs": kwargs}
        try:
            entry["answer"] = json.loads(json.dumps(loaded(sound(seconds, seed), **json.loads(json.dumps(kwargs)))))
        except BaseException as e:
            entry["error"] = {"type": type(e).__name__, "message": str(e)}
        record["calls"].append(entry)


letters = list("abcdefghijklmnopqrstuvwxyz")
specials = ["<|startoftranscript|>", "<|en|>", "<|de|>", "<|zh|>", "<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]


def whisper_tokenizer(with_timestamps):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    texts = ["the quick brown fox jumps over a lazy dog, and so on.", " hello world! (yes) it's 10.5 \"quoted\""] * 20
    t.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=330, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    data = json.loads(t.to_str())["model"]
    merges = [m if isinstance(m, str) else " ".join(m) for m in data["merges"]]
    vocab = {**data["vocab"], "<|endoftext|>": len(data["vocab"])}
    with open(root + "/vocab.json", "w") as f:
        json.dump(vocab, f)
    with open(root + "/merges.txt", "w") as f:
        f.write("#version: 0.2\n" + "\n".join(merges))
    if MAJOR < 5:
        tokenizer = T.WhisperTokenizerFast(vocab_file=root + "/vocab.json", merges_file=root + "/merges.txt", additional_special_tokens=specials)
    else:
        tokenizer = T.WhisperTokenizer(vocab=vocab, merges=[tuple(m.split(" ")) for m in merges], extra_special_tokens=specials)
    tokenizer.add_special_tokens({"pad_token": "<|endoftext|>"})
    if with_timestamps:
        tokenizer.add_tokens([T.AddedToken("<|%.2f|>" % (i * 0.02), special=False, normalized=False) for i in range(1501)])
    return tokenizer


def whisper(seed=3, factor=4.0, with_timestamps=True, generation=None, **settings):
    tokenizer = whisper_tokenizer(with_timestamps)
    ids = {s: tokenizer.convert_tokens_to_ids(s) for s in specials}
    eos = tokenizer.convert_tokens_to_ids("<|endoftext|>")
    config = T.WhisperConfig(**{**dict(
        vocab_size=ids["<|notimestamps|>"] + 1502, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64,
        num_mel_bins=80, max_source_positions=1500, max_target_positions=64, decoder_start_token_id=ids["<|startoftranscript|>"], bos_token_id=eos, eos_token_id=eos, pad_token_id=eos,
        suppress_tokens=None, begin_suppress_tokens=[eos]), **settings})
    model = spread(T.WhisperForConditionalGeneration(config), factor, seed)
    given = dict(
        decoder_start_token_id=ids["<|startoftranscript|>"], eos_token_id=eos, pad_token_id=eos, bos_token_id=eos, max_length=40, begin_suppress_tokens=[220, eos], no_timestamps_token_id=ids["<|notimestamps|>"], is_multilingual=True,
        lang_to_id={"<|en|>": ids["<|en|>"], "<|de|>": ids["<|de|>"], "<|zh|>": ids["<|zh|>"]}, task_to_id={"translate": ids["<|translate|>"], "transcribe": ids["<|transcribe|>"]},
        alignment_heads=[[0, 1], [1, 0]], max_initial_timestamp_index=50, prev_sot_token_id=ids["<|startofprev|>"], num_beams=1, do_sample=False, suppress_tokens=[ids["<|startoflm|>"], ids["<|startofprev|>"]])
    given.update(generation or {})
    model.generation_config = T.GenerationConfig(**{k: v for k, v in given.items() if v != "absent"})
    return T.pipeline("automatic-speech-recognition", model=model, tokenizer=tokenizer, feature_extractor=T.WhisperFeatureExtractor())


def words(**more):
    return {"return_timestamps": "word", **more}


run("whisper", whisper(), [
    [1, 3, {}], [2, 12.4, {}],
    [1, 3, {"return_timestamps": True}], [2, 12.4, {"return_timestamps": True}], [3, 30, {"return_timestamps": True}], [2, 5, {"return_timestamps": True, "return_language": True}],
    [1, 3, words()], [2, 12.4, words()], [4, 29.99, words(return_language=True)],
    [5, 41, {}], [5, 41, {"return_timestamps": True}], [6, 67.3, words()], [6, 67.3, {"return_language": True}],
    [5, 41, {"chunk_length_s": 10}], [5, 41, {"chunk_length_s": 10, "return_timestamps": True}], [6, 67.3, {"chunk_length_s": 30, "stride_length_s": [4, 2], "return_timestamps": True}], [5, 41, words(chunk_length_s=12, stride_length_s=3)],
    [1, 3, {"generate_kwargs": {"language": "de"}}], [1, 3, {"generate_kwargs": {"language": "german", "task": "translate"}}], [1, 3, {"generate_kwargs": {"language": "<|zh|>"}, "return_timestamps": "word"}], [1, 3, {"generate_kwargs": {"task": "transcribe"}}],
    [1, 3, {"generate_kwargs": {"language": "klingon"}}], [1, 3, {"generate_kwargs": {"language": "xx"}}], [1, 3, {"generate_kwargs": {"language": "fr"}}], [1, 3, {"generate_kwargs": {"task": "sing"}}],
    [1, 3, {"return_timestamps": "char"}], [1, 3, {"max_new_tokens": 5}], [1, 3, {"max_new_tokens": 80}], [1, 3, {"generate_kwargs": {"num_beams": 3}}], [2, 4, {"generate_kwargs": {"num_beams": 3}, "return_timestamps": True}],
    [5, 41, {"generate_kwargs": {"condition_on_prev_tokens": True}, "return_timestamps": True}], [5, 41, {"generate_kwargs": {"temperature": [0.0], "logprob_threshold": -1.0, "compression_ratio_threshold": 1.35, "no_speech_threshold": 0.00001}, "return_timestamps": True}],
    [5, 41, {"generate_kwargs": {"temperature": [0.0], "logprob_threshold": -20.0, "no_speech_threshold": 0.9}, "return_timestamps": True}],
    [1, 3, {"generate_kwargs": {"no_such_option": 1}}], [1, 3, {"no_such_option": 1}], [5, 41, {"chunk_length_s": 2, "stride_length_s": 2}], [1, 3, {"return_timestamps": False}],
    [5, 41, {"generate_kwargs": {"return_timestamps": False}}], [1, 3, {"generate_kwargs": {"prompt_condition_type": "all-segments"}}],
])
run("whisper-plain-vocabulary", whisper(seed=11, with_timestamps=False), [[1, 4, {}], [2, 5, {"return_timestamps": True}], [7, 37, words()], [3, 6, words()]])
run("whisper-beams", whisper(seed=5, generation={"num_beams": "absent"}), [[1, 3, {}], [2, 6, {"return_timestamps": True}], [5, 35, {}]])
run("whisper-forced", whisper(seed=6, generation={"forced_decoder_ids": [[1, None], [2, 336]], "max_length": 30}), [[1, 3, {}], [2, 6, {"return_timestamps": True}], [1, 3, {"generate_kwargs": {"language": "en"}}]])
run("whisper-english", whisper(seed=7, generation={"is_multilingual": False, "lang_to_id": "absent", "task_to_id": "absent", "alignment_heads": "absent"}), [[1, 3, {}], [2, 5, {"return_timestamps": True}], [1, 3, {"generate_kwargs": {"language": "en"}}], [1, 3, words()]])
run("whisper-outdated", whisper(seed=8, generation={"is_multilingual": "absent", "lang_to_id": "absent", "task_to_id": "absent", "no_timestamps_token_id": "absent", "max_initial_timestamp_index": "absent"}), [[1, 3, {}], [2, 5, {"return_timestamps": True}], [1, 3, {"generate_kwargs": {"language": "en"}}], [1, 3, {"generate_kwargs": {"task": "transcribe"}}], [5, 33, {}]])
for seed, factor in [(21, 2.5), (24, 6.0)]:
    run(f"whisper-{seed}", whisper(seed=seed, factor=factor, generation={"max_length": 60}), [[seed, 7, {}], [seed, 9, {"return_timestamps": True}], [seed, 9, words()], [seed, 45, {"return_timestamps": True}], [seed, 45, words()], [seed, 40, words(chunk_length_s=15)]])


def ctc(name, tokens, calls, nested=None, tokenizer_settings={}, **settings):
    folder = f"{root}/{name}-tokenizer"
    os.makedirs(folder, exist_ok=True)
    vocab = {token: i for i, token in enumerate(tokens)}
    with open(folder + "/vocab.json", "w") as f:
        json.dump({nested: vocab, "xx": {"a": 0}} if nested else vocab, f)
    tokenizer = T.Wav2Vec2CTCTokenizer(folder + "/vocab.json", target_lang=nested, **tokenizer_settings)
    config = T.Wav2Vec2Config(vocab_size=len(tokens), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, conv_dim=[16] * 4, conv_kernel=[10, 3, 3, 2], conv_stride=[5, 4, 4, 2],
                              num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2, **settings)
    model = spread(T.Wav2Vec2ForCTC(config), 6.0, 5)
    pipe = T.pipeline("automatic-speech-recognition", model=model, tokenizer=tokenizer, feature_extractor=T.Wav2Vec2FeatureExtractor(do_normalize=True, return_attention_mask=False))
    run(name, pipe, calls)


everything = [[1, 1.3, {}], [2, 2.5, {"return_timestamps": "char"}], [2, 2.5, {"return_timestamps": "word"}], [3, 7, {"chunk_length_s": 2}], [3, 7.3, {"chunk_length_s": 2, "stride_length_s": [0.5, 0.2], "return_timestamps": "word"}],
              [1, 1, {"return_timestamps": True}], [1, 1, {"return_timestamps": False}], [1, 1, {"return_language": True}], [3, 4, {"chunk_length_s": 1, "stride_length_s": 1}]]
ctc("ctc", ["<pad>", "<s>", "</s>", "<unk>", "|"] + [c.upper() for c in letters[:8]], everything)
ctc("ctc-lower", ["|", "[PAD]", "[UNK]"] + [c.upper() for c in letters[:10]] + [".", "'"], everything[:4], tokenizer_settings={"pad_token": "[PAD]", "unk_token": "[UNK]", "do_lower_case": True})
ctc("ctc-nested", ["<pad>", "<s>", "</s>", "<unk>", "|", "a", "b", "é", "long"], everything[:3], nested="eng", feat_extract_norm="layer", do_stable_layer_norm=True)
ctc("ctc-delimiter", ["<pad>", "<unk>", " "] + letters[:5], everything[:3], tokenizer_settings={"word_delimiter_token": " "})
print(json.dumps({"models": answer}))
