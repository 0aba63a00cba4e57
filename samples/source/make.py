"""Makes samples/workspace with real MLflow 3.17: experiments, runs, five trained models, a reference and a registered model.

    python samples/source/make.py samples/workspace

Everything is trained here from generated sentences and a public-domain text; nothing is downloaded. Absolute paths are
replaced by `{{workspace}}` at the end; laying the workspace out puts the real folder in.
"""

import math
import os
import random
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", MLFLOW_DISABLE_TELEMETRY="true", TOKENIZERS_PARALLELISM="false")

import mlflow  # noqa: E402
import torch  # noqa: E402
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers  # noqa: E402
from transformers import (  # noqa: E402
    BertConfig,
    BertForSequenceClassification,
    BertForTokenClassification,
    BertModel,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    pipeline,
)

sys.path.insert(0, str(Path(__file__).parent))
import data  # noqa: E402

REQUIREMENTS = ["mlflow==3.17.2", "transformers==5.23.0", "torch==2.13.0", "accelerate"]
PLACEHOLDER = "{{workspace}}"
torch.set_num_threads(2)


def bert_tokenizer():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    alphabet = list("abcdefghijklmnopqrstuvwxyz0123456789.,!?'-")
    tokenizer.train_from_iterator(
        data.corpus(), trainers.WordPieceTrainer(vocab_size=900, special_tokens=special, initial_alphabet=alphabet)
    )
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", cls), ("[SEP]", sep)]
    )
    tokenizer.decoder = decoders.WordPiece()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]", model_max_length=128, model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )


def generator_tokenizer(text):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        [text],
        trainers.BpeTrainer(
            vocab_size=900, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
        ),
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>", pad_token="<|endoftext|>")


def bert_config(tokenizer, **more):
    return BertConfig(
        vocab_size=len(tokenizer), hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128,
        max_position_embeddings=128, hidden_dropout_prob=0.05, attention_probs_dropout_prob=0.05, **more,
    )


def train(model, batches, loss_of, params, name, evaluate=None, tags=None, nested=False):
    """One MLflow run: parameters, a loss and learning-rate history, an evaluation each 20 steps. Returns the run id."""
    with mlflow.start_run(run_name=name, tags=tags or {}, nested=nested) as run:
        mlflow.log_params({**params, "parameters": sum(p.numel() for p in model.parameters())})
        optimizer = torch.optim.AdamW(model.parameters(), lr=params["learning_rate"], weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min(1.0, (step + 1) / 10) * max(0.02, 1 - step / params["steps"])
        )
        model.train()
        for step in range(params["steps"]):
            loss = loss_of(model, next(batches))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            if step % 5 == 4 or step == params["steps"] - 1:
                mlflow.log_metrics({"loss": loss.item(), "learning_rate": schedule.get_last_lr()[0]}, step=step + 1)
            if evaluate and (step % 20 == 19 or step == params["steps"] - 1):
                model.eval()
                with torch.no_grad():
                    mlflow.log_metrics(evaluate(model), step=step + 1)
                model.train()
        model.eval()
        return run.info.run_id


def sentiment_run(tokenizer, rng, params, name, **more):
    model = BertForSequenceClassification(
        bert_config(tokenizer, num_labels=2, id2label={0: "NEGATIVE", 1: "POSITIVE"},
                    label2id={"NEGATIVE": 0, "POSITIVE": 1})
    )

    def encode(rows):
        batch = tokenizer([text for text, _ in rows], return_tensors="pt", padding=True)
        return batch, torch.tensor([label for _, label in rows])

    def batches():
        while True:
            yield encode(data.sentiment(rng, params["batch_size"]))

    held_out = encode(data.sentiment(random.Random(99), 200))

    def evaluate(model):
        batch, labels = held_out
        out = model(**batch, labels=labels)
        return {"eval_loss": out.loss.item(), "accuracy": (out.logits.argmax(-1) == labels).float().mean().item()}

    run_id = train(model, batches(), lambda m, b: m(**b[0], labels=b[1]).loss, params, name, evaluate, **more)
    return model, run_id


