"""Trains small tokenizers of every kind, saves them with transformers, and tells how they encode and decode texts."""
import json, os, random, sys, io, unicodedata

import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, decoders, trainers, Regex

question = json.load(sys.stdin)
root = question["folder"]
rng = random.Random(question["seed"])
MAJOR = int(transformers.__version__.split(".")[0])

WORDS = """the quick brown fox jumps over a lazy dog don't can't it's we're I'll they've machine learning models answer
questions about Paris London Berlin Zürich naïve café São Paulo Ελλάδα Σίσυφος москва привет мир 日本語 テキスト 中文字符 한국어
12345 3.14159 2024-01-01 hello@example.com https://example.com/a?b=c&d=e #hashtag ... !!! ??? (parentheses) [brackets] {braces}
ＦＵＬＬ ﬁne ½ ² ① Ⅳ ™ £100 50% C++ snake_case camelCase ALLCAPS İstanbul ǅ ß ſ Å e\u0301 n\u0303 o\u0302\u0323 ক্ষি नमस्ते สวัสดี שלום مرحبا""".split()
NASTY = ["\u00a0", "\u200b", "\u200d", "\u2028", "\u3000", "\ufeff", "\t", "\n", "\r\n", "  ", "   ", "\u0000", "\ufffd", "\u0301", "\u0327\u0301",
         "👍", "👩‍👩‍👧", "🇩🇪", "🏽", "𝒜", "𠜎", "\u1e9b\u0323", "ﬀ", "㎏", "ﷺ", "…", "—", "“", "”", "▁", "Ġ", "<s>", "</s>", "[MASK]", "[CLS]", "<mask>", "[SEP]", "<unk>", "<pad>",
         "\u0085", "\x1f", "\x7f", "각", "\u1100\u1161\u11a8", "ไม่", "\u0915\u094d\u0937", "‌", "a\u0308\u0304", "i̇", "ŉ", "\U0001F9D1\u200D\U0001F680", "½", "٣", "۴", "߅"]


def old_character(candidates):
    """One that the regular-expression engines of both sides know, however old their Unicode tables are."""
    for code in rng.sample(candidates, len(candidates)):
        if unicodedata.ucd_3_2_0.category(chr(code)) != "Cn":
            return chr(code)
    return "x"


def text():
    parts = []
    for _ in range(rng.randint(0, 12)):
        roll = rng.random()
        if roll < 0.55:
            parts.append(rng.choice(WORDS))
        elif roll < 0.75:
            parts.append(rng.choice(NASTY))
        elif roll < 0.85:
            parts.append(old_character([rng.randint(32, 0x2ff), rng.randint(0x300, 0x1fff), rng.randint(0x2000, 0x33ff), rng.randint(0x4e00, 0x4fff), rng.randint(0xac00, 0xacff), rng.randint(0xf900, 0xffef), rng.randint(0x10300, 0x1034a)]))
        else:
            parts.append(" ")
        if rng.random() < 0.6:
            parts.append(" ")
    return "".join(parts).encode("utf-8", "ignore").decode("utf-8")


corpus = [" ".join(rng.choice(WORDS) for _ in range(20)) for _ in range(400)]


def train(tokenizer, trainer):
    tokenizer.train_from_iterator(corpus, trainer)
    return tokenizer


def bert(lower):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=lower)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.decoder = decoders.WordPiece()
    t = train(t, trainers.WordPieceTrainer(vocab_size=600, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]))
    vocab = t.get_vocab()
    os.makedirs(root + "/raw", exist_ok=True)
    file = root + "/raw/vocab.txt"
    with open(file, "w", encoding="utf-8") as f:
        for token, _ in sorted(vocab.items(), key=lambda x: x[1]):
            f.write(token + "\n")
    if MAJOR < 5:
        return transformers.BertTokenizerFast(vocab_file=file, do_lower_case=lower, model_max_length=64)
    return transformers.BertTokenizer(vocab=vocab, do_lower_case=lower, model_max_length=64)


def byte_level_parts():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return train(t, trainers.BpeTrainer(vocab_size=700, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>", "<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))


def as_files(t):
    data = json.loads(t.to_str())["model"]
    os.makedirs(root + "/raw", exist_ok=True)
    merges = [m if isinstance(m, str) else " ".join(m) for m in data["merges"]]
    with open(root + "/raw/vocab.json", "w") as f:
        json.dump(data["vocab"], f)
    with open(root + "/raw/merges.txt", "w") as f:
        f.write("#version: 0.2\n" + "\n".join(merges))
    return data["vocab"], merges


