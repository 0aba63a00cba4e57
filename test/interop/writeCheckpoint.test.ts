import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readCheckpointTensors } from '../../src/core/safetensors/checkpoint.js';
import { parseShardSize, writeCheckpoint } from '../../src/core/safetensors/writeCheckpoint.js';
import { storeModel } from '../../src/core/transformers/storeFiles.js';
import { floatDtypeOf } from '../../src/core/transformers/torchDtype.js';
import { runPython } from '../helpers/python.js';

const make = `
import json, sys, torch
from safetensors.torch import save_file
folder = json.load(sys.stdin)
torch.manual_seed(0)
special = torch.tensor([0.0, -0.0, float("inf"), float("-inf"), 65504.0, 65519.0, 65520.0, 1e-8, 5.96e-8, 2.98e-8, 8.9e-8, 6.1e-5, 1e38, 1.00048828125, 1.00146484375])
noise = torch.randint(-2**31, 2**31 - 1, (100003,), dtype=torch.int64).to(torch.int32).view(torch.float32)
tensors = {"z.special": special, "nan.noise": noise, "a.weight": torch.randn(300, 70), "b.tiny": torch.randn(5000) * 1e-6, "ids": torch.arange(7), "mask": torch.tensor([True, False])}
save_file(tensors, folder + "/model.safetensors", metadata={"format": "pt"})
save_file({k: v.to(torch.bfloat16) if v.is_floating_point() else v for k, v in tensors.items()}, folder + "/bf16.safetensors", metadata={"format": "pt"})
print("null")
`;

const compare = `
import json, sys, hashlib, torch
from safetensors.torch import load_file, save
request = json.load(sys.stdin)
source = load_file(request["source"])
answers = []
for dtype, folder in request["written"]:
    kind = getattr(torch, dtype)
    expected = {k: v.to(kind) if v.is_floating_point() else v for k, v in source.items()}
    whole = open(folder + "/model.safetensors", "rb").read()
    loaded = load_file(folder + "/model.safetensors")
    same = all(torch.equal(expected[k].view(torch.uint8), loaded[k].view(torch.uint8)) for k in expected)
    answers.append([same, whole == save(expected, metadata={"format": "pt"}) or "bytes differ"])
print(json.dumps(answers))
`;

describe('writeCheckpoint', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'checkpoint-'));
    await runPython('new', make, root);
  });
  after(() => rm(root, { recursive: true, force: true }));

  it('converts to half, brain and single precision as PyTorch rounds, in the bytes of the reference library', async () => {
    const checkpoint = await readCheckpointTensors(root);
    const written: [string, string][] = [];
    for (const [dtype, name] of [
      ['F16', 'float16'],
      ['BF16', 'bfloat16'],
      ['F32', 'float32'],
      ['F64', 'float64'],
    ] as const) {
      const folder = path.join(root, name);
      await mkdir(folder);
      assert.deepEqual(await writeCheckpoint(checkpoint, folder, { dtype }), ['model.safetensors']);
      written.push([name, folder]);
    }
    const answers = await runPython('new', compare, { source: path.join(root, 'model.safetensors'), written });
    assert.deepEqual(
      answers,
      written.map(() => [true, true]),
    );
  });

  it('shards as transformers does and reads its shards again', async () => {
    const folder = path.join(root, 'sharded');
    await mkdir(folder);
    const checkpoint = await readCheckpointTensors(root);
    await writeCheckpoint(checkpoint, folder, { maxShardSizeBytes: parseShardSize('30KB') });
    assert.deepEqual(await readdir(folder), [
      'model-00001-of-00003.safetensors',
      'model-00002-of-00003.safetensors',
      'model-00003-of-00003.safetensors',
      'model.safetensors.index.json',
    ]);
    const again = await readCheckpointTensors(folder);
    assert.equal(again.parameterCount, checkpoint.parameterCount);
    const names = await runPython<string[]>(
      'new',
      `
import json, sys, glob
from safetensors.torch import load_file
folder = json.load(sys.stdin)
print(json.dumps(sorted(name for file in glob.glob(folder + "/*.safetensors") for name in load_file(file))))
`,
      folder,
    );
    assert.deepEqual(names, [...checkpoint.tensors.keys()].sort());
  });

  it('understands sizes as text', () => {
    assert.deepEqual(['500MB', '2GB', '1GiB', '10 KB', 7].map(parseShardSize), [5e8, 2e9, 2 ** 30, 1e4, 7]);
    assert.throws(() => parseShardSize('many'), /is not a size/);
  });
});

