import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Fluent } from '../../src/core/client/fluent.js';
import { readCheckpointTensors } from '../../src/core/safetensors/checkpoint.js';
import { saveModel } from '../../src/core/transformers/saveModel.js';
import { createTransformers } from '../../src/library/transformers.js';
import type { PythonGeneration } from '../helpers/environment.js';
import { runPython } from '../helpers/python.js';
import { PythonSession } from '../helpers/pythonSession.js';

/** Python: tiny base models with adapters, what PEFT answers with them, and MLflow's own saves of them. */
const makeAdapters = `
import json, sys, os, torch, transformers, mlflow
from transformers import *
from peft import LoraConfig, get_peft_model
asked = json.load(sys.stdin)
root = asked["root"]
words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + "good bad fine a b c d e f g h".split()
os.makedirs(os.path.join(root, "words"))
open(os.path.join(root, "words", "vocab.txt"), "w").write("\\n".join(words))
tokenizer = BertTokenizerFast.from_pretrained(os.path.join(root, "words"))

def shake(model):
    torch.manual_seed(3)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name or "modules_to_save" in name:
                parameter.copy_(torch.randn_like(parameter) * 0.6)
    return model.eval()

answers = {}
def make(name, base, task, lora, texts, **kwargs):
    folder = os.path.join(root, name + "-base")
    base.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    model = shake(get_peft_model(type(base).from_pretrained(folder), lora))
    model.save_pretrained(os.path.join(root, name + "-adapter"))
    pipe = pipeline(task, model=model, tokenizer=tokenizer, device="cpu")
    plain = pipeline(task, model=folder, tokenizer=tokenizer, device="cpu")
    answers[name] = dict(adapted=pipe(texts, **kwargs), plain=plain(texts, **kwargs))
    mlflow.transformers.save_model(pipe, os.path.join(root, name + "-python"), pip_requirements=["transformers", "torch", "peft"])

torch.manual_seed(1)
make("bert", BertForSequenceClassification(BertConfig(vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)),
     "text-classification", LoraConfig(task_type="SEQ_CLS", r=4, lora_alpha=8, target_modules=["query", "value", "dense"]), ["good a b", "bad"])
torch.manual_seed(2)
make("llama", LlamaForCausalLM(LlamaConfig(vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=64, bos_token_id=2, eos_token_id=3, pad_token_id=0, max_position_embeddings=64)),
     "text-generation", LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=16, use_rslora=True, target_modules=["q_proj", "v_proj", "down_proj"]), ["good a b", "bad c"],
     max_new_tokens=6, do_sample=False)
print(json.dumps(answers))
`;

/** Python: what MLflow answers with models saved here. */
const loadInPython = `
import json, sys
asked = json.load(sys.stdin)
import mlflow, peft
out = {}
for key, (folder, texts, kwargs, load) in asked.items():
    pipe = mlflow.transformers.load_model(folder, device=-1, **load)
    out[key] = dict(answer=pipe(texts, **kwargs), isPeft=isinstance(pipe.model, peft.PeftModel))
print(json.dumps(out))
`;

type Answer = { label?: string; score?: number; generated_text?: string };
type Answers = Record<string, { adapted: (Answer | Answer[])[]; plain: (Answer | Answer[])[] }>;

const texts = { bert: ['good a b', 'bad'], llama: ['good a b', 'bad c'] };
const keywords = { bert: {}, llama: { max_new_tokens: 6, do_sample: false } };
const tasks = { bert: 'text-classification', llama: 'text-generation' };

