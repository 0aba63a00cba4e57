"""What transformers' logits processors make of random scores, and what `generate` makes of the settings that ask for them."""
import copy, json, math, random, sys, warnings

warnings.filterwarnings("ignore")
import torch
import transformers as T

T.logging.set_verbosity_error()
torch.set_num_threads(1)
question = json.load(sys.stdin)
root = question["folder"]
MAJOR = int(T.__version__.split(".")[0])
VOCABULARY = 160
rng = random.Random(5)
small = dict(vocab_size=VOCABULARY, bos_token_id=0, pad_token_id=1, eos_token_id=2)
rope = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=64)
pair = dict(d_model=32, encoder_layers=1, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=48, decoder_ffn_dim=48, max_position_embeddings=64, decoder_start_token_id=2, forced_eos_token_id=None)


def spread(model, factor, seed):
    torch.manual_seed(seed)
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(torch.randn_like(weight) * (factor if weight.ndim > 1 else 0.1) + (1 if weight.ndim == 1 and weight.mean() > 0.5 else 0))
    return model.eval()


def shaken(model, seed):
    """The model as rounding on another processor might see it."""
    copy_ = copy.deepcopy(model)
    torch.manual_seed(seed)
    with torch.no_grad():
        for weight in copy_.parameters():
            weight.mul_(1 + 1e-5 * torch.randn_like(weight))
    return copy_


models = {
    "gpt2": lambda: spread(T.GPT2LMHeadModel(T.GPT2Config(n_embd=32, n_layer=2, n_head=2, n_positions=64, **small)), 0.5, 1),
    "llama": lambda: spread(T.LlamaForCausalLM(T.LlamaConfig(**rope, **small)), 0.3, 2),
    "opt": lambda: spread(T.OPTForCausalLM(T.OPTConfig(hidden_size=32, word_embed_proj_dim=16, ffn_dim=48, num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=64, **small)), 0.5, 3),
    "bart": lambda: spread(T.BartForConditionalGeneration(T.BartConfig(**pair, **small)), 0.4, 5),
}


def some_ids(most=4, least=1):
    return [rng.randrange(VOCABULARY) for _ in range(rng.randint(least, most))]


def watermark():
    settings = {}
    if rng.random() < 0.5:
        settings["greenlist_ratio"] = rng.choice([0.1, 0.25, 0.5, 0.9])
    if rng.random() < 0.5:
        settings["bias"] = rng.choice([0.5, 2.0, 6.0])
    if rng.random() < 0.5:
        settings["hashing_key"] = rng.choice([15485863, 7, 982451653])
    if rng.random() < 0.5:
        settings["context_width"] = rng.choice([1, 2, 4])
    settings["seeding_scheme"] = rng.choice(["lefthash", "lefthash", "selfhash"])
    return settings


near = [5, 6, 7, 8, 9]
processors = {
    "bad_words_ids": lambda: [[rng.choice(near) for _ in range(rng.randint(1, 3))] for _ in range(rng.randint(1, 6))],
    "suppress_tokens": lambda: some_ids(),
    "begin_suppress_tokens": lambda: some_ids(),
    "exponential_decay_length_penalty": lambda: [rng.randint(0, 3), rng.choice([0.8, 1.2, 2.5])],
    "repetition_penalty": lambda: rng.choice([0.6, 1.4]),
    "encoder_repetition_penalty": lambda: rng.choice([0.6, 1.4]),
    "no_repeat_ngram_size": lambda: rng.randint(1, 3),
    "encoder_no_repeat_ngram_size": lambda: rng.randint(1, 3),
    "min_length": lambda: rng.randint(1, 12),
    "min_new_tokens": lambda: rng.randint(1, 6),
    "forced_bos_token_id": lambda: rng.randrange(VOCABULARY),
    "forced_eos_token_id": lambda: rng.choice([2, [9]]),
    "remove_invalid_values": lambda: True,
    "renormalize_logits": lambda: True,
    "watermarking_config": watermark,
}
if MAJOR >= 5:
    processors["sequence_bias"] = lambda: [[[rng.choice(near) for _ in range(rng.randint(1, 3))], rng.uniform(-8, 8)] for _ in range(rng.randint(1, 6))]
