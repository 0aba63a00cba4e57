"""Logs the models with which the engine's own behaviour is tested, and what Python answers for them."""
import json, logging, os, shutil, sys, warnings

warnings.filterwarnings("ignore")
import torch
import transformers as T
import mlflow
import yaml
from peft import LoraConfig, get_peft_model
from mlflow.models import infer_signature
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

logging.disable(logging.CRITICAL)
T.logging.set_verbosity_error()
question = json.load(sys.stdin)
root = question["folder"]
torch.manual_seed(5)
t = Tokenizer(models.BPE())
t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
t.train_from_iterator(["hello world where do I live"] * 9, trainers.BpeTrainer(vocab_size=300, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
data = json.loads(t.to_str())["model"]
tokenizer = T.GPT2Tokenizer(vocab=data["vocab"], merges=[tuple(m) if not isinstance(m, str) else tuple(m.split(" ")) for m in data["merges"]])
tokenizer.pad_token = tokenizer.eos_token


def gpt2():
    model = T.GPT2LMHeadModel(T.GPT2Config(vocab_size=len(tokenizer), n_embd=32, n_layer=2, n_head=2, n_positions=256, bos_token_id=0, eos_token_id=0))
    with torch.no_grad():
        for p in model.parameters():
            if p.ndim > 1:
                p.mul_(3)
    model.name_or_path = "tiny"
    return model.eval()


def save(name, pipe, **options):
    mlflow.transformers.save_model(pipe, f"{root}/{name}", pip_requirements=["x"], **options)


def edit(name, change):
    path = f"{root}/{name}/MLmodel"
    document = yaml.safe_load(open(path))
    change(document)
    open(path, "w").write(yaml.safe_dump(document))


def copy(name, source="plain"):
    shutil.copytree(f"{root}/{source}", f"{root}/{name}")


greedy = {"do_sample": False, "max_new_tokens": 8}
pipe = T.pipeline("text-generation", model=gpt2(), tokenizer=tokenizer)
pipe.model.name_or_path = "tiny"
save("plain", pipe, model_config=dict(greedy))
save("long", pipe, model_config={"do_sample": False, "max_new_tokens": 200})

copy("legacy")
os.rename(f"{root}/legacy/model", f"{root}/legacy/pipeline")
edit("legacy", lambda d: d["flavors"]["transformers"].pop("model_binary"))
copy("configFile")
with open(f"{root}/configFile/components/inference_config.txt", "w") as f:
    json.dump({"do_sample": False, "max_new_tokens": 2}, f)
copy("reference")
shutil.rmtree(f"{root}/reference/model")
edit("reference", lambda d: (d["flavors"]["transformers"].pop("model_binary"), d["flavors"]["transformers"].update(source_model_name="org/tiny", source_model_revision="a" * 40)))
copy("sklearn")
edit("sklearn", lambda d: d["flavors"].update({"sklearn": d["flavors"].pop("transformers")}))
copy("noPyfunc")
edit("noPyfunc", lambda d: d["flavors"].pop("python_function"))
copy("remoteCode")
edit("remoteCode", lambda d: d["flavors"]["transformers"].update(pipeline_model_type="MyGPT2LMHeadModel"))
config = json.load(open(f"{root}/remoteCode/model/config.json"))
config["auto_map"] = {"AutoModelForCausalLM": "modeling_mine.MyGPT2LMHeadModel"}
json.dump(config, open(f"{root}/remoteCode/model/config.json", "w"))
copy("weightsGone")
shutil.rmtree(f"{root}/weightsGone/model")
copy("code")
os.makedirs(f"{root}/code/code")
edit("code", lambda d: d["flavors"]["transformers"].update(code="code"))
copy("otherTask")
edit("otherTask", lambda d: d["flavors"]["transformers"].update(task="object-detection", instance_type="ObjectDetectionPipeline"))

base = gpt2()
base.save_pretrained(f"{root}/base")
tokenizer.save_pretrained(f"{root}/base")
base = T.GPT2LMHeadModel.from_pretrained(f"{root}/base")
adapted = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", r=4, target_modules=["c_attn"], fan_in_fan_out=True))
with torch.no_grad():
    for n, p in adapted.named_parameters():
        if "lora_" in n:
            p.normal_(0, 0.5)
save("adapter", T.pipeline("text-generation", model=adapted.eval(), tokenizer=tokenizer), model_config=dict(greedy), base_model_path=f"{root}/base")

answers = {}
for name in ["plain", "legacy", "configFile", "code", "adapter"]:
    answers[name] = mlflow.pyfunc.load_model(f"{root}/{name}").predict("hello world")
answers["override"] = mlflow.pyfunc.load_model(f"{root}/plain", model_config={"max_new_tokens": 3, "nothing": 1}).predict("hello world")
print(json.dumps(answers))
