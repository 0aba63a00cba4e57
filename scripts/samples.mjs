// `npm run samples` lays the sample workspace out in .sample-workspace; `npm run samples:real` adds MiniLM and SmolLM2,
// logged by real MLflow, as a second database beside it.
import { existsSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { installCheckpoints, installPython, run } from './testEnvironment.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Lays the samples out unless this very state of them lies there. Returns the folder. */
export async function laySampleOut(target = path.join(root, '.sample-workspace')) {
  const { mtimeMs, size } = await stat(path.join(root, 'samples/workspace/mlflow.db'));
  const stamp = `${target} ${mtimeMs} ${size}`;
  const stampFile = path.join(target, '.laid-out');
  if (existsSync(stampFile) && (await readFile(stampFile, 'utf8')) === stamp) return target;
  await rm(target, { recursive: true, force: true });
  await run(process.execPath, ['--import', 'tsx', path.join(root, 'scripts/layOutSample.ts'), target], { cwd: root });
  await writeFile(stampFile, stamp);
  return target;
}

/** Logs the two real models with real MLflow into `<workspace>/mlflow.db`. */
export async function logRealModels(workspace) {
  const python = await installPython('new');
  const checkpoints = await installCheckpoints();
  await run(python, [path.join(root, 'samples/source/real.py'), workspace, checkpoints]);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const workspace = await laySampleOut();
  if (process.argv.includes('--real')) await logRealModels(workspace);
  console.log(`The sample workspace lies in ${workspace}`);
}
