// `npm test`: everything, on a machine that may have nothing. Parts: lint, types, unit, golden, interop, host, browser.
//
//   npm test -- unit golden           only these parts
//   npm test -- --without=interop     all but these; said in the last line
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const { ensureDependencies, ensureBuild } = await import('./prepare.mjs');
ensureDependencies();
const environment = await import('./testEnvironment.mjs');

/** Files below a folder that end in `.test.ts`. (fs.globSync came with Node 22.) */
function testFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => path.join(folder, name))
    .sort();
}

function command(program, args) {
  const { status } = spawnSync(program, args, { stdio: 'inherit', env: { ...process.env, FORCE_COLOR: '0' } });
  return status === 0;
}

const node = (...args) => command(process.execPath, args);
const bin = (name, ...args) => node(path.join('node_modules', ...name.split('/')), ...args);
const nodeTests = (files, ...flags) =>
  files.length > 0 && node('--import', 'tsx', '--test', '--test-reporter=spec', ...flags, ...files);

const parts = {
  lint: () => bin('eslint/bin/eslint.js', '.') && bin('prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'),
  types: () =>
    bin('typescript/bin/tsc', '--noEmit', '-p', '.') && bin('typescript/bin/tsc', '--noEmit', '-p', 'webview'),
  unit: () => {
    ensureBuild();
    return nodeTests(testFiles('test/unit'));
  },
  golden: () => nodeTests(testFiles('test/golden')),
  interop: async () => {
    await environment.installPython('new');
    await environment.installPython('old');
    await environment.installCheckpoints();
    ensureBuild();
    return nodeTests(testFiles('test/interop'), '--test-concurrency=2');
  },
  host: async () => {
    await environment.installVsCode();
    await environment.installBrowser();
    ensureBuild();
    return node('scripts/hostTests.mjs');
  },
  browser: async () => {
    await environment.installVsCode();
    await environment.installBrowser();
    await environment.installCheckpoints();
    return nodeTests(testFiles('test/e2e'), '--test-concurrency=1');
  },
};

const without = process.argv.flatMap((argument) =>
  argument.startsWith('--without=') ? argument.slice(10).split(',') : [],
);
const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
for (const name of [...named, ...without])
  if (!(name in parts)) throw new Error(`There is no part '${name}'. Parts: ${Object.keys(parts).join(', ')}.`);
const chosen = (named.length > 0 ? named : Object.keys(parts)).filter((name) => !without.includes(name));

const failed = [];
for (const name of chosen) {
  console.log(`\n── ${name}`);
  const started = Date.now();
  let passed = false;
  try {
    passed = await parts[name]();
  } catch (error) {
    console.error(error.message);
  }
  if (!passed) failed.push(name);
  console.log(`── ${name} ${passed ? 'passed' : 'FAILED'} in ${((Date.now() - started) / 1000).toFixed(0)} s`);
}
if (without.length > 0) console.log(`\nNot run, as asked: ${without.join(', ')}.`);
console.log(failed.length === 0 ? `\nAll parts passed: ${chosen.join(', ')}.` : `\nFailed: ${failed.join(', ')}.`);
process.exit(failed.length === 0 ? 0 : 1);
