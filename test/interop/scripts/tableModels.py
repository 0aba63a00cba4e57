"""Logs tiny random models of table question answering with real MLflow: what they answer, and what their tokenizers make of tables."""
import copy, io, json, logging, os, random, sys, warnings

warnings.filterwarnings("ignore")
import pandas as pd
import torch
import transformers as T
import mlflow
from mlflow.pyfunc.scoring_server import predictions_to_json
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

logging.disable(logging.CRITICAL)
T.logging.set_verbosity_error()
question = json.load(sys.stdin)
root = question["folder"]
os.makedirs(root, exist_ok=True)
MAJOR = int(T.__version__.split(".")[0])
rng = random.Random(5)

letters = "abcdefghijklmnopqrstuvwxyz0123456789"
words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + list(letters + ".,-?!/$%()[]:'é") + ["##" + c for c in letters]
words += "how many movies has actor brad pitt george clooney what is the age of total number date birth may june 19 20 ##19 ##56 first second σ".split()
with open(f"{root}/vocab.txt", "w", encoding="utf-8") as f:
    f.write("".join(word + "\n" for word in words))

ACTORS = {
    "Actor": ["brad pitt", "leonardo di caprio", "george clooney"],
    "Age": ["56", "45", "59"],
    "Movies": ["87", "53", "69"],
    "Date of birth": ["18 december 1963", "11 november 1974", "6 may 1961"],
}
YEARS = {"2020": ["1", "n/a", "3"], "2019": ["1,200", "$5.50", "-7"], "10": ["a b", "", "?"]}
QUERIES = ["how many movies has george clooney", "who is older than 50", "total of age < 57 in 1974", "what is n/a ?"]


