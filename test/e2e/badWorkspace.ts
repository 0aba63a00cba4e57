import { execFileSync } from 'node:child_process';
import { cp, mkdir, open, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pythonExecutable } from '../helpers/environment.js';
import { laySampleOut, mlmodelOf } from './session.js';

/** Everything wrong at once: broken model folders, a foreign database, beside a store that works. */
export async function layBadWorkspaceOut(workspace: string): Promise<void> {
  await laySampleOut(workspace);
  const storyteller = path.dirname(await mlmodelOf(workspace, 'LlamaForCausalLM'));
  const copy = async (name: string): Promise<string> => {
    const target = path.join(workspace, name);
    await cp(storyteller, target, { recursive: true });
    return target;
  };

  await mkdir(path.join(workspace, 'not-yaml'));
  await writeFile(path.join(workspace, 'not-yaml/MLmodel'), 'flavors: [unclosed\n\tsignature: {');
  await mkdir(path.join(workspace, 'other-flavor'));
  await writeFile(path.join(workspace, 'other-flavor/MLmodel'), otherFlavor);

  await truncate(path.join(await copy('truncated-weights'), 'model/model.safetensors'), 1_000_000);
  await writeHeaderLength(path.join(await copy('huge-header'), 'model/model.safetensors'), 2n ** 60n);
  await replaceIn(path.join(await copy('unknown-architecture'), 'model/config.json'), [
    ['LlamaForCausalLM', 'MysteryForCausalLM'],
    ['"llama"', '"mystery"'],
  ]);
  await missShard(path.join(await copy('missing-shard'), 'model'));

  await mkdir(path.join(workspace, 'foreign'));
  execFileSync(pythonExecutable('new'), [
    '-c',
    'import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute("create table recipes (name text)"); db.commit()',
    path.join(workspace, 'foreign/mlflow.db'),
  ]);
}

const otherFlavor = `flavors:
  sklearn:
    pickled_model: model.pkl
    sklearn_version: 1.7.2
mlflow_version: 3.17.2
model_uuid: 5b4f1f0e8f5f4a0f9d2f3c5c1a2b3c4d
`;

/** A safetensors file starts with the length of its header. */
async function writeHeaderLength(file: string, length: bigint): Promise<void> {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(length);
  const handle = await open(file, 'r+');
  await handle.write(bytes, 0, 8, 0);
  await handle.close();
}

async function replaceIn(file: string, replacements: readonly [string, string][]): Promise<void> {
  let text = await readFile(file, 'utf8');
  for (const [from, to] of replacements) text = text.replaceAll(from, to);
  await writeFile(file, text);
}

/** Makes a two-shard checkpoint of a one-file one, whose second shard is not there. */
async function missShard(folder: string): Promise<void> {
  const first = 'model-00001-of-00002.safetensors';
  await rename(path.join(folder, 'model.safetensors'), path.join(folder, first));
  const weightMap = { 'model.embed_tokens.weight': first, 'model.norm.weight': 'model-00002-of-00002.safetensors' };
  const index = { metadata: { total_size: 2_000_000 }, weight_map: weightMap };
  await writeFile(path.join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
}
