"""Logs tiny random models of every text task with real MLflow and tells what they answer through mlflow.pyfunc."""
import json, math, os, sys, warnings

warnings.filterwarnings("ignore")
import numpy as np
import pandas as pd
import torch
import transformers
import mlflow
from mlflow.models import infer_signature
from mlflow.pyfunc.scoring_server import predictions_to_json
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, decoders, trainers
import io, logging

logging.disable(logging.CRITICAL)
transformers.logging.set_verbosity_error()
question = json.load(sys.stdin)
root = question["folder"]
MAJOR = int(transformers.__version__.split(".")[0])
T = transformers

CORPUS = ["the quick brown fox jumps over a lazy dog", "my name is Wolfgang and I live in Berlin", "where do I live ? who am I ?",
          "Angela Merkel lives in Berlin , Germany since 2005 .", "This example is sports . This example is politics .", "don't you think it's great ? isn't it !",
          "Zürich São Paulo naïve café", "hello world", "user : assistant : system :", "1 2 3 4 5 6 7 8 9 0"] * 20


def wordpiece():
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=180, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]))
    vocab = t.get_vocab()
    os.makedirs(root, exist_ok=True)
    file = root + "/vocab.txt"
    with open(file, "w", encoding="utf-8") as f:
        f.write("".join(token + "\n" for token, _ in sorted(vocab.items(), key=lambda x: x[1])))
    if MAJOR < 5:
        return T.BertTokenizerFast(vocab_file=file, model_max_length=64)
    return T.BertTokenizer(vocab=vocab, model_max_length=64)


def byte_level(roberta):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"] if roberta else ["<|endoftext|>"]
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=400, special_tokens=specials, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    data = json.loads(t.to_str())["model"]
    merges = [m if isinstance(m, str) else " ".join(m) for m in data["merges"]]
    with open(root + "/vocab.json", "w") as f:
        json.dump(data["vocab"], f)
    with open(root + "/merges.txt", "w") as f:
        f.write("#version: 0.2\n" + "\n".join(merges))
    cls = {True: ("RobertaTokenizerFast", "RobertaTokenizer"), False: ("GPT2TokenizerFast", "GPT2Tokenizer")}[roberta]
    if MAJOR < 5:
        return getattr(T, cls[0])(vocab_file=root + "/vocab.json", merges_file=root + "/merges.txt", model_max_length=128)
    return getattr(T, cls[1])(vocab=data["vocab"], merges=[tuple(m.split(" ")) for m in merges], model_max_length=128)


CHAT = "{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}"


def llama_tokenizer():
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=500, special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{i:02X}>" for i in range(256)]))
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    t.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    return T.PreTrainedTokenizerFast(tokenizer_object=t, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="</s>")


BERT = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, max_position_embeddings=128)
NER_LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


def config_of(cls, tokenizer, **extra):
    return cls(vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id or 0, **{**BERT, **extra})


