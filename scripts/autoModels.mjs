/**
 * Writes src/core/transformers/autoModels.ts: the model class that transformers' pipelines load for each task and model type, and
 * what they keep in single precision, asked of both Python environments of the tests. Run: node scripts/autoModels.mjs
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

function ask(generation) {
  const python = path.join(environment, `python-${generation}`, 'bin', 'python');
  const text = execFileSync(python, [path.join(here, 'autoModels.py')], {
    env: { ...process.env, HF_HUB_OFFLINE: '1' },
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 26,
  });
  return JSON.parse(text.toString().trim().split('\n').at(-1));
}

const asked = { 4: ask('old'), 5: ask('new') };
const families = {};
for (const { models } of [asked[4], asked[5]]) {
  for (const [type, [name]] of Object.entries(models.AutoModel)) families[type] = name.replace(/Model$/, '');
}
const plainFamily = (type) => type.replace(/(?:^|[-_])(.)?/g, (_, letter = '') => letter.toUpperCase());
const familyOf = (type) => families[type] ?? plainFamily(type);

/** Types by what follows the family's name; whole names, alternatives with bars, where it does not begin the class. */
function byHead(classesByType) {
  const heads = {};
  const whole = [];
  for (const [type, classes] of Object.entries(classesByType)) {
    const family = familyOf(type);
    if (classes.length === 1 && classes[0].startsWith(family))
      (heads[classes[0].slice(family.length)] ??= []).push(type);
    else whole.push(`${type}=${classes.join('|')}`);
  }
  const entries = Object.entries(heads).map(([head, types]) => [head, types.sort().join(' ')]);
  return { heads: Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))), whole: whole.sort().join(' ') };
}

function tableOf({ tasks, models }) {
  return {
    tasks: Object.fromEntries(Object.entries(tasks).map(([task, names]) => [task, names.join(' ')])),
    models: Object.fromEntries(Object.entries(models).map(([name, classes]) => [name, byHead(classes)])),
  };
}

/** Model types by the module they keep in single precision; of both generations. */
function keptModules(kind) {
  const types = {};
  for (const { single } of [asked[4], asked[5]]) {
    for (const [type, modules] of Object.entries(single[kind])) {
      for (const name of modules) (types[name] ??= new Set()).add(type);
    }
  }
  const entries = Object.entries(types).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, of]) => [name, [...of].sort().join(' ')]));
}

const irregular = Object.entries(families).filter(([type, family]) => family !== plainFamily(type));
const file = path.join(here, '..', 'src', 'core', 'transformers', 'autoModels.ts');
writeFileSync(
  file,
  [
    '/** Made by scripts/autoModels.mjs from transformers 4.43.4 and 5.23.0; not edited by hand. */',
    `export const irregularFamilies = ${JSON.stringify(
      irregular
        .map((pair) => pair.join('='))
        .sort()
        .join(' '),
    )};`,
    `export const autoModels4 = ${JSON.stringify(tableOf(asked[4]))};`,
    `export const autoModels5 = ${JSON.stringify(tableOf(asked[5]))};`,
    '/** Model types by modules that stay in single precision beside half precision; `strict`: beside bfloat16 as well. */',
    `export const keptInSingle = ${JSON.stringify({ half: keptModules('half'), strict: keptModules('strict') })};`,
  ].join('\n'),
);
execFileSync(path.join(here, '..', 'node_modules', '.bin', 'prettier'), ['--write', file]);
