import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { OpenModelOptions, RuntimeModel, Tensor } from '../../src/worker/runtime/model.js';
import { openModel } from '../../src/worker/runtime/openModel.js';
import { realCheckpoints } from '../helpers/environment.js';
import { runPython } from '../helpers/python.js';

const prompts = [
  [504, 3575, 282, 4649, 314],
  [1, 9690, 198, 2683, 359, 253, 5356, 30],
];
const texts = [
  [101, 7592, 2088, 102],
  [101, 2023, 2003, 1037, 2936, 6251, 2059, 1996, 2034, 102],
];

interface Answers {
  hidden: number[];
  sequences: Record<string, number[][]>;
}

const script = `
import json, sys, torch, transformers
transformers.logging.set_verbosity_error()
request = json.load(sys.stdin)
def pad(rows, left):
    longest = max(map(len, rows))
    fill = [[0] * (longest - len(row)) for row in rows]
    ids = [f + row if left else row + f for f, row in zip(fill, rows)]
    mask = [f + [1] * len(row) if left else [1] * len(row) + f for f, row in zip(fill, rows)]
    return {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}
answers = {"sequences": {}}
with torch.no_grad():
    bert = transformers.AutoModel.from_pretrained(request["miniLm"])
    answers["hidden"] = bert(**pad(request["texts"], False)).last_hidden_state.flatten().tolist()
    for name in ("smolLm2Float32", "smolLm2BFloat16"):
        model = transformers.AutoModelForCausalLM.from_pretrained(request[name], dtype=torch.float32)
        output = model.generate(**pad(request["prompts"], True), max_new_tokens=16, do_sample=False)
        longest = output.shape[1] - 16
        answers["sequences"][name] = [row[longest - len(p):] for row, p in zip(output.tolist(), request["prompts"])]
print(json.dumps(answers))
`;

describe('real checkpoints in the runtime', () => {
  let answers: Answers;
  let scratch: string;
  const open = (checkpointFolder: string, options: Partial<OpenModelOptions> = {}): Promise<RuntimeModel> =>
    openModel({ checkpointFolder, task: 'text-generation', device: 'cpu', precision: 'fp32', ...options });

  before(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), 'runtime-'));
    answers = await runPython<Answers>('new', script, { ...realCheckpoints, prompts, texts });
  });
  after(() => rm(scratch, { recursive: true, force: true }));

  it('embeds as PyTorch does, before and after the faster session has taken over', async () => {
    const model = await open(realCheckpoints.miniLm, { task: 'feature-extraction' });
    const length = Math.max(...texts.map((row) => row.length));
    const rows = (value: (row: number[], column: number) => number): Tensor => ({
      dims: [texts.length, length],
      data: BigInt64Array.from(texts.flatMap((row) => Array.from({ length }, (_, i) => BigInt(value(row, i))))),
    });
    const mask = rows((row, column) => (column < row.length ? 1 : 0));
    const compare = async (): Promise<void> => {
      const outputs = await model.forward({ input_ids: rows((row, column) => row[column] ?? 0), attention_mask: mask });
      const data = outputs['last_hidden_state']?.data as Float32Array;
      const width = data.length / mask.data.length;
      for (const [index, value] of answers.hidden.entries()) {
        if (mask.data[Math.floor(index / width)] === 0n) continue;
        assert.ok(Math.abs((data[index] as number) - value) < 1e-4, `element ${index}`);
      }
    };
    let upgrades = 0;
    model.onUpgraded(() => upgrades++);
    assert.equal(model.isUpgrading, true);
    await compare();
    await model.ready();
    assert.equal(upgrades, 1);
    assert.equal(model.isUpgrading, false);
    await compare();
    await model.dispose();
  });

  for (const name of ['smolLm2Float32', 'smolLm2BFloat16'] as const) {
    it(`${name} writes what PyTorch writes, in a batch of different lengths`, async () => {
      const model = await open(realCheckpoints[name]);
      const generation = { ...model.generationConfig, max_new_tokens: 16, do_sample: false };
      const { sequences } = await model.generate({ inputIds: prompts, generation });
      for (const [index, expected] of (answers.sequences[name] ?? []).entries()) {
        const sequence = sequences[index] ?? [];
        assert.deepEqual(sequence, expected.slice(0, sequence.length));
      }
      assert.ok(sequences.every((sequence, index) => sequence.length > (prompts[index]?.length ?? 0) + 4));
      await model.dispose();
    });
  }

  it('opens half a gigabyte of fp32 in little memory', async () => {
    const anonymousBytes = (): number =>
      1024 * Number(/RssAnon:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0);
    const beforeBytes = anonymousBytes();
    const model = await open(realCheckpoints.smolLm2Float32);
    assert.ok(anonymousBytes() - beforeBytes < 100 * 1024 * 1024);
    await model.dispose();
  });

  it('follows the links of a Hugging Face cache', async () => {
    const snapshot = path.join(scratch, 'snapshots', 'revision');
    const blobs = path.join(scratch, 'blobs');
    await mkdir(snapshot, { recursive: true });
    await mkdir(blobs);
    await cp(path.join(realCheckpoints.miniLm, 'config.json'), path.join(snapshot, 'config.json'));
    await cp(path.join(realCheckpoints.miniLm, 'model.safetensors'), path.join(blobs, '53aa51172d14'));
    await symlink('../../blobs/53aa51172d14', path.join(snapshot, 'model.safetensors'));
    const model = await open(snapshot, { task: 'feature-extraction' });
    assert.equal(model.modelClass, 'BertModel');
    await model.dispose();
    assert.deepEqual((await readdir(snapshot)).sort(), ['config.json', 'model.safetensors']);
  });

  it('answers in fp32 at once, in 8 bits later, and in 8 bits from the cache at the next start', async () => {
    const cacheFolder = path.join(scratch, 'cache');
    const options = { precision: 'auto', cacheFolder } as const;
    const generation = { max_new_tokens: 8, do_sample: false };
    const first = await open(realCheckpoints.smolLm2Float32, options);
    assert.equal(first.precision, 'fp32');
    const { sequences } = await first.generate({ inputIds: [prompts[0] ?? []], generation });
    await first.ready();
    assert.equal(first.precision, 'int8');
    const quantized = await first.generate({ inputIds: [prompts[0] ?? []], generation });
    assert.deepEqual(quantized.sequences, sequences);
    await first.dispose();
    const second = await open(realCheckpoints.smolLm2Float32, options);
    assert.equal(second.precision, 'int8');
    assert.equal(second.isUpgrading, false);
    await second.dispose();
    assert.equal((await readdir(cacheFolder)).length, 1);
  });

  it('leaves nothing in the cache when it is disposed while quantizing', async () => {
    const cacheFolder = path.join(scratch, 'cancelled');
    const model = await open(realCheckpoints.smolLm2BFloat16, { precision: 'int4', cacheFolder });
    const ready = model.ready();
    await new Promise((resolve) => setTimeout(resolve, 150));
    await model.dispose();
    await assert.rejects(ready, /cancelled/);
    assert.deepEqual(await readdir(cacheFolder), []);
  });

  it('says why a device is not used', async () => {
    await assert.rejects(open(realCheckpoints.miniLm, { task: 'feature-extraction', device: 'dml' }), /dml.*linux/);
    const model = await open(realCheckpoints.miniLm, { task: 'feature-extraction', device: 'auto' });
    assert.match(JSON.stringify(model.refusedDevices), /"cuda".*CUDA provider/);
    await model.dispose();
  });
});
