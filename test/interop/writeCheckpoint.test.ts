import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readCheckpointTensors } from '../../src/core/safetensors/checkpoint.js';
import { parseShardSize, writeCheckpoint } from '../../src/core/safetensors/writeCheckpoint.js';
import { runPython } from '../helpers/python.js';

const make = `
import json, sys, torch
from safetensors.torch import save_file
folder = json.load(sys.stdin)
torch.manual_seed(0)
special = torch.tensor([0.0, -0.0, float("inf"), float("-inf"), 65504.0, 65519.0, 65520.0, 1e-8, 5.96e-8, 2.98e-8, 8.9e-8, 6.1e-5, 1e38, 1.00048828125, 1.00146484375])
tensors = {"z.special": special, "a.weight": torch.randn(300, 70), "b.tiny": torch.randn(5000) * 1e-6, "ids": torch.arange(7), "mask": torch.tensor([True, False])}
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
    same = all(torch.equal(torch.nan_to_num(expected[k]) if expected[k].is_floating_point() else expected[k], torch.nan_to_num(loaded[k]) if loaded[k].is_floating_point() else loaded[k]) for k in expected)
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
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
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