/** Python: tiny models, saved as they are, and loaded in another precision and saved in shards. */
const saveModels = `
import json, sys, torch, transformers as T
from transformers.utils import logging
logging.set_verbosity_error(); logging.disable_progress_bar()
folder = json.load(sys.stdin)
torch.manual_seed(0)
small = dict(vocab_size=90, hidden_size=16, num_hidden_layers=12, num_attention_heads=2, intermediate_size=32, max_position_embeddings=32)
models = {
    "bert": T.BertForMaskedLM(T.BertConfig(**small)),
    "llama": T.LlamaForCausalLM(T.LlamaConfig(**small, num_key_value_heads=1, tie_word_embeddings=True)),
    "mixtral": T.MixtralForCausalLM(T.MixtralConfig(**{**small, "num_hidden_layers": 2}, num_key_value_heads=1, num_local_experts=12)),
    "t5": T.T5ForConditionalGeneration(T.T5Config(vocab_size=90, d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2)),
    "gpt2": T.GPT2LMHeadModel(T.GPT2Config(vocab_size=90, n_embd=16, n_layer=2, n_head=2, n_positions=32)),
    "deberta": T.DebertaModel(T.DebertaConfig(**{**small, "num_hidden_layers": 2})),
    "resnet": T.ResNetForImageClassification(T.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1])),
}
made = []
for name, model in models.items():
    source = f"{folder}/{name}"
    model.save_pretrained(source)
    for dtype, size in [("float16", "10MB"), ("bfloat16", "10MB"), ("float32", "6KB"), ("float32", "0.1KB"), ("float16", "6KB")]:
        target = f"{source}-{dtype}-{size}"
        type(model).from_pretrained(source, torch_dtype=getattr(torch, dtype)).save_pretrained(target, max_shard_size=size)
        made.append(dict(name=f"{name} in {dtype}, shards of {size}", source=source, target=target, dtype=dtype, size=size))
    half = f"{source}-half"
    type(model).from_pretrained(source, torch_dtype=torch.bfloat16).save_pretrained(half, max_shard_size="6KB")
    target = f"{half}-again"
    type(model).from_pretrained(half, torch_dtype=torch.float32).save_pretrained(target, max_shard_size="10KB")
    made.append(dict(name=f"{name} from shards in bfloat16", source=half, target=target, dtype="float32", size="10KB"))
print(json.dumps(made))
`;

interface SavedByPython {
  name: string;
  source: string;
  target: string;
  dtype: string;
  size: string;
}

const weightFiles = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.includes('safetensors')).sort();

describe('weights written again are those of save_pretrained', () => {
  let root: string;
  before(async () => (root = await mkdtemp(path.join(tmpdir(), 'save-pretrained-'))));
  after(() => rm(root, { recursive: true, force: true }));

  async function ours({ source, target, dtype, size }: SavedByPython, countsParameters: boolean): Promise<string> {
    const folder = `${target}-ours`;
    const options = { isBilingual: false, wholeFolder: false, countsParameters };
    const rewrite = { convertTo: floatDtypeOf(dtype), maxShardSizeBytes: parseShardSize(size) };
    await storeModel(source, folder, { ...options, ...rewrite });
    return folder;
  }

  it('of transformers 5, byte for byte: files, index and precision', async () => {
    const folder = path.join(root, 'new');
    await mkdir(folder);
    for (const saved of await runPython<SavedByPython[]>('new', saveModels, folder)) {
      const written = await ours(saved, true);
      assert.deepEqual(await weightFiles(written), await weightFiles(saved.target), saved.name);
      for (const file of [...(await weightFiles(written)), 'config.json']) {
        const [mine, theirs] = [
          await readFile(path.join(written, file)),
          await readFile(path.join(saved.target, file)),
        ];
        assert.ok(mine.equals(theirs), `${file} of ${saved.name}`);
      }
    }
  });

  it('of transformers 4, the same bytes in each tensor; whole files where they need no shards', async () => {
    const folder = path.join(root, 'old');
    await mkdir(folder);
    for (const saved of await runPython<SavedByPython[]>('old', saveModels, folder)) {
      const written = await ours(saved, false);
      const [mine, theirs] = [await tensorBytes(written), await tensorBytes(saved.target)];
      assert.deepEqual(mine, theirs, saved.name);
      if ((await weightFiles(saved.target)).length > 1) {
        assert.deepEqual((await indexOf(written)).metadata, (await indexOf(saved.target)).metadata, saved.name);
        continue;
      }
      const [one, other] = [written, saved.target].map((at) => readFile(path.join(at, 'model.safetensors')));
      assert.ok((await one!).equals(await other!), saved.name);
    }
  });
});

async function indexOf(folder: string): Promise<{ metadata: unknown }> {
  const text = await readFile(path.join(folder, 'model.safetensors.index.json'), 'utf8');
  return JSON.parse(text) as { metadata: unknown };
}

/** Type, shape and digest of every tensor by name. */
async function tensorBytes(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, tensor] of (await readCheckpointTensors(folder)).tensors) {
    const bytes = (await readFile(tensor.file)).subarray(tensor.offsetBytes, tensor.offsetBytes + tensor.lengthBytes);
    found[name] = `${tensor.dtype} ${tensor.shape.join('x')} ${createHash('sha256').update(bytes).digest('hex')}`;
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}