else:
    processors["forced_decoder_ids"] = lambda: [[rng.randint(1, 9), rng.randrange(VOCABULARY)] for _ in range(rng.randint(1, 3))]
filters = {
    "temperature": lambda: rng.choice([0.5, 1.7]),
    "top_k": lambda: rng.choice([0, 1, 5, 30]),
    "top_p": lambda: rng.choice([0.1, 0.6, 0.95]),
    "min_p": lambda: rng.choice([0.0, 0.05, 0.4]),
    "typical_p": lambda: rng.choice([0.1, 0.5, 0.9]),
    "epsilon_cutoff": lambda: rng.choice([0.001, 0.01, 0.2]),
    "eta_cutoff": lambda: rng.choice([0.001, 0.05, 0.3]),
}
if MAJOR >= 5:
    filters["top_h"] = lambda: rng.choice([0.1, 0.4, 0.8, 1.0])


def chosen(table, most):
    return {name: table[name]() for name in rng.sample(sorted(table), rng.randint(1, most))}


def processed(model, options, prompt_length, encoder_ids, ids, scores):
    config, _ = model._prepare_generation_config(None, **copy.deepcopy(options))
    config.validate()
    model._prepare_special_tokens(config, True, device="cpu")
    config.max_length = prompt_length + options["max_new_tokens"]
    if config.min_new_tokens is not None:
        config.min_length = prompt_length + config.min_new_tokens
    keywords = dict(generation_config=config, input_ids_seq_length=prompt_length, encoder_input_ids=encoder_ids, prefix_allowed_tokens_fn=None, logits_processor=T.LogitsProcessorList(), device="cpu", model_kwargs={})
    work = model._get_logits_processor(**keywords)
    result = work(ids, scores.clone())
    if MAJOR < 5 and config.do_sample:
        result = model._get_logits_warper(config, "cpu")(ids, result)
    return result


causal, both = models["gpt2"](), models["bart"]()
for model in (causal, both):
    model.generation_config = T.GenerationConfig(bos_token_id=0, pad_token_id=1, eos_token_id=2, **({"decoder_start_token_id": 2} if model is both else {}))
