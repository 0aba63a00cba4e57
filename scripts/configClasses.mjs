/**
 * Writes src/core/graph/configClasses4.ts and configClasses5.ts: what transformers' configuration classes default to, asked of
 * both Python environments of the tests. Run: node --import tsx scripts/configClasses.mjs
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { supportedArchitectures } from '../src/core/graph/registry.ts';

const here = path.dirname(fileURLToPath(import.meta.url));
const environment =
  process.env.MLFLOW_TRANSFORMERS_TEST_ENV ??
  path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'mlflow-transformers', 'test-env');

for (const [generation, major] of [
  ['old', 4],
  ['new', 5],
]) {
  const python = path.join(environment, `python-${generation}`, 'bin', 'python');
  const text = execFileSync(python, [path.join(here, 'configClasses.py')], {
    input: JSON.stringify(supportedArchitectures),
    env: { ...process.env, HF_HUB_OFFLINE: '1' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const { version, classes } = JSON.parse(text.toString().trim().split('\n').at(-1));
  const lines = [
    "import type { ConfigClass } from './modelConfig.js';",
    '',
    `/** Made by scripts/configClasses.mjs from transformers ${version}; not edited by hand. */`,
    '// prettier-ignore',
    `export const configClasses${major}: Readonly<Record<string, ConfigClass>> = {`,
    ...Object.entries(classes).map(([type, described]) => `  '${type}': ${JSON.stringify(described)},`),
    '};',
    '',
  ];
  writeFileSync(path.join(here, '..', 'src', 'core', 'graph', `configClasses${major}.ts`), lines.join('\n'));
}