describe('PEFT adapters', () => {
  let root: string;
  let expected: Answers;
  const { loadModel, saveModel } = createTransformers(new Fluent(), { environment: { HF_HUB_OFFLINE: '1' } });
  const requirements = { pipRequirements: ['transformers', 'torch', 'peft'] };

  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'peft-interop-'));
    // The older client writes what both read.
    expected = await runPython<Answers>('old', makeAdapters, { root });
  });
  after(() => rm(root, { recursive: true, force: true }));

  const same = (actual: unknown, wanted: (Answer | Answer[])[]): void => {
    const flat = (actual as (Answer | Answer[])[]).flat();
    assert.equal(flat.length, wanted.flat().length);
    for (const [i, answer] of wanted.flat().entries()) {
      assert.equal(flat[i]?.label, answer.label);
      // transformers 5 joins prompt and continuation without the space that 4 keeps; the words are the same.
      assert.equal(flat[i]?.generated_text?.replaceAll(' ', ''), answer.generated_text?.replaceAll(' ', ''));
      if (answer.score !== undefined) assert.ok(Math.abs((flat[i]?.score ?? NaN) - answer.score) < 1e-5);
    }
  };
  const run = async (folder: string, name: 'bert' | 'llama', more = {}): Promise<unknown> => {
    const pipeline = await loadModel(folder, { device: 'cpu', precision: 'fp32', ...more });
    try {
      return await pipeline(texts[name], keywords[name]);
    } finally {
      await pipeline.dispose();
    }
  };

  test('the adapter changes the answers, or the tests below say nothing', () => {
    for (const { adapted, plain } of Object.values(expected)) assert.notDeepEqual(adapted, plain);
  });

  for (const name of ['bert', 'llama'] as const) {
    test(`${name}: MLflow's own save with a local base, which MLflow reloads at random, runs right here`, async () => {
      const { tensors } = await readCheckpointTensors(path.join(root, `${name}-python`, 'model'));
      assert.ok([...tensors.keys()].some((key) => key.includes('.base_layer.')));
      same(await run(path.join(root, `${name}-python`), name), expected[name]!.adapted);
    });

    test(`${name}: an adapter on a local base is saved beside its base, under the right names (L2)`, async () => {
      const folder = path.join(root, `${name}-saved`);
      await saveModel(path.join(root, `${name}-adapter`), folder, { task: tasks[name], ...requirements });
      const { tensors } = await readCheckpointTensors(path.join(folder, 'model'));
      assert.ok([...tensors.keys()].every((key) => !/base_layer|lora_/.test(key)));
      assert.deepEqual(
        (await readdir(path.join(folder, 'peft'))).filter((file) => file.endsWith('.safetensors')),
        ['adapter_model.safetensors'],
      );
      assert.match(await readFile(path.join(folder, 'MLmodel'), 'utf8'), /peft_adaptor: peft/);
      same(await run(folder, name), expected[name]!.adapted);
    });

    test(`${name}: with baseModelPath only the adapter and the components are saved; it loads, also on an override path (L5, L8)`, async () => {
      const folder = path.join(root, `${name}-reference`);
      const base = path.join(root, `${name}-base`);
      await saveModel(path.join(root, `${name}-adapter`), folder, {
        task: tasks[name],
        baseModelPath: base,
        ...requirements,
      });
      const names = await readdir(folder);
      assert.ok(names.includes('peft') && names.includes('components') && !names.includes('model'));
      const document = await readFile(path.join(folder, 'MLmodel'), 'utf8');
      assert.match(document, new RegExp(`local_base_model_path: ${base}`));
      assert.doesNotMatch(document, /source_model_revision|model_binary/);
      same(await run(folder, name), expected[name]!.adapted);
      same(await run(folder, name, { baseModelPath: base }), expected[name]!.adapted);
    });

    test(`${name}: a loaded adapter is saved again`, async () => {
      const pipeline = await loadModel(path.join(root, `${name}-saved`), { device: 'cpu', precision: 'fp32' });
      const folder = path.join(root, `${name}-again`);
      await saveModel(pipeline, folder, requirements);
      await pipeline.dispose();
      same(await run(folder, name), expected[name]!.adapted);
    });
  }

  for (const generation of ['new', 'old'] as const) {
    test(`real MLflow (${generation}) answers with what was saved here as PEFT did (L2, L5, L8)`, async () => {
      const asked: Record<string, unknown> = {};
      for (const name of ['bert', 'llama'] as const) {
        asked[`${name}-saved`] = [path.join(root, `${name}-saved`), texts[name], keywords[name], {}];
        asked[`${name}-again`] = [path.join(root, `${name}-again`), texts[name], keywords[name], {}];
        if (generation === 'old') continue;
        asked[`${name}-reference`] = [path.join(root, `${name}-reference`), texts[name], keywords[name], {}];
        const load = { base_model_path: path.join(root, `${name}-base`) };
        asked[`${name}-override`] = [path.join(root, `${name}-reference`), texts[name], keywords[name], load];
      }
      const answers = await runPython<Record<string, { answer: (Answer | Answer[])[]; isPeft: boolean }>>(
        generation,
        loadInPython,
        asked,
      );
      for (const [key, { answer, isPeft }] of Object.entries(answers)) {
        assert.ok(isPeft, key);
        same(answer, expected[key.split('-')[0] ?? '']!.adapted);
      }
    });
  }
});

/** Python: what PEFT answers with an adapter on its base, and what MLflow answers with the model saved here. */
const answersOfAdapters = `
import json, os, torch, peft
def answers(pipe, task):
    kwargs = {} if task == "text-classification" else dict(max_new_tokens=4, do_sample=False)
    return pipe(["the quick fox", "hello world"], **kwargs)

def wanted(adapter, base, task):
    head = "CausalLM" if task == "text-generation" else "SequenceClassification"
    model = getattr(peft, f"AutoPeftModelFor{head}").from_pretrained(adapter).eval()
    own = os.path.exists(f"{adapter}/tokenizer_config.json")
    return answers(transformers.pipeline(task, model=model, tokenizer=transformers.AutoTokenizer.from_pretrained(adapter if own else base)), task)

def found(folder, task):
    pipe = mlflow.transformers.load_model(folder)
    return {"answers": answers(pipe, task), "isPeft": isinstance(pipe.model, peft.PeftModel), "tokens": len(pipe.tokenizer)}
`;