scored = []
for index in range(question["scored"]):
    is_pair = index % 4 == 0
    prompts, beams = rng.choice([(1, 1), (1, 1), (2, 1), (1, 3), (2, 2)])
    options = {"max_new_tokens": rng.randint(1, 6), **(chosen(processors, 4) if index % 5 else {})}
    if beams > 1:
        options["num_beams"] = beams
    if rng.random() < 0.4 or index % 5 == 0:
        options.update({"do_sample": True, **chosen(filters, 3)})
    if rng.random() < 0.3:
        options["eos_token_id"] = rng.choice([[2, 9], [7], [2, 9, 30]])
    prompt_length = 1 if is_pair else rng.randint(1, 6)
    encoder_ids = torch.tensor([[rng.choice(near) for _ in range(6 if is_pair else prompt_length)] for _ in range(prompts)])
    new = rng.randint(0, options["max_new_tokens"] - 1)
    rows = prompts * beams
    ids = torch.tensor([([2] if is_pair else encoder_ids[row // beams].tolist()) + [rng.choice(near) for _ in range(new)] for row in range(rows)])
    torch.manual_seed(index)
    scores = torch.randn(rows, VOCABULARY) * rng.choice([1, 4])
    if rng.random() < 0.2:
        scores[:, rng.sample(range(VOCABULARY), 20)] = -math.inf
    if beams > 1:
        scores = scores.log_softmax(-1)
    model = both if is_pair else causal
    entry = {"options": options, "isPair": is_pair, "promptLength": prompt_length, "encoderIds": encoder_ids.tolist(), "ids": ids.tolist(), "scores": scores.tolist()}
    try:
        result = processed(model, options, prompt_length, encoder_ids, ids, scores)
        other = processed(model, options, prompt_length, encoder_ids, ids, scores * (1 + 1e-6 * torch.randn_like(scores)))
        if not torch.equal(torch.isinf(result), torch.isinf(other)):
            continue
        entry["result"] = result.tolist()
    except Exception as e:
        entry["error"] = str(e)
    scored.append(entry)
assert len(scored) > 0.9 * question["scored"], len(scored)


def word():
    ids = lambda: [rng.randint(5, 40) for _ in range(rng.randint(1, 3))]
    return ids() if rng.random() < 0.5 else [[*first, *ids()] for first in [ids()[:2]] * rng.randint(1, 3)]


def beamed(options):
    if rng.random() < 0.5:
        options["num_beams"] = rng.randint(2, 4)
        options["num_return_sequences"] = rng.randint(1, options["num_beams"])
    return options


def with_words():
    options = {"force_words_ids": [word() for _ in range(rng.randint(1, 3))], "num_beams": rng.randint(2, 6)}
    options["num_return_sequences"] = rng.randint(1, 2)
    options["early_stopping"] = rng.choice([False, True, "never"])
    options["length_penalty"] = rng.choice([-1.0, 0.0, 1.0, 2.0])
    if rng.random() < 0.3:
        options["eos_token_id"] = [2, 9, 20]
    if rng.random() < 0.3:
        options["no_repeat_ngram_size"] = 2
    return options


def guided():
    options = beamed({"guidance_scale": rng.choice([0.0, 0.5, 1.5, 3.0])})
    kind = rng.random()
    if "num_beams" not in options and kind < 0.3:
        options["negative_prompt_ids"] = "given"
    if MAJOR < 5 and kind > 0.8:
        options = {**options, "num_beams": 4, "num_beam_groups": 2, "diversity_penalty": 0.7, "num_return_sequences": 2}
    elif MAJOR < 5 and "num_beams" not in options and kind > 0.5:
        options.update(penalty_alpha=0.6, top_k=4)
    return options


def marked():
    return beamed({"watermarking_config": watermark()})


def mixed():
    return beamed({**chosen({k: v for k, v in processors.items() if k not in ("forced_decoder_ids", "remove_invalid_values")}, 3)})


def ahead():
    return {"prompt_lookup_num_tokens": rng.randint(1, 4)}


odd = [
    {"force_words_ids": [[9, 10]]}, {"force_words_ids": [], "num_beams": 3}, {"force_words_ids": [[[9], [9, 10]]], "num_beams": 3}, {"force_words_ids": [9], "num_beams": 3}, {"force_words_ids": [[-9]], "num_beams": 3},
    {"force_words_ids": [[]], "num_beams": 3}, {"constraints": [[9]], "num_beams": 3}, {"constraints": [], "num_beams": 3}, {"force_words_ids": [[9]], "num_beams": 3, "do_sample": True},
    {"force_words_ids": [[9]], "num_beams": 4, "num_beam_groups": 2, "diversity_penalty": 1.0}, {"force_words_ids": [[999]], "num_beams": 3},
    {"watermarking_config": {"seeding_scheme": "x"}}, {"watermarking_config": {"greenlist_ratio": 0.0}}, {"watermarking_config": {"greenlist_ratio": 1.5}}, {"watermarking_config": {"context_width": 0}}, {"watermarking_config": {"foo": 0}},
    {"prompt_lookup_num_tokens": 2, "num_beams": 2}, {"prompt_lookup_num_tokens": 2, "do_sample": True, "num_return_sequences": 2}, {"prompt_lookup_num_tokens": 2, "use_cache": False}, {"prompt_lookup_num_tokens": 0}, {"prompt_lookup_num_tokens": 2, "penalty_alpha": 0.6, "top_k": 4},
    {"sequence_bias": [[[9], -1.5]]}, {"sequence_bias": {"9": 1.5}}, {"sequence_bias": []}, {"sequence_bias": [[[-9], 1.5]]}, {"sequence_bias": [[[999], 1.5]]}, {"sequence_bias": 5},
    {"bad_words_ids": []}, {"bad_words_ids": [9]}, {"bad_words_ids": [[2]]}, {"bad_words_ids": [[-2]]}, {"bad_words_ids": 9}, {"bad_words_ids": [[999]]},
    {"suppress_tokens": [999]}, {"suppress_tokens": []}, {"forced_eos_token_id": [9], "suppress_tokens": [9, 3]}, {"exponential_decay_length_penalty": [1, 2.0], "min_new_tokens": 4},
    {"min_length": -1}, {"min_new_tokens": -1}, {"no_repeat_ngram_size": -1}, {"repetition_penalty": -1.0}, {"repetition_penalty": 0.0}, {"encoder_repetition_penalty": -1.0}, {"encoder_no_repeat_ngram_size": -2},
    {"do_sample": True, "min_p": 2.5}, {"do_sample": True, "typical_p": 0.0}, {"do_sample": True, "top_p": -1.5}, {"do_sample": True, "top_k": -1}, {"do_sample": True, "temperature": 0.0}, {"temperature": 0.0},
    {"max_time": 0.0}, {"renormalize_logits": True}, {"remove_invalid_values": True},
]
answer = []
for name, make in models.items():
    model = make()
    model.generation_config = T.GenerationConfig(**{k: v for k, v in model.generation_config.to_dict().items() if k in ("bos_token_id", "pad_token_id", "eos_token_id", "decoder_start_token_id")})
    folder = f"{root}/{name}"
    model.save_pretrained(folder)
    other = shaken(model, 0)
    is_pair = model.config.is_encoder_decoder
    record = {"name": name, "folder": folder, "version": T.__version__, "calls": []}
    answer.append(record)
    kinds = [(marked, 6), (mixed, 12), (ahead, 3)] + ([] if is_pair else [(guided, 12)]) + ([(with_words, 20)] if MAJOR < 5 else [])
    calls = [make_options() for make_options, count in kinds for _ in range(count)]
    if name in ("gpt2", "bart"):
        calls += odd
    for options in calls:
        options = {"max_new_tokens": rng.randint(3, 12), **options}
        is_single = any(key in options for key in ("prompt_lookup_num_tokens", "encoder_repetition_penalty", "penalty_alpha", "negative_prompt_ids"))
        prompts = [[rng.randint(5, VOCABULARY - 1) for _ in range(rng.randint(2, 7))] for _ in range(1 if is_single else rng.choice([1, 1, 2]))]
        longest = max(map(len, prompts))
        fill = [[1] * (longest - len(p)) for p in prompts]
        ids = torch.tensor([p + f if is_pair else f + p for p, f in zip(prompts, fill)])
        mask = torch.tensor([[1] * len(p) + [0] * len(f) if is_pair else [0] * len(f) + [1] * len(p) for p, f in zip(prompts, fill)])
        entry = {"prompts": prompts, "options": {k: v for k, v in options.items() if k != "negative_prompt_ids"}}
        given = copy.deepcopy(options)
        if "negative_prompt_ids" in given:
            entry["negativePrompts"] = [some_ids(5, 2)]
            given["negative_prompt_ids"] = torch.tensor(entry["negativePrompts"])
        try:
            output = model.generate(input_ids=ids, attention_mask=mask, **copy.deepcopy(given)).tolist()
            if "do_sample" in options or other.generate(input_ids=ids, attention_mask=mask, **given).tolist() != output:
                continue
            per_prompt = len(output) // len(prompts)
            entry["sequences"] = [row if is_pair else row[len(fill[i // per_prompt]):] for i, row in enumerate(output)]
        except Exception as e:
            entry["error"] = str(e)
        record["calls"].append(entry)
    assert len(record["calls"]) > 0.75 * len(calls), (name, len(record["calls"]), len(calls))
print(json.dumps({"scored": scored, "models": answer}).replace("Infinity", "1e999").replace("NaN", "null"))
