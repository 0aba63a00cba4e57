import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { HubServer } from './hubServer.js';
import { tinySafetensors, writeTinyCheckpoint } from './tinyCheckpoint.js';

/** Loads a model of the Hub with a built library and says how many threads that started. */
const program = `
let threads = 0;
process.on('worker', () => threads++);
const { default: mlflow } = await import(process.argv[1]);
const { model } = await mlflow.transformers.loadModel('hf:acme/tiny', { returnType: 'components' });
console.log(JSON.stringify({ threads, folder: model.folder }));
`;

/** A Hub with `acme/tiny`, whose weights are large enough for a thread that hashes them. */
export async function hubOfLargeFile(folder: string): Promise<HubServer> {
  await writeTinyCheckpoint(folder);
  const files: Record<string, Buffer> = {};
  for (const name of await readdir(folder)) files[name] = await readFile(`${folder}/${name}`);
  files['model.safetensors'] = tinySafetensors({ tensorLength: 3_000_000 });
  return HubServer.start({ 'acme/tiny': { files } });
}

/** Downloads `acme/tiny` in a process of its own. */
export async function downloadWithLibrary(
  library: string,
  cacheFolder: string,
  server: HubServer,
  node = process.execPath,
): Promise<{ threads: number; folder: string }> {
  const environment = { HF_ENDPOINT: server.endpoint, HF_HUB_CACHE: cacheFolder, HF_HUB_OFFLINE: '0' };
  const child = spawn(node, ['--input-type=module', '-e', program, library], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stderr.on('data', (text) => (stderr += String(text)));
  child.stdout.on('data', (text) => (stdout += String(text)));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`The built library ended with ${code}: ${stderr.slice(-2000)}`);
  return JSON.parse(stdout) as { threads: number; folder: string };
}
