"""Writes tiny random models and tells what `generate` makes of many settings: beams, groups of beams, contrastive search."""
import copy, json, random, sys, warnings

warnings.filterwarnings("ignore")
import mlflow
import torch
import transformers as T
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

T.logging.set_verbosity_error()
# Tiny models, and other tests beside them.
torch.set_num_threads(1)
question = json.load(sys.stdin)
root = question["folder"]
MAJOR = int(T.__version__.split(".")[0])
VOCABULARY = 48
ENDS = [2, 3, 4]
rng = random.Random(11)


def spread(model, factor, seed):
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            # Attention outweighs the rest, so that no two sequences are equally probable.
            scale = 3 if "relative_attention_bias" in name else 0.05 if "DenseReluDense" in name else factor if weight.ndim > 1 else 0.1
            weight.copy_(torch.randn_like(weight) * scale + (1 if weight.ndim == 1 and weight.mean() > 0.5 else 0))
    return model.eval()


def shaken(model, seed):
    """The model as rounding on another processor might see it."""
    copy_ = copy.deepcopy(model)
    torch.manual_seed(seed)
    with torch.no_grad():
        for weight in copy_.parameters():
            weight.mul_(1 + 1e-5 * torch.randn_like(weight))
    return copy_


small = dict(vocab_size=VOCABULARY, bos_token_id=0, pad_token_id=1, eos_token_id=2)
rope = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=64)
pair = dict(d_model=32, encoder_layers=1, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=48, decoder_ffn_dim=48, max_position_embeddings=64, decoder_start_token_id=2, forced_eos_token_id=None)
models = {
    "gpt2": lambda: spread(T.GPT2LMHeadModel(T.GPT2Config(n_embd=32, n_layer=2, n_head=2, n_positions=64, **small)), 0.5, 1),
    "llama": lambda: spread(T.LlamaForCausalLM(T.LlamaConfig(**rope, **small)), 0.3, 2),
    "opt": lambda: spread(T.OPTForCausalLM(T.OPTConfig(hidden_size=32, word_embed_proj_dim=16, ffn_dim=48, num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=64, **small)), 0.5, 3),
    "neox": lambda: spread(T.GPTNeoXForCausalLM(T.GPTNeoXConfig(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=64, **small)), 0.4, 4),
    "bart": lambda: spread(T.BartForConditionalGeneration(T.BartConfig(**pair, **small)), 0.4, 5),
    "mbart": lambda: spread(T.MBartForConditionalGeneration(T.MBartConfig(**pair, **small)), 0.4, 6),
    "t5": lambda: spread(T.T5ForConditionalGeneration(T.T5Config(d_model=32, d_kv=16, d_ff=48, num_layers=2, num_heads=2, decoder_start_token_id=1, **{k: v for k, v in small.items() if k != "bos_token_id"})), 0.8, 7),
}


def common():
    options = {"max_new_tokens": rng.randint(2, 14)}
    if rng.random() < 0.5:
        options["eos_token_id"] = rng.sample(ENDS + [7, 9, 11, 20], rng.randint(1, 4))
    if rng.random() < 0.3:
        options["repetition_penalty"] = rng.choice([0.7, 1.3])
    if rng.random() < 0.2:
        options["no_repeat_ngram_size"] = 2
    if rng.random() < 0.2:
        options["min_new_tokens"] = 2
    return options


def beams():
    options = {**common(), "num_beams": rng.randint(2, 5)}
    options["num_return_sequences"] = rng.randint(1, options["num_beams"])
    options["early_stopping"] = rng.choice([False, True, "never"])
    options["length_penalty"] = rng.choice([-1.0, 0.0, 0.5, 1.0, 2.0])
    return options


def groups():
    options = {**beams(), "num_beams": rng.choice([2, 4, 6])}
    options["num_beam_groups"] = rng.choice([n for n in (2, 3, 4, 6) if options["num_beams"] % n == 0])
    options["diversity_penalty"] = rng.choice([0.3, 1.0, 5.0, -0.5])
    options["num_return_sequences"] = rng.randint(1, options["num_beams"])
    return options


def contrastive():
    return {**common(), "penalty_alpha": rng.choice([0.1, 0.6, 0.9]), "top_k": rng.choice([2, 4, 6])}


odd = [
    {"num_beams": 4, "num_beam_groups": 3, "diversity_penalty": 1.0}, {"num_beams": 4, "num_beam_groups": 2}, {"num_beams": 4, "num_beam_groups": 2, "do_sample": True, "diversity_penalty": 1.0},
    {"num_beams": 4, "diversity_penalty": 0.5}, {"diversity_penalty": 0.5}, {"num_beam_groups": 2}, {"num_beams": 4, "num_beam_groups": 2, "diversity_penalty": 1.0, "num_return_sequences": 5},
    {"penalty_alpha": 0.6}, {"penalty_alpha": 0.6, "top_k": 1}, {"penalty_alpha": 0.6, "top_k": 4, "num_beams": 2}, {"penalty_alpha": 0.6, "num_return_sequences": 2}, {"penalty_alpha": 0.6, "use_cache": False},
    {"penalty_alpha": 0.0, "top_k": 4}, {"penalty_alpha": 0.6, "max_new_tokens": 0},
]
if MAJOR >= 5:
    odd += [{"force_words_ids": [[9]], "num_beams": 3}, {"dola_layers": "low"}, {"dola_layers": "low", "num_beams": 2, "num_beam_groups": 2}, {"penalty_alpha": 0.6, "early_stopping": "x"}]