/** Python: an adapter that was trained with two tokens more than its base has. */
const makeResized = `
import torch, peft
def make_resized(base, adapter):
    torch.manual_seed(0)
    tokenizer = transformers.AutoTokenizer.from_pretrained(base)
    tokenizer.add_tokens(["<first>", "<second>"])
    model = transformers.AutoModelForCausalLM.from_pretrained(base)
    model.resize_token_embeddings(len(tokenizer))
    model = peft.get_peft_model(model, peft.LoraConfig(task_type="CAUSAL_LM", r=2, target_modules=["q_proj"]))
    model.save_pretrained(adapter)
    tokenizer.save_pretrained(adapter)
    return len(tokenizer)
`;

interface AdapterCheckpoint {
  name: string;
  task: string;
  folder: string;
  adapter: string | null;
}
interface FoundAnswers {
  answers: unknown;
  isPeft: boolean;
  tokens: number;
}

describe('PEFT adapters of every kind, saved here and loaded by real MLflow', () => {
  let root: string;
  const sessions = { new: new PythonSession('new'), old: new PythonSession('old') };
  before(async () => (root = await mkdtemp(path.join(tmpdir(), 'peft-kinds-'))));
  after(async () => {
    for (const session of Object.values(sessions)) session.close();
    await rm(root, { recursive: true, force: true });
  });
  const ask = async <T>(generation: PythonGeneration, code: string): Promise<T> => {
    const text = `${answersOfAdapters}${makeResized}result = ${code}`;
    const answer = await sessions[generation].ask<{ result?: T; trace?: string }>('python', { code: text });
    assert.equal(answer.trace, undefined);
    return answer.result as T;
  };
  const quoted = (...texts: string[]): string => texts.map((text) => JSON.stringify(text)).join(', ');
  const adapters = ['text-classification-lora', 'text-generation-rslora', 'text-generation-dora'];
  adapters.push('text-generation-ia3', 'text-generation-prompt-tuning');

  for (const source of ['new', 'old'] as const) {
    test(`adapters written with the ${source} PEFT answer in both as PEFT does (L2)`, async () => {
      const made = await sessions[source].ask<AdapterCheckpoint[]>('makeMedia', {
        root: path.join(root, source),
        only: adapters,
      });
      assert.deepEqual(made.map(({ name }) => name).sort(), [...adapters].sort());
      for (const { name, task, folder, adapter } of made) {
        const target = path.join(root, source, 'saved', name);
        await saveModel(adapter!, target, { task, pipRequirements: ['x'] });
        for (const generation of ['new', 'old'] as const) {
          const found = await ask<FoundAnswers>(generation, `found(${quoted(target, task)})`);
          assert.ok(found.isPeft, `${name} in ${generation}`);
          // Older PEFT reads no settings of newer; with virtual tokens the two generations continue a text differently.
          const reader = source === 'old' ? generation : source;
          if (reader !== generation && name.endsWith('prompt-tuning')) continue;
          const wanted = await ask(reader, `wanted(${quoted(adapter!, folder, task)})`);
          assert.deepEqual(words(found.answers), words(wanted), `${name} in ${generation}`);
        }
      }
    });
  }

  test('an adapter with more tokens than its base is saved with its own tokenizer, and loads', async () => {
    const [made] = await sessions.old.ask<AdapterCheckpoint[]>('makeMedia', {
      root: path.join(root, 'resized'),
      only: ['text-generation-rslora'],
    });
    const { folder, task } = made!;
    const adapter = path.join(root, 'resized', 'adapter');
    const count = await ask<number>('old', `make_resized(${quoted(folder, adapter)})`);
    const target = path.join(root, 'resized', 'saved');
    await saveModel(adapter, target, { task, pipRequirements: ['x'] });
    const wanted = await ask('old', `wanted(${quoted(adapter, folder, task)})`);
    for (const generation of ['new', 'old'] as const) {
      const found = await ask<FoundAnswers>(generation, `found(${quoted(target, task)})`);
      assert.equal(found.tokens, count);
      assert.deepEqual(words(found.answers), words(wanted));
    }
  });
});

/** Answers without the spaces that transformers 5 joins otherwise, numbers to three digits. */
function words(answers: unknown): unknown {
  if (typeof answers === 'string') return answers.replaceAll(' ', '');
  if (typeof answers === 'number') return Math.round(answers * 1e3) / 1e3;
  if (Array.isArray(answers)) return answers.map(words);
  if (typeof answers !== 'object' || answers === null) return answers;
  return Object.fromEntries(Object.entries(answers).map(([key, value]) => [key, words(value)]));
}