def entities_run(tokenizer, rng, params, name):
    labels = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG"]
    model = BertForTokenClassification(
        bert_config(tokenizer, num_labels=len(labels), id2label=dict(enumerate(labels)),
                    label2id={label: i for i, label in enumerate(labels)})
    )

    def encode(rows):
        batch = tokenizer([words for words, _ in rows], is_split_into_words=True, return_tensors="pt", padding=True)
        targets = torch.full(batch["input_ids"].shape, -100)
        for row, (_, tags) in enumerate(rows):
            previous = None
            for column, word in enumerate(batch.word_ids(row)):
                if word is not None:
                    label = tags[word].replace("B-", "I-") if word == previous else tags[word]
                    targets[row, column] = labels.index(label)
                previous = word
        return batch, targets

    def batches():
        while True:
            yield encode(data.entities(rng, params["batch_size"]))

    held_out = encode(data.entities(random.Random(98), 150))

    def evaluate(model):
        batch, targets = held_out
        out = model(**batch, labels=targets)
        known = targets != -100
        return {"eval_loss": out.loss.item(),
                "accuracy": (out.logits.argmax(-1)[known] == targets[known]).float().mean().item()}

    run_id = train(model, batches(), lambda m, b: m(**b[0], labels=b[1]).loss, params, name, evaluate)
    return model, run_id


def embedding_run(tokenizer, rng, params, name):
    model = BertModel(bert_config(tokenizer))

    def embed(model, texts):
        batch = tokenizer(texts, return_tensors="pt", padding=True)
        mask = batch["attention_mask"].unsqueeze(-1)
        hidden = model(**batch).last_hidden_state
        return torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=-1)

    def loss_of(model, rows):
        a, b = embed(model, [row[0] for row in rows]), embed(model, [row[1] for row in rows])
        topics = torch.tensor([row[2] for row in rows])
        same = (topics[:, None] == topics[None, :]).float()
        scores = torch.log_softmax(a @ b.T * 10, dim=-1)
        return -(scores * same / same.sum(-1, keepdim=True)).sum(-1).mean()

    def batches():
        while True:
            yield data.topic_pairs(rng, params["batch_size"])

    held_out = data.topic_pairs(random.Random(97), 120)

    def evaluate(model):
        similar = (embed(model, [r[0] for r in held_out]) * embed(model, [r[1] for r in held_out])).sum(-1).mean().item()
        return {"pair_similarity": similar}

    run_id = train(model, batches(), loss_of, params, name, evaluate)
    return model, run_id


def zero_shot_run(tokenizer, encoder, rng, params, name):
    """Starts from the embedding model's encoder, which already knows which words belong together."""
    labels = ["contradiction", "neutral", "entailment"]
    model = BertForSequenceClassification(
        bert_config(tokenizer, num_labels=3, id2label=dict(enumerate(labels)),
                    label2id={label: i for i, label in enumerate(labels)})
    )
    model.bert.load_state_dict(encoder.state_dict())

    def encode(rows):
        batch = tokenizer([r[0] for r in rows], [r[1] for r in rows], return_tensors="pt", padding=True)
        return batch, torch.tensor([r[2] for r in rows])

    def batches():
        while True:
            yield encode(data.entailment(rng, params["batch_size"]))

    held_out = encode(data.entailment(random.Random(96), 200))

    def evaluate(model):
        batch, targets = held_out
        out = model(**batch, labels=targets)
        return {"eval_loss": out.loss.item(), "accuracy": (out.logits.argmax(-1) == targets).float().mean().item()}

    run_id = train(model, batches(), lambda m, b: m(**b[0], labels=b[1]).loss, params, name, evaluate)
    return model, run_id


def generator_run(rng, params, name):
    text = (Path(__file__).parent / "alice.txt").read_text()
    tokenizer = generator_tokenizer(text)
    ids = tokenizer(text + tokenizer.eos_token, return_tensors="pt")["input_ids"][0]
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=128, intermediate_size=256, num_hidden_layers=3, num_attention_heads=4,
            num_key_value_heads=2, max_position_embeddings=512, bos_token_id=None, eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id, tie_word_embeddings=True,
        )
    )
    model.generation_config.max_new_tokens = 60
    model.generation_config.eos_token_id = model.generation_config.pad_token_id = tokenizer.eos_token_id
    length = params["sequence_length"]
    padded = torch.cat([ids, torch.full((length,), tokenizer.eos_token_id)])

    def batches():
        while True:
            starts = [rng.randrange(len(ids) - 1) for _ in range(params["batch_size"])]
            yield torch.stack([padded[start : start + length] for start in starts])

    def loss_of(model, batch):
        return model(input_ids=batch, labels=batch).loss

    def evaluate(model):
        loss = loss_of(model, ids[: length * 4].view(4, length)).item()
        return {"eval_loss": loss, "perplexity": math.exp(min(loss, 20))}

    run_id = train(model, batches(), loss_of, params, name, evaluate)
    return model, tokenizer, run_id