answer = []
for name, make in models.items():
    model = make()
    model.generation_config = T.GenerationConfig(**{k: v for k, v in model.generation_config.to_dict().items() if k in ("bos_token_id", "pad_token_id", "eos_token_id", "decoder_start_token_id")})
    folder = f"{root}/{name}"
    model.save_pretrained(folder)
    other = shaken(model, 0)
    record = {"name": name, "folder": folder, "version": T.__version__, "calls": []}
    answer.append(record)
    kinds = [(beams, 24)] if MAJOR >= 5 else [(beams, 24), (groups, 24), (contrastive, 16)]
    calls = [(make_options(), make_options is contrastive) for make_options, count in kinds for _ in range(count)]
    if name in ("gpt2", "bart"):
        calls += [({"max_new_tokens": 6, **options}, True) for options in odd]
    for options, is_even in calls:
        lengths = [rng.randint(2, 7) for _ in range(rng.choice([1, 1, 2]))]
        if is_even:
            lengths = lengths[:1] * len(lengths)
        prompts = [[rng.randint(5, VOCABULARY - 1) for _ in range(length)] for length in lengths]
        longest = max(lengths)
        is_pair = model.config.is_encoder_decoder
        fill = [[1] * (longest - len(p)) for p in prompts]
        ids = torch.tensor([p + f if is_pair else f + p for p, f in zip(prompts, fill)])
        mask = torch.tensor([[1] * len(p) + [0] * len(f) if is_pair else [0] * len(f) + [1] * len(p) for p, f in zip(prompts, fill)])
        entry = {"prompts": prompts, "options": options}
        try:
            output = model.generate(input_ids=ids, attention_mask=mask, **options).tolist()
            if other.generate(input_ids=ids, attention_mask=mask, **options).tolist() != output:
                continue
            per_prompt = len(output) // len(prompts)
            entry["sequences"] = [row if is_pair else row[len(fill[i // per_prompt]):] for i, row in enumerate(output)]
        except Exception as e:
            entry["error"] = str(e)
        record["calls"].append(entry)

# The same settings in a logged model's config.
inner = Tokenizer(WordLevel({f"w{i}": i for i in range(VOCABULARY)}, unk_token="w5"))
inner.pre_tokenizer = Whitespace()
tokenizer = T.PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="w1", eos_token="w2", unk_token="w5")
logged = []
for task, name in (("text-generation", "gpt2"), ("text2text-generation", "bart")):
    if MAJOR >= 5 and name == "bart":
        continue
    configs = [{"num_beams": 4, "num_beam_groups": 2, "diversity_penalty": 1.0}, {"penalty_alpha": 0.6, "top_k": 4}, {"num_beams": 4, "num_beam_groups": 2}, {"num_beams": 3, "early_stopping": True}]
    configs += [{"force_words_ids": [[9, 20]], "num_beams": 3}, {"watermarking_config": {"bias": 4.0}}, {"stop_strings": ["w9"]}]
    if name == "gpt2":
        configs += [{"guidance_scale": 1.5}, {"guidance_scale": 1.5, "negative_prompt_ids": [[7]]}]
        # transformers 5 looks for the text of each token, which this tokenizer of whole words does not give.
        configs += [{"stop_sequence": "w33"}] if MAJOR < 5 else []
    for config in configs:
        path = f"{root}/logged-{name}-{len(logged)}"
        pipe = T.pipeline(task, model=models[name](), tokenizer=tokenizer)
        pipe.model.name_or_path = "tiny"
        pipe.model.generation_config = T.GenerationConfig(bos_token_id=0, pad_token_id=1, eos_token_id=[2, 9, 20], decoder_start_token_id=2)
        mlflow.transformers.save_model(pipe, path, pip_requirements=["x"], model_config={"max_new_tokens": 8, "do_sample": False, **config})
        entry = {"path": path, "config": config}
        try:
            entry["predictions"] = mlflow.pyfunc.load_model(path).predict(["w7 w30 w12", "w41"])
        except Exception as e:
            entry["error"] = str(e)
        logged.append(entry)
for record in answer:
    # Almost every answer must be one that no rounding changes.
    assert len(record["calls"]) >= (20 if MAJOR >= 5 else 55), (record["name"], len(record["calls"]))
print(json.dumps({"models": answer, "logged": logged}))
