/**
 * Writes src/core/transformers/autoClasses4.ts and autoClasses5.ts: which classes transformers' Auto classes choose, asked
 * of both Python environments of the tests. Run: node scripts/autoClasses.mjs
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

function ask(generation, names) {
  const python = path.join(environment, `python-${generation}`, 'bin', 'python');
  const text = execFileSync(python, [path.join(here, 'autoClasses.py')], {
    input: JSON.stringify({ names }),
    env: { ...process.env, HF_HUB_OFFLINE: '1' },
    stdio: ['pipe', 'pipe', 'ignore'],
    maxBuffer: 1 << 26,
  });
  return JSON.parse(text.toString().trim().split('\n').at(-1));
}

/** `{type: class}` as `{class: 'type type'}`: one line a class. */
function grouped(classByType) {
  const groups = {};
  for (const [type, name] of Object.entries(classByType)) if (name) (groups[name] ??= []).push(type);
  return Object.fromEntries(
    Object.entries(groups)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, types]) => [name, types.sort().join(' ')]),
  );
}

const withoutFast = (name) => name.replace(/Fast$/, '');

function write(major, version, table) {
  const lines = [
    `/** Made by scripts/autoClasses.mjs from transformers ${version}; not edited by hand. */`,
    `export const autoClasses${major} = ${JSON.stringify(table)} as const;`,
  ];
  const file = path.join(here, '..', 'src', 'core', 'transformers', `autoClasses${major}.ts`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  execFileSync(path.join(here, '..', 'node_modules', '.bin', 'prettier'), ['--write', file]);
}

const first = ask('old', []);
const five = ask('new', Object.keys(first.tokenizerByName));
const four = ask('old', Object.keys(five.tokenizerByName));

const exists4 = (name) => four.tokenizerByName[name] != null;
const bases4 = [...new Set(Object.keys(four.tokenizerByName).filter(exists4).map(withoutFast))].sort();
const bases = {};
for (const [type, [slow, fast]] of Object.entries(four.tokenizerByModelType)) {
  const base = slow ?? (fast && withoutFast(fast));
  if (!base) continue;
  if (slow && fast && fast !== `${slow}Fast`) throw new Error(`${type}: ${slow} and ${fast} differ in more than Fast.`);
  bases[type] = base;
}
write(4, '4.43.4', {
  tokenizers: grouped(bases),
  slowOnly: bases4.filter((name) => exists4(name) && !exists4(`${name}Fast`)).join(' '),
  fastOnly: bases4.filter((name) => !exists4(name) && exists4(`${name}Fast`)).join(' '),
  withFast: bases4.filter((name) => exists4(name) && exists4(`${name}Fast`)).join(' '),
  aliases: Object.fromEntries(
    bases4.flatMap((name) => {
      const found = four.tokenizerByName[name];
      return found && found !== name ? [[name, found]] : [];
    }),
  ),
  tokenizersOfConfig: grouped(four.tokenizerOfConfig),
  notIn5: Object.keys(four.loadable)
    .filter((name) => four.loadable[name] && !five.loadable[name])
    .join(' '),
  imageProcessors: grouped(four.imageProcessors),
  featureExtractors: grouped(four.featureExtractors),
  processors: grouped(four.processors),
});

const names5 = [...new Set(Object.keys(five.tokenizerByName).map(withoutFast))].sort();
const aliases = {};
for (const name of names5) {
  const found = five.tokenizerByName[name];
  if (found && found !== name) aliases[name] = found;
}
write(5, '5.23.0', {
  tokenizers: grouped(five.tokenizerByModelType),
  known: names5.filter((name) => five.tokenizerByName[name] === name).join(' '),
  aliases,
  wrongOnHub: five.wrongOnHub.join(' '),
  imageProcessors: grouped(five.imageProcessors),
  featureExtractors: grouped(five.featureExtractors),
  processors: grouped(five.processors),
});