def log(run_id, model, tokenizer, task, name, **more):
    """Logs the model to its run, as its author would."""
    with mlflow.start_run(run_id=run_id):
        return mlflow.transformers.log_model(
            transformers_model={"model": model, "tokenizer": tokenizer}, task=task, name=name,
            pip_requirements=REQUIREMENTS, **more,
        )


def experiments(tokenizer):
    rng = random.Random(1)
    mlflow.set_experiment("sentiment")
    mlflow.set_experiment_tag("mlflow.note.content", "Is a short review friendly or not? Trained on generated sentences.")
    base = {"base_model": "bert-tiny", "batch_size": 32}
    with mlflow.start_run(run_name="learning-rate-sweep", tags={"stage": "sweep"}) as parent:
        mlflow.log_param("trials", 8)
        for trial, rate in enumerate([1e-4, 3e-4, 1e-3, 2e-3, 3e-3, 5e-3, 1e-2, 3e-2]):
            sentiment_run(tokenizer, rng, {**base, "learning_rate": rate, "steps": 60}, f"lr-{rate:g}",
                          tags={"stage": "sweep", "trial": str(trial)}, nested=True)
        mlflow.log_metric("accuracy", max(
            run.data.metrics["accuracy"] for run in mlflow.search_runs(
                filter_string=f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'", output_format="list")))
    for batch_size in (8, 16, 64):
        sentiment_run(tokenizer, rng, {**base, "batch_size": batch_size, "learning_rate": 3e-3, "steps": 60},
                      f"batch-{batch_size}", tags={"stage": "batch size"})
    with mlflow.start_run(run_name="out-of-memory", tags={"stage": "batch size"}) as failed:
        mlflow.log_params({**base, "batch_size": 8192, "learning_rate": 3e-3})
        mlflow.log_metric("loss", float("nan"), step=1)
    mlflow.MlflowClient().set_terminated(failed.info.run_id, "FAILED")

    first, first_run = sentiment_run(tokenizer, rng, {**base, "learning_rate": 1e-3, "steps": 40}, "first-try")
    log(first_run, first, tokenizer, "text-classification", "sentiment", input_example=["I love this movie!"],
        registered_model_name="review-sentiment")
    best, best_run = sentiment_run(tokenizer, rng, {**base, "learning_rate": 3e-3, "steps": 260}, "best",
                                   tags={"stage": "release"})
    log(best_run, best, tokenizer, "text-classification", "sentiment", registered_model_name="review-sentiment",
        input_example=["I love this movie!", "The food was awful."], metadata={"audience": "reviews"})

    mlflow.set_experiment("language")
    mlflow.set_experiment_tag("mlflow.note.content", "Names in sentences, sentence embeddings, topics, and a tale.")
    for rate in (1e-3, 6e-3):
        entities_run(tokenizer, rng, {**base, "learning_rate": rate, "steps": 60}, f"entities-lr-{rate:g}")
    entity_model, entity_run = entities_run(tokenizer, rng, {**base, "learning_rate": 3e-3, "steps": 260}, "entities")
    log(entity_run, entity_model, tokenizer, "token-classification", "entities",
        input_example=["Ada Lovelace works for Siemens in Berlin."], model_config={"aggregation_strategy": "simple"})
    embedding_model, embedding_run_id = embedding_run(
        tokenizer, rng, {**base, "learning_rate": 2e-3, "steps": 150}, "embeddings")
    log(embedding_run_id, embedding_model, tokenizer, "feature-extraction", "embeddings",
        input_example=["the recipe needs more garlic"])
    for steps in (40, 80):
        zero_shot_run(tokenizer, embedding_model, rng, {**base, "learning_rate": 3e-3, "steps": steps}, f"topics-{steps}-steps")
    topic_model, topic_run = zero_shot_run(
        tokenizer, embedding_model, rng, {**base, "learning_rate": 1e-3, "steps": 900}, "topics")
    log(topic_run, topic_model, tokenizer, "zero-shot-classification", "topics",
        input_example={
            "sequences": "the chef put garlic into the soup",
            "candidate_labels": ["cooking", "sports", "music", "travel"],
            "hypothesis_template": "this text is about {} .",
        })
    tale, tale_tokenizer, tale_run = generator_run(
        rng, {"base_model": "llama-tiny", "batch_size": 16, "sequence_length": 96, "learning_rate": 3e-3, "steps": 700},
        "storyteller")
    log(tale_run, tale, tale_tokenizer, "text-generation", "storyteller",
        input_example=("Alice was beginning to get very tired", {"max_new_tokens": 60, "do_sample": False}))
    reference_run(tokenizer)


def reference_run(tokenizer):
    """A model whose weights stay on the Hub: save_pretrained=False with a pinned commit."""
    import mlflow.transformers.flavor_config as flavor_config

    commit = "714eb0fa89d2f80546fda750413ed43d93601a13"
    flavor_config.get_latest_commit_for_repo = lambda repo: commit
    name = "distilbert/distilbert-base-uncased-finetuned-sst-2-english"
    model = DistilBertForSequenceClassification(
        DistilBertConfig(vocab_size=64, dim=32, n_layers=1, n_heads=2, hidden_dim=64, num_labels=2))
    model.name_or_path = model.config._name_or_path = tokenizer.name_or_path = name
    with mlflow.start_run(run_name="hub-baseline", tags={"stage": "baseline"}):
        mlflow.log_metric("accuracy", 0.91)
        mlflow.transformers.log_model(
            transformers_model=pipeline("text-classification", model=model, tokenizer=tokenizer),
            name="distilbert-reference", save_pretrained=False, pip_requirements=REQUIREMENTS)


def tidy(folder):
    """Replaces the absolute path by the placeholder and evens out user names and times of this machine."""
    database = sqlite3.connect(folder / "mlflow.db")
    for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        for column in database.execute(f'PRAGMA table_info("{table}")').fetchall():
            if "CHAR" in column[2].upper() or "TEXT" in column[2].upper():
                database.execute(f'UPDATE "{table}" SET "{column[1]}" = replace("{column[1]}", ?, ?) '
                                 f'WHERE "{column[1]}" LIKE ?', (str(folder), PLACEHOLDER, f"%{folder}%"))
    database.execute("UPDATE runs SET user_id = 'sample'")
    database.execute("UPDATE tags SET value = 'sample' WHERE key = 'mlflow.user'")
    database.execute("UPDATE tags SET value = 'train.py' WHERE key = 'mlflow.source.name'")
    database.execute("DELETE FROM tags WHERE key LIKE 'mlflow.source.git%'")
    database.execute("UPDATE logged_model_tags SET tag_value = 'sample' WHERE tag_key = 'mlflow.user'")
    database.execute("UPDATE logged_model_tags SET tag_value = 'train.py' WHERE tag_key = 'mlflow.source.name'")
    database.execute("DELETE FROM logged_model_tags WHERE tag_key LIKE 'mlflow.source.git%'")
    database.commit()
    database.execute("VACUUM")
    database.close()
    for mlmodel in folder.rglob("MLmodel"):
        mlmodel.write_text(mlmodel.read_text().replace(str(folder), PLACEHOLDER))


def main(target):
    torch.manual_seed(7)
    random.seed(7)
    folder = Path(tempfile.mkdtemp(prefix="sample")).resolve()
    os.chdir(folder)
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    experiments(bert_tokenizer())
    client = mlflow.MlflowClient()
    client.update_registered_model("review-sentiment", "Tells friendly reviews from unfriendly ones.")
    client.set_registered_model_alias("review-sentiment", "champion", "2")
    client.set_model_version_tag("review-sentiment", "1", "validation", "rejected")
    client.set_model_version_tag("review-sentiment", "2", "validation", "passed")
    tidy(folder)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    shutil.copy(folder / "mlflow.db", target)
    shutil.copytree(folder / "mlruns", target / "mlruns")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