def tapas(tokenizer=None, scale=6.0, **config):
    torch.manual_seed(config.pop("seed", 1))
    tokenizer = T.TapasTokenizer(f"{root}/vocab.txt", **(tokenizer or {}))
    if config.pop("aggregates", True):
        labels = {0: "NONE", 1: "SUM", 2: "AVERAGE", 3: "COUNT"}
        config = {"num_aggregation_labels": 4, "aggregation_labels": labels, "no_aggregation_label_index": 0, **config}
    model = T.TapasForQuestionAnswering(T.TapasConfig(vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, **config)).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim > 1 or name in ("output_weights", "column_output_weights"):
                weight.mul_(scale * (8 if weight.ndim == 1 else 1))
        if config.get("select_one_column", True):
            # Half of the cells that can be chosen are chosen.
            scores = model(**tokenizer(pd.DataFrame(ACTORS), QUERIES[0], return_tensors="pt")).logits
            values = scores[scores > -5000].unique()
            if len(values) > 1:
                model.output_bias.sub_(values[len(values) // 2 - 1:][:2].mean() * model.config.temperature)
    return model, tokenizer


def byte_level():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    t.train_from_iterator(["how many movies col : actor | age row 1 : brad pitt | 56 george clooney"] * 20, trainers.BpeTrainer(vocab_size=400, special_tokens=specials, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    data = json.loads(t.to_str())["model"]
    merges = [m if isinstance(m, str) else " ".join(m) for m in data["merges"]]
    with open(f"{root}/vocab.json", "w") as f:
        json.dump(data["vocab"], f)
    with open(f"{root}/merges.txt", "w") as f:
        f.write("#version: 0.2\n" + "\n".join(merges) + "\n")
    return data["vocab"], merges


def bart(tokenizer_class, **tokenizer):
    vocab, merges = byte_level()
    if MAJOR < 5:
        tokenizer = tokenizer_class(f"{root}/vocab.json", f"{root}/merges.txt", **tokenizer)
    else:
        tokenizer = tokenizer_class(vocab=vocab, merges=[tuple(m.split(" ")) for m in merges], **tokenizer)
    torch.manual_seed(3)
    config = T.BartConfig(vocab_size=len(tokenizer), d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64, max_position_embeddings=256,
                          bos_token_id=0, pad_token_id=1, eos_token_id=2, decoder_start_token_id=2, forced_eos_token_id=2)
    model = T.BartForConditionalGeneration(config).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim > 1:
                weight.mul_(27 if "encoder_attn" in name else 9)
    model.generation_config = T.GenerationConfig(bos_token_id=0, pad_token_id=1, eos_token_id=2, decoder_start_token_id=2, max_length=14, num_beams=1, do_sample=False)
    return model, tokenizer


def error_of(e):
    return {"type": type(e).__name__, "code": getattr(e, "error_code", None), "message": str(e)}


def served(output):
    out = io.StringIO()
    predictions_to_json(output, out)
    return json.loads(out.getvalue())["predictions"]


def ask(query, table):
    return {"query": query, "table": table if isinstance(table, str) else json.dumps(table)}


usual = [ask(QUERIES[0], ACTORS), ask(QUERIES, ACTORS), ask(QUERIES[2], YEARS), ask(QUERIES[:1], YEARS), [ask(q, ACTORS) for q in QUERIES[:2]]]
odd = [
    {"query": "x", "table": copy.deepcopy(ACTORS)}, {"query": "x"}, "x", ask("", ACTORS), ask("x", {}), ask("x", {"a": []}), ask("x", {"a": ["b"], "c": []}),
    ask("x", {"a": "b"}), ask("x", {"a": [1, 2]}), ask("x", {"a": ["b", "c"], "d": [1, 2.5]}), ask("x", "{'a': ['b', 'c'], 'd': ('e', 'f')}"), ask("x", "[1, 2"),
    ask("x", [{"a": "b", "c": "d"}, {"a": "e", "c": "f"}]), ask("x", [["a", "b"]]), ask("x", {"a": {"0": "b"}}), [ask("x", ACTORS), ask("x", YEARS)],
]
cases = [
    ("aggregating", lambda: tapas(), [*usual, *odd], {}),
    ("selecting", lambda: tapas(aggregates=False), usual, {}),
    ("unlabelled", lambda: tapas(aggregates=False, num_aggregation_labels=3, seed=2), usual, {}),
    ("prefixed", lambda: tapas(no_aggregation_label_index=None, temperature=0.5, reset_position_index_per_cell=False, allow_empty_column_selection=True, seed=4), usual, {}),
    ("narrow", lambda: tapas(max_num_rows=3, max_num_columns=3, hidden_act="relu", seed=5), usual, {}),
    ("sequential", lambda: tapas(seed=7, aggregates=False), usual, {"model_config": {"sequential": True, "max_new_tokens": 3}}),
    ("left", lambda: tapas(tokenizer={"padding_side": "left", "strip_column_names": True}, seed=8), usual, {}),
    ("short", lambda: tapas(tokenizer={"model_max_length": 40, "cell_trim_length": 2, "do_lower_case": False}, seed=9), [*usual, *odd[8:10]], {}),
    ("untruncated", lambda: tapas(seed=10), [*usual[:2], ask("x", {"a": ["b"] * 511})], {"model_config": {"truncation": False, "padding": "max_length"}}),
    ("badTruncation", lambda: tapas(seed=10), usual[:1], {"model_config": {"truncation": "longest_first"}}),
    ("unpadded", lambda: tapas(seed=10), usual[:2], {"model_config": {"padding": False}}),
    ("severalColumns", lambda: tapas(select_one_column=False), usual[:1], {}),
    ("plainBart", lambda: bart(T.BartTokenizerFast if MAJOR < 5 else T.BartTokenizer), [*usual[:2], ask("", ACTORS)], {}),
]
if hasattr(T, "TapexTokenizer"):
    long = {"name": ["one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen", "Short"], "Number": [3, 4], "Flag": [True, False]}
    cases += [
        ("tapex", lambda: bart(T.TapexTokenizer), [*usual, *odd[:4], ask("How", long), ask("How", {"a": [1, 2]}), ask("How", {"a": [1.5, 2]}), ask("x", {"a": ["b", "c"], "d": [1, 2.5]}), ask("x", {"a": [True, False]})], {}),
        ("tapexCut", lambda: bart(T.TapexTokenizer, do_lower_case=False, max_cell_length=3, model_max_length=30), [*usual, ask("How", long)], {"model_config": {"truncation": True}}),
    ]

answer = {"models": [], "encodings": [], "texts": []}
for name, make, inputs, save in cases:
    path = f"{root}/{name}"
    record = {"name": name, "path": path, "predictions": [], "scores": []}
    answer["models"].append(record)
    model, tokenizer = make()
    pipe = T.pipeline("table-question-answering", model=model, tokenizer=tokenizer)
    pipe.model.name_or_path = "tiny"
    mlflow.transformers.save_model(pipe, path, pip_requirements=["x"], **save)
    loaded = mlflow.pyfunc.load_model(path)
    for data in inputs:
        entry = {"data": copy.deepcopy(data), "isFrame": isinstance(data, list)}
        try:
            entry["predictions"] = served(loaded.predict(pd.DataFrame(data) if isinstance(data, list) else data))
        except BaseException as e:
            entry["error"] = error_of(e)
        record["predictions"].append(entry)
    if not isinstance(model, T.TapasForQuestionAnswering) or name in ("severalColumns", "badTruncation", "unpadded"):
        continue
    record["raw"] = pipe(table=pd.DataFrame(ACTORS), query=list(QUERIES), **save.get("model_config", {}))
    for table in (ACTORS, YEARS):
        encoded = tokenizer(pd.DataFrame(table), QUERIES[:2], padding=True, truncation="drop_rows_to_fit", return_tensors="pt")
        with torch.no_grad():
            output = model(**encoded)
        scores = {key: encoded[key].tolist() for key in ("input_ids", "attention_mask", "token_type_ids")}
        scores["logits"] = output.logits.tolist()
        scores["logits_aggregation"] = None if output.logits_aggregation is None else output.logits_aggregation.tolist()
        record["scores"].append(scores)

# What tokenizers make of tables: numbers, dates and words of every kind.
PIECES = ["12", "3.5", "-4", "+ 5", ".5", "1,000", "1,00", "1e5", "inf", "nan", "2nd", "third", "fifth", "fith", "twelve", "thirteen", "1990", "2017", "1699", "1700s", "1990s", "may", "May 5", "may 1990", "sept 3", "Sep 3", "september 3, 1999",
          "3 december 1980", "31 april 1980", "february 29", "29 february 2000", "1999-12-31", "12-31-1999", "31.12.1999", "1999-13", "1999-12", "monday, jan 5", "tuesday, january 5", "5 jan", "jan 5 1980", "jan 5, 1980", "n/a", "N/A", "?", "nan", "", " ",
          "-", "...", "é", "É", "ΟΔΟΣ", "İ", "日本 語", "a_b", "don't", "[MASK]", "[mask]", "[CLS]x", "[EMPTY]", "１２", "١٢٣", "x²", "½", "Ⅷ", "a\u00adb", "a\u200bb", "a\u3000b", "a\tb\nc", "\ufffd", "ß", "ﬁ", "e\u0301", "🙂 5", "b" * 101, "19 ", "1 2 3", "1-2-3", "12th", "100%", "$7", "st", "1st 2nd", "no 5", "2000."]


def random_text():
    return " ".join(rng.choice(PIECES) for _ in range(rng.choice([1, 1, 1, 2, 3])))


def random_table():
    rows, columns = rng.randint(1, 5), rng.randint(1, 4)
    kind = rng.choice(["any", "numbers", "dates", "any"])
    table = {}
    for column in range(columns):
        cells = []
        for _ in range(rows):
            if kind == "numbers":
                cells.append(rng.choice([str(rng.randint(-5, 5)), f"{rng.randint(0, 9)}.{rng.randint(0, 9)}", "x 3", "7 8"]))
            elif kind == "dates":
                cells.append(rng.choice(["may 1990", "1990", "3 may 1980", "june 5", "5 june 1970", "1999-12-31"]))
            else:
                cells.append(random_text())
        table[f"{random_text()} {column}"] = cells
    return table


settings = [
    {}, {"do_lower_case": False}, {"strip_accents": False}, {"strip_accents": True, "do_lower_case": False}, {"tokenize_chinese_chars": False}, {"cell_trim_length": 1}, {"strip_column_names": True}, {"max_question_length": 4, "min_question_length": 2},
    {"model_max_length": 24}, {"model_max_length": 40, "max_row_id": 4, "max_column_id": 3}, {"additional_special_tokens": ["<x>", "é"]}, {"empty_token": "[NONE]"}, {"never_split": ["É", "ΟΔΟΣ"]}, {"mask_token": "may"},
]
for index, setting in enumerate(settings):
    folder = f"{root}/tokenizer-{index}"
    T.TapasTokenizer(f"{root}/vocab.txt", **setting).save_pretrained(folder)
    tokenizer = T.TapasTokenizer.from_pretrained(folder)
    for number in range(25):
        table = random_table() if index or number else {str(i): PIECES[i * 21:(i + 1) * 21] for i in range(4)}
        queries = [random_text() for _ in range(2)] + [rng.choice(QUERIES)]
        for truncation in ("drop_rows_to_fit", "do_not_truncate"):
            entry = {"folder": folder, "setting": setting, "table": list(table.items()), "queries": queries, "truncation": truncation}
            try:
                encoded = tokenizer(pd.DataFrame(table), list(queries), truncation=truncation)
                entry["ids"] = encoded["input_ids"]
                entry["types"] = encoded["token_type_ids"]
            except BaseException as e:
                entry["error"] = error_of(e)
            answer["encodings"].append(entry)
if hasattr(T, "TapexTokenizer"):
    byte_level()
    for index, setting in enumerate([{}, {"do_lower_case": False}, {"max_cell_length": 3}, {"add_prefix_space": True}]):
        folder = f"{root}/tapex-{index}"
        T.TapexTokenizer(f"{root}/vocab.json", f"{root}/merges.txt", model_max_length=40, **setting).save_pretrained(folder)
        tokenizer = T.TapexTokenizer.from_pretrained(folder)
        for _ in range(25):
            table, query = random_table(), random_text()
            for truncation in (False, True):
                ids = tokenizer(pd.DataFrame(table), query, truncation=truncation)["input_ids"]
                answer["texts"].append({"folder": folder, "table": list(table.items()), "query": query, "truncation": truncation, "ids": ids})
print(json.dumps(answer))