def roberta(prefix):
    vocab, merges = as_files(byte_level_parts())
    if MAJOR < 5:
        return transformers.RobertaTokenizerFast(vocab_file=root + "/raw/vocab.json", merges_file=root + "/raw/merges.txt", add_prefix_space=prefix)
    return transformers.RobertaTokenizer(vocab=vocab, merges=[tuple(m.split(" ")) for m in merges], add_prefix_space=prefix)


def gpt2():
    vocab, merges = as_files(byte_level_parts())
    if MAJOR < 5:
        return transformers.GPT2TokenizerFast(vocab_file=root + "/raw/vocab.json", merges_file=root + "/raw/merges.txt")
    return transformers.GPT2Tokenizer(vocab=vocab, merges=[tuple(m.split(" ")) for m in merges])


def qwen():
    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"), behavior="isolated", invert=False),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder = decoders.ByteLevel()
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    t = train(t, trainers.BpeTrainer(vocab_size=700, special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return transformers.PreTrainedTokenizerFast(tokenizer_object=t, eos_token="<|im_end|>", pad_token="<|endoftext|>", unk_token=None)


def sentencepiece_proto(kind, **options):
    import sentencepiece as spm
    out = io.BytesIO()
    spm.SentencePieceTrainer.train(sentence_iterator=iter(corpus), model_writer=out, vocab_size=options.pop("vocab_size", 420), model_type=kind, character_coverage=0.995, hard_vocab_limit=False, minloglevel=2, **options)
    path = root + f"/raw-{kind}.model"
    os.makedirs(root, exist_ok=True)
    with open(path, "wb") as f:
        f.write(out.getvalue())
    return parse_model(out.getvalue())


def fields(data):
    """The fields of a protocol buffer message: number, and an integer, float32 bytes or bytes."""
    i = 0

    def varint():
        nonlocal i
        value = shift = 0
        while True:
            byte = data[i]
            i += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while i < len(data):
        key = varint()
        kind = key & 7
        if kind == 0:
            yield key >> 3, varint()
        else:
            size = {1: 8, 5: 4}.get(kind) or varint()
            yield key >> 3, data[i:i + size]
            i += size


def parse_model(data):
    """Pieces with scores, and the precompiled normalization map, of a sentencepiece model."""
    import struct
    pieces, charsmap = [], b""
    for number, value in fields(data):
        if number == 1:
            piece = dict(fields(value))
            pieces.append((piece[1].decode("utf-8"), struct.unpack("<f", piece[2])[0]))
        elif number == 3:
            charsmap = dict(fields(value)).get(2, b"")
    return pieces, charsmap


def unigram(kind):
    vocab, rules = sentencepiece_proto("unigram", byte_fallback=False)
    specials = {"xlmr": [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)], "t5": [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)], "albert": [("<pad>", 0.0), ("<unk>", 0.0), ("[CLS]", 0.0), ("[SEP]", 0.0), ("[MASK]", 0.0)]}[kind]
    vocab = specials + vocab[3:] + ([("<mask>", 0.0)] if kind == "xlmr" else [])
    unk = [v[0] for v in specials].index("<unk>")
    t = Tokenizer(models.Unigram(vocab, unk_id=unk, byte_fallback=False))
    charsmap = normalizers.Precompiled(rules)
    if kind == "albert":
        t.normalizer = normalizers.Sequence([normalizers.Replace("``", '"'), normalizers.Replace("''", '"'), normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(), charsmap, normalizers.Replace(Regex(" {2,}"), " ")])
        t.pre_tokenizer = pre_tokenizers.Metaspace()
        t.decoder = decoders.Metaspace()
        t.post_processor = processors.TemplateProcessing(single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
        return transformers.PreTrainedTokenizerFast(tokenizer_object=t, unk_token="<unk>", cls_token="[CLS]", sep_token="[SEP]", pad_token="<pad>", mask_token=transformers.AddedToken("[MASK]", lstrip=True, special=True, normalized=False), model_max_length=40)
    if kind == "xlmr":
        t.normalizer = normalizers.Sequence([charsmap, normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), "▁")])
        t.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
        t.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
        t.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
        return transformers.PreTrainedTokenizerFast(tokenizer_object=t, bos_token="<s>", eos_token="</s>", unk_token="<unk>", cls_token="<s>", sep_token="</s>", pad_token="<pad>", mask_token=transformers.AddedToken("<mask>", lstrip=True, special=True))
    t.normalizer = charsmap
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")])
    t.decoder = decoders.Metaspace()
    t.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    return transformers.PreTrainedTokenizerFast(tokenizer_object=t, eos_token="</s>", unk_token="<unk>", pad_token="<pad>", extra_special_tokens=["<extra_id_0>", "<extra_id_1>"]) if MAJOR >= 5 else transformers.PreTrainedTokenizerFast(tokenizer_object=t, eos_token="</s>", unk_token="<unk>", pad_token="<pad>", additional_special_tokens=["<extra_id_0>", "<extra_id_1>"])