def spread(model, factor=4.0):
    """Larger head weights, so that a random model's answers differ."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.ndim > 1:
                p.mul_(factor)
    return model.eval()


torch.manual_seed(question.get("seed", 0))
wp, rb, gpt = wordpiece(), byte_level(True), byte_level(False)
gpt.pad_token = gpt.eos_token
gpt.chat_template = CHAT
sp = llama_tokenizer()
sp.chat_template = CHAT


def labels(names):
    return dict(id2label={i: n for i, n in enumerate(names)}, label2id={n: i for i, n in enumerate(names)})


bert_cls = spread(T.BertForSequenceClassification(config_of(T.BertConfig, wp, **labels(["neg", "neu", "pos"]))))
bert_reg = spread(T.BertForSequenceClassification(config_of(T.BertConfig, wp, num_labels=1, problem_type="regression")))
bert_multi = spread(T.BertForSequenceClassification(config_of(T.BertConfig, wp, num_labels=3, problem_type="multi_label_classification")))
bert_nli = spread(T.BertForSequenceClassification(config_of(T.BertConfig, wp, **labels(["contradiction", "neutral", "entailment"]))))
bert_ner = spread(T.BertForTokenClassification(config_of(T.BertConfig, wp, **labels(NER_LABELS))))
rob_ner = spread(T.RobertaForTokenClassification(config_of(T.RobertaConfig, rb, **labels(NER_LABELS))))
bert_qa = spread(T.BertForQuestionAnswering(config_of(T.BertConfig, wp)))
bert_mlm = spread(T.BertForMaskedLM(config_of(T.BertConfig, wp)))
rob_mlm = spread(T.RobertaForMaskedLM(config_of(T.RobertaConfig, rb)))
bert_model = spread(T.BertModel(config_of(T.BertConfig, wp)), 1.0)
gpt2 = spread(T.GPT2LMHeadModel(T.GPT2Config(vocab_size=len(gpt), n_embd=32, n_layer=2, n_head=2, n_positions=128, bos_token_id=0, eos_token_id=0)), 3.0)
llama = spread(T.LlamaForCausalLM(T.LlamaConfig(vocab_size=len(sp), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, bos_token_id=1, eos_token_id=2, pad_token_id=2)), 3.0)
for m in [bert_cls, bert_reg, bert_multi, bert_nli, bert_ner, rob_ner, bert_qa, bert_mlm, rob_mlm, bert_model, gpt2, llama]:
    m.name_or_path = "tiny"

GREEDY = {"do_sample": False, "max_new_tokens": 12}
texts = ["the quick brown fox", "don't you think it's great?", "Zürich  São Paulo 👍 naïve"]
long_text = " ".join(CORPUS[:10]) + " hello world " * 8


class Case:
    def __init__(self, name, task, model, tokenizer, inputs, **save):
        self.name, self.task, self.model, self.tokenizer, self.inputs, self.save = name, task, model, tokenizer, inputs, save




def split_words(strategy):
    """Token classification of words that are split already."""
    split = {"is_split_into_words": True, "aggregation_strategy": strategy}
    words = ["Angela", "Merkel lives", "", "in", "Zürich!", "👍", "São", " x "]
    column = infer_signature({"words": ["a", "b"]}, ["x"])
    rows = [{"words": words}, [{"words": words}, {"words": ["hello", "world"]}], {"words": []}, [{"words": ["hello"]}, {"words": []}, {"words": ["world"]}]]
    return [
        Case(f"ner-words-{strategy}", "token-classification", bert_ner, wp, [words, CORPUS[3], [], ["hello"]], model_config=split),
        Case(f"ner-words-delimiter-{strategy}", "token-classification", bert_ner, wp, [words], model_config={**split, "delimiter": "--"}),
        Case(f"ner-words-roberta-{strategy}", "token-classification", rob_ner, rb, [words], model_config=split),
        Case(f"ner-words-rows-{strategy}", "token-classification", bert_ner, wp, rows, model_config=split, signature=column),
        Case(f"ner-words-long-{strategy}", "token-classification", bert_ner, wp, [long_text.split(" ")], model_config={**split, "stride": 8}),
        Case(f"ner-words-off-{strategy}", "token-classification", bert_ner, wp, [["Angela", "Merkel lives"], *rows], model_config={"aggregation_strategy": strategy, "is_split_into_words": False, "delimiter": " "}),
    ]


def one_column(name, task, model, tokenizer, text, **save):
    """A signature of one named text column, and everything that may stand in it."""
    column = infer_signature({"text": "a"}, ["x"])
    inputs = [text, [text], [text, text], {"text": text}, {"text": [text, text]}, {"text": [text]}, {"text": []}, {"text": [text, "hello"]}, [{"text": text}, {"text": text}], [{"text": [text, text]}], [{"text": [text]}, {"text": text}],
              {"text": text, "other": "x"}, {"other": text}, {"text": None}, {"text": 3}, {"text": [text, 3]}, {"text": [3]}, {"text": {"a": text}}, [[text, text]], [[text], [text]], []]
    return Case(name, task, model, tokenizer, inputs, signature=column, **save)


messages = [{"role": "user", "content": "where do I live ?"}]
cases = [
    one_column("cls-column", "text-classification", bert_cls, wp, texts[0]),
    one_column("cls-column-padding", "text-classification", bert_cls, wp, texts[0], model_config={"padding": True}),
    one_column("ner-column", "token-classification", bert_ner, wp, texts[0]),
    one_column("fill-column", "fill-mask", bert_mlm, wp, "the [MASK] fox"),
    one_column("feat-column", "feature-extraction", bert_model, wp, texts[0]),
    one_column("ner-column-simple", "token-classification", bert_ner, wp, texts[0], model_config={"aggregation_strategy": "simple"}),
    one_column("ner-column-first", "token-classification", rob_ner, rb, texts[0], model_config={"aggregation_strategy": "first"}),
    one_column("gen-column", "text-generation", gpt2, gpt, texts[0], model_config=dict(GREEDY)),
    one_column("gen-column-template", "text-generation", gpt2, gpt, texts[0], model_config=dict(GREEDY), prompt_template="Q: {prompt}"),
    Case("cls", "text-classification", bert_cls, wp, [texts[0], texts, [], "", {"text": texts[0]}, [texts[1]], 3, ["x", 3]]),
    Case("cls-topk", "text-classification", bert_cls, wp, [texts[0], texts], model_config={"top_k": 2}),
    Case("cls-topk-null", "text-classification", bert_cls, wp, [texts], model_config={"top_k": None}),
    Case("cls-params", "text-classification", bert_cls, wp, [(texts, {"top_k": 1}), (texts, {"top_k": 3}), (texts, {"function_to_apply": "none"}), (texts, {"nothing": 3}), (texts, {"top_k": "x"})],
         signature=infer_signature("a", pd.DataFrame({"label": ["a"], "score": [0.5]}), {"top_k": 2, "function_to_apply": "sigmoid"})),
    Case("cls-pair", "text-classification", bert_cls, wp, [{"text": texts[0], "text_pair": texts[1]}, [{"text": texts[0], "text_pair": texts[1]}, {"text": "a", "text_pair": "b"}], {"text": ["a"], "text_pair": ["b"]}, {"text": ["a", "c"], "text_pair": ["b", "d"]},
         {"text": ["a", "c"], "text_pair": "b"}, {"text": "a", "text_pair": ["b"]}, {"text": ["a", "c"], "text_pair": ["b"]}],
         signature=infer_signature({"text": "a", "text_pair": "b"}, pd.DataFrame({"label": ["a"], "score": [0.5]}))),
    Case("cls-nosig", "text-classification", bert_cls, wp, [texts[0], texts, {"text": texts[0], "text_pair": "b"}, [{"text": texts[0], "text_pair": texts[1]}], [{"txt": "a"}], 3, [1, 2], {"bad": "x"}, []], signature=False, metadata={"x": 1}),
    Case("cls-scores", "text-classification", bert_cls, wp, [texts], model_config={"return_all_scores": True}) if MAJOR < 5 else None,
    Case("cls-kwargs", "text-classification", bert_cls, wp, [[long_text]], model_config={"truncation": True, "max_length": 12}),
    Case("reg", "text-classification", bert_reg, wp, [texts]),
    Case("multi", "text-classification", bert_multi, wp, [texts]),
    Case("zero", "zero-shot-classification", bert_nli, wp, [{"sequences": texts[0], "candidate_labels": ["sports", "politics", "food"], "hypothesis_template": "This example is {}."},
                                                            {"sequences": texts, "candidate_labels": ["sports", "politics"], "hypothesis_template": "About {}!"},
                                                            {"sequences": texts[0], "candidate_labels": ["sports"], "hypothesis_template": "It is {}."},
                                                            {"sequences": texts[0], "candidate_labels": json.dumps(["a b", "c"]), "hypothesis_template": "{} here"},
                                                            {"sequences": texts[0], "candidate_labels": "sports, politics", "hypothesis_template": "{} here"},
                                                            {"sequences": texts[0], "candidate_labels": ["x", "y"], "hypothesis_template": "no braces"}, {"sequences": texts[0]}]),
    Case("zero-multi", "zero-shot-classification", bert_nli, wp, [{"sequences": texts[1], "candidate_labels": ["sports", "politics"], "hypothesis_template": "This example is {}."}], model_config={"multi_label": True}),
    Case("ner", "token-classification", bert_ner, wp, [texts[0], texts, CORPUS[3], "", ["x", 3]]),
    *[Case(f"ner-{s}", "token-classification", bert_ner, wp, [CORPUS[3], texts], model_config={"aggregation_strategy": s}) for s in ["simple", "first", "average", "max"]],
    *[Case(f"ner-roberta-{s}", "token-classification", rob_ner, rb, [CORPUS[3], texts], model_config={"aggregation_strategy": s}) for s in ["none", "simple", "max"]],
    Case("ner-stride", "token-classification", bert_ner, wp, [long_text], model_config={"aggregation_strategy": "simple", "stride": 8}),
    *([case for strategy in ["none", "simple", "first", "average", "max"] for case in split_words(strategy)] if MAJOR >= 5 else split_words("simple")[:1]),
    Case("ner-unknown", "token-classification", bert_ner, wp, [texts[0]], model_config={"foo": 1}),
    Case("fill", "fill-mask", bert_mlm, wp, ["the [MASK] brown fox", ["the [MASK] brown fox", "[MASK] world"], "[MASK] and [MASK]", "no mask", ["one [MASK]"]]),
    Case("fill-roberta", "fill-mask", rob_mlm, rb, ["the <mask> brown fox", ["hello <mask> .", "<mask> fox"]], model_config={"top_k": 3}),
    Case("fill-targets", "fill-mask", bert_mlm, wp, ["the [MASK] brown fox"], model_config={"targets": ["fox", "dog", "lazyy"]}),
    Case("fill-template", "fill-mask", bert_mlm, wp, ["quick"], prompt_template="{{the}} {prompt} [MASK] fox"),
    Case("feat", "feature-extraction", bert_model, wp, [texts[0], texts, [texts[2]], ["x", 3]]),
    Case("feat-emb", "feature-extraction", bert_model, wp, [{"input": texts[0]}, {"input": texts}, texts[0], {"text": "x"}, {"input": []}], task_arg="llm/v1/embeddings"),
    Case("feat-template", "feature-extraction", bert_model, wp, [texts[0]], prompt_template="query: {prompt}"),
    Case("feat-trunc", "feature-extraction", bert_model, wp, [long_text], model_config={"truncation": True}),
    Case("gen", "text-generation", gpt2, gpt, ["hello world", ["hello world", "the quick"], "  hello", "hello ", "x" * 400, {"a": "b"}, [1], ""], model_config=GREEDY),
    Case("gen-llama", "text-generation", llama, sp, ["hello world", ["hello world", "the quick brown"], "  hello", "Zürich 👍"], model_config=GREEDY),
    Case("gen-new", "text-generation", llama, sp, ["hello world", "the"], model_config={**GREEDY, "return_full_text": False}),
    Case("gen-collapse", "text-generation", gpt2, gpt, ["hello   world\n\n x"], model_config={**GREEDY, "collapse_whitespace": True, "include_prompt": False}),
    Case("gen-template", "text-generation", gpt2, gpt, ["hello", ["a", "b {x}"]], model_config=dict(GREEDY), prompt_template="Q: {prompt} A:"),
    Case("gen-beam", "text-generation", gpt2, gpt, ["hello world"], model_config={"num_beams": 3, "do_sample": False, "max_new_tokens": 8, "num_return_sequences": 2}),
    Case("gen-params", "text-generation", gpt2, gpt, [("hello", {"max_new_tokens": 3}), ("hello", {"max_new_tokens": 2.5}), ("hello", {"do_sample": False}), ("hello", {"foo": 1}), ("hello", None)],
         model_config={"do_sample": False}, signature=infer_signature("a", ["b"], {"max_new_tokens": 4, "do_sample": False, "return_full_text": True})),
    Case("gen-unknown", "text-generation", gpt2, gpt, ["hello"], model_config={**GREEDY, "not_an_option": 1}),
    Case("gen-repeat", "text-generation", gpt2, gpt, ["hello world hello"], model_config={**GREEDY, "repetition_penalty": 1.5, "no_repeat_ngram_size": 2}),
    Case("gen-maxlength", "text-generation", gpt2, gpt, ["hello", " ".join(texts)], model_config={"do_sample": False, "max_length": 14}),
    Case("gen-hole", "text-generation", gpt2, gpt, ["hello world " * 60], model_config={**GREEDY, "handle_long_generation": "hole"}),
    Case("gen-prefix", "text-generation", gpt2, gpt, ["hello"], model_config={**GREEDY, "prefix": "the quick "}),
    Case("gen-stop", "text-generation", gpt2, gpt, ["hello world"], model_config={**GREEDY, "max_new_tokens": 30, "stop_sequence": "e"}),
    Case("gen-tensors", "text-generation", gpt2, gpt, ["hello"], model_config={**GREEDY, "return_tensors": True}),
    Case("gen-lookup", "text-generation", gpt2, gpt, ["hello world hello"], model_config={**GREEDY, "prompt_lookup_num_tokens": 2}),
    Case("gen-bad", "text-generation", gpt2, gpt, ["hello"], model_config={**GREEDY, "temperature": 0.5, "num_return_sequences": 2}),
    Case("chat", "text-generation", gpt2, gpt, [{"messages": messages}, {"messages": messages, "max_tokens": 5}, {"messages": messages, "n": 2}, {"messages": messages, "temperature": 0.0}, {"messages": messages, "temperature": -2.0}, {"messages": []}, {"prompt": "x"}, "hello",
                                                 *[{"messages": [message]} for message in [{"role": "user"}, {"content": "x"}, {}, {"role": "user", "content": None}, {"role": "user", "content": ["a"]}, {"role": "user", "content": 3}, "hi"]],
                                                 {"messages": messages * 2 + [{"role": "assistant", "content": "x"}], "max_tokens": 3}], task_arg="llm/v1/chat", model_config=dict(GREEDY)),
    Case("chat-llama", "text-generation", llama, sp, [{"messages": messages, "max_tokens": 12}], task_arg="llm/v1/chat", model_config=dict(GREEDY)),
    Case("completions", "text-generation", gpt2, gpt, [{"prompt": "hello world"}, {"prompt": "the", "max_tokens": 4}, {"prompt": ["a"], "max_tokens": 4}, {"messages": messages}, "x"], task_arg="llm/v1/completions", model_config=dict(GREEDY)),
    Case("completions-template", "text-generation", gpt2, gpt, [{"prompt": "hello world"}], task_arg="llm/v1/completions", model_config=dict(GREEDY), prompt_template="Q: {prompt}"),
]
if MAJOR < 5:
    qa_in = {"question": "where do I live ?", "context": "my name is Wolfgang and I live in Berlin"}
    cases += [
        Case("qa", "question-answering", bert_qa, wp, [qa_in, [qa_in, {"question": "who am I ?", "context": "Angela Merkel 👍 lives in Berlin , Germany"}], {"question": "x"}, "text", {"question": "", "context": "a"}]),
        Case("qa-topk", "question-answering", bert_qa, wp, [qa_in], model_config={"top_k": 3, "max_answer_len": 4}),
        Case("qa-long", "question-answering", bert_qa, wp, [{"question": "who ?", "context": long_text}], model_config={"max_seq_len": 24, "doc_stride": 6}),
        Case("qa-impossible", "question-answering", bert_qa, wp, [qa_in], model_config={"handle_impossible_answer": True, "align_to_words": False}),
    ]


    bart = spread(T.BartForConditionalGeneration(T.BartConfig(vocab_size=len(rb), d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64,
                  max_position_embeddings=128, bos_token_id=0, pad_token_id=1, eos_token_id=2, decoder_start_token_id=2, forced_eos_token_id=2, task_specific_params={"summarization": {"max_length": 17, "min_length": 3}})), 3.0)
    t5 = spread(T.T5ForConditionalGeneration(T.T5Config(vocab_size=len(sp), d_model=32, d_kv=16, d_ff=64, num_layers=2, num_heads=2, decoder_start_token_id=2, pad_token_id=2, eos_token_id=2,
                  task_specific_params={"translation_en_to_de": {"prefix": "translate English to German: ", "max_length": 15}})), 3.0)
    for m in [bart, t5]:
        m.name_or_path = "tiny"
    cases += [
        Case("sum", "summarization", bart, rb, [texts[0], texts, 3]),
        one_column("sum-column", "summarization", bart, rb, texts[0]),
        one_column("trans-column", "translation_en_to_de", t5, sp, texts[0]),
        one_column("t2t-column", "text2text-generation", t5, sp, texts[0]),
        Case("sum-template", "summarization", bart, rb, [texts[0]], prompt_template="summarize: {prompt}"),
        Case("trans", "translation_en_to_de", t5, sp, [texts[0], texts]),
        Case("t2t", "text2text-generation", t5, sp, [texts[0], texts, {"context": "a b", "answer": "c"}, [{"context": "a b", "answer": "c"}, {"context": "d", "answer": "e"}], [1, 2]], signature=False),
        Case("t2t-params", "text2text-generation", t5, sp, [(texts[0], {"max_new_tokens": 4}), (texts[0], {"max_new_tokens": "x"}), texts], model_config={"max_new_tokens": 9, "num_beams": 2},
             signature=infer_signature("a", ["b"], {"max_new_tokens": 6})),
        Case("t2t-unknown", "text2text-generation", t5, sp, [texts[0]], model_config={"foo": 3}),
        Case("t2t-beams", "text2text-generation", bart, rb, [texts[0], texts], model_config={"num_beams": 3, "num_return_sequences": 2, "max_new_tokens": 7}),
    ]


def plain(value):
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    return value


def error_of(e):
    return {"type": type(e).__name__, "code": getattr(e, "error_code", None), "message": str(e)}


answer = []
for case in cases:
    if case is None or (question.get("only") and case.name not in question["only"]):
        continue
    path = f"{root}/{case.name}"
    record = {"name": case.name, "path": path, "predictions": []}
    answer.append(record)
    save = dict(case.save)
    task_arg = save.pop("task_arg", None)
    try:
        pipe = T.pipeline(case.task, model=case.model, tokenizer=case.tokenizer)
        pipe.model.name_or_path = "tiny"
        mlflow.transformers.save_model(pipe, path, task=task_arg, pip_requirements=["x"], **save)
        if case.save.get("signature") is False:
            text = open(path + "/MLmodel").read()
            import yaml
            document = yaml.safe_load(text)
            document.pop("signature", None)
            open(path + "/MLmodel", "w").write(yaml.safe_dump(document))
        loaded = mlflow.pyfunc.load_model(path)
    except BaseException as e:
        record["saveError"] = error_of(e)
        continue
    for data in case.inputs:
        params = None
        if isinstance(data, tuple):
            data, params = data
        entry = {"data": data, "params": params}
        try:
            output = loaded.predict(data, params=params) if params is not None else loaded.predict(data)
            out = io.StringIO()
            predictions_to_json(output, out)
            entry["predictions"] = plain(json.loads(out.getvalue())["predictions"])
            entry["kind"] = type(output).__name__
        except BaseException as e:
            entry["error"] = error_of(e)
        record["predictions"].append(entry)
    # what the pipeline itself answers
    if case.task in ("token-classification", "question-answering", "fill-mask", "text-classification"):
        import copy
        first = case.inputs[0]
        if isinstance(first, tuple) or "error" in record["predictions"][0]:
            continue
        try:
            raw = pipe(copy.deepcopy(first), **copy.deepcopy(case.save.get("model_config") or {})) if not (isinstance(first, dict) and case.task == "question-answering") else pipe(**first, **copy.deepcopy(case.save.get("model_config") or {}))
            record["raw"] = {"data": first, "value": plain(raw)}
        except BaseException as e:
            record["raw"] = {"data": first, "error": error_of(e)}
print(json.dumps(answer, default=str))
