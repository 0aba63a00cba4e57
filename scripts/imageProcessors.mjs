/**
 * Writes src/worker/media/imageProcessors4.ts and imageProcessors5.ts: what transformers' image processors default to, asked of
 * both Python environments of the tests. Run: node scripts/imageProcessors.mjs
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const environment =
  process.env.MLFLOW_TRANSFORMERS_TEST_ENV ??
  path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'mlflow-transformers', 'test-env');

for (const [generation, major] of [
  ['old', 4],
  ['new', 5],
]) {
  const python = path.join(environment, `python-${generation}`, 'bin', 'python');
  const text = execFileSync(python, [path.join(here, 'imageProcessors.py')], {
    env: { ...process.env, HF_HUB_OFFLINE: '1' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { version, processors, types } = JSON.parse(text.toString().trim().split('\n').at(-1));
  const record = (entries) => Object.entries(entries).map(([name, value]) => `  '${name}': ${JSON.stringify(value)},`);
  const lines = [
    "import type { JsonObject } from '../../core/ports.js';",
    '',
    `/** Made by scripts/imageProcessors.mjs from transformers ${version}; not edited by hand. */`,
    '// prettier-ignore',
    `export const imageProcessors${major}: Readonly<Record<string, JsonObject>> = {`,
    ...record(processors),
    '};',
    '',
    '/** The processor of a model type. */',
    '// prettier-ignore',
    `export const processorOfType${major}: Readonly<Record<string, string>> = {`,
    ...record(types),
    '};',
    '',
  ];
  writeFileSync(path.join(here, '..', 'src', 'worker', 'media', `imageProcessors${major}.ts`), lines.join('\n'));
}