def llama2(cls):
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t = train(t, trainers.BpeTrainer(vocab_size=900, special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{i:02X}>" for i in range(256)], limit_alphabet=80))
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    t.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    os.makedirs(root + "/raw-llama", exist_ok=True)
    t.save(root + "/raw-llama/tokenizer.json")
    kwargs = dict(bos_token="<s>", eos_token="</s>", unk_token="<unk>")
    if cls == "fast":
        return transformers.PreTrainedTokenizerFast(tokenizer_object=t, **kwargs)
    with open(root + "/raw-llama/tokenizer_config.json", "w") as f:
        json.dump({"tokenizer_class": "LlamaTokenizer", **kwargs, "legacy": False}, f)
    return transformers.LlamaTokenizerFast.from_pretrained(root + "/raw-llama")


def openai_style():
    t = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    t.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), behavior="removed", invert=True), pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.Punctuation()])
    t.decoder = decoders.BPEDecoder(suffix="</w>")
    t = train(t, trainers.BpeTrainer(vocab_size=600, special_tokens=["<unk>", "<pad>"], end_of_word_suffix="</w>"))
    return transformers.PreTrainedTokenizerFast(tokenizer_object=t, unk_token="<unk>", pad_token="<pad>")


def word_level():
    t = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    t.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    t.pre_tokenizer = pre_tokenizers.Whitespace()
    t = train(t, trainers.WordLevelTrainer(vocab_size=300, special_tokens=["[UNK]", "[PAD]"]))
    return transformers.PreTrainedTokenizerFast(tokenizer_object=t, unk_token="[UNK]", pad_token="[PAD]")


def real(folder):
    return transformers.AutoTokenizer.from_pretrained(folder)


makers = {
    "bert-lower": lambda: bert(True), "bert-cased": lambda: bert(False), "roberta": lambda: roberta(False), "roberta-prefix": lambda: roberta(True),
    "gpt2": gpt2, "qwen": qwen, "xlmr": lambda: unigram("xlmr"), "t5": lambda: unigram("t5"), "albert": lambda: unigram("albert"),
    "llama2": lambda: llama2("llama"), "llama2-fast": lambda: llama2("fast"), "openai": openai_style, "word-level": word_level,
    **{f"real-{i}": (lambda folder=folder: real(folder)) for i, folder in enumerate(question["real"])},
}
answer = []
for name, make in makers.items():
    if question.get("only") and name not in question["only"]:
        continue
    tokenizer = make()
    folder = f"{root}/{name}"
    tokenizer.save_pretrained(folder)
    tokenizer = type(tokenizer).from_pretrained(folder)
    cases = []
    for _ in range(question["count"]):
        value = text()
        e = tokenizer(value, return_offsets_mapping=True, return_special_tokens_mask=True)
        ids = e["input_ids"]
        some = [i for i in ids if rng.random() < 0.9]
        cases.append({"text": value, "ids": ids, "offsets": e["offset_mapping"], "words": e.word_ids(), "mask": e["special_tokens_mask"],
                      "decoded": tokenizer.decode(some), "skipped": tokenizer.decode(some, skip_special_tokens=True), "some": some})
    pairs = []
    for _ in range(question["count"] // 10):
        a, b = text(), text()
        e = tokenizer(a, b, return_token_type_ids=True)
        record = {"a": a, "b": b, "ids": e["input_ids"], "types": e["token_type_ids"]}
        n = rng.randint(8, 20)
        for strategy in ["longest_first", "only_second", "only_first"]:
            try:
                t = tokenizer(a, b, truncation=strategy, max_length=n, stride=2, return_overflowing_tokens=True)
                record[strategy] = t["input_ids"]
            except BaseException as error:
                record[strategy] = str(error)
        record["n"] = n
        pairs.append(record)
    answer.append({"name": name, "folder": folder, "class": type(tokenizer).__name__, "cases": cases, "pairs": pairs})
print(json.dumps(answer))
