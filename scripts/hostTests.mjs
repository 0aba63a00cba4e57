// Runs test/host (mocha) inside the extension host of a real VS Code, through the workbench's own test runner.
import { build } from 'esbuild';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { laySampleOut } from './samples.mjs';
import { installBrowser } from './testEnvironment.mjs';
import { startServer } from './vscode.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const work = await mkdtemp(path.join(tmpdir(), 'host-tests-'));
const runner = path.join(work, 'index.cjs');
await build({
  entryPoints: [path.join(root, 'test/host/index.ts')],
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  logLevel: 'error',
  external: ['vscode'],
  outfile: runner,
  define: { __RESULTS_FILE__: JSON.stringify(path.join(work, 'results.json')) },
});
const workspace = await laySampleOut(path.join(work, 'workspace'));
const program = await installBrowser();
// The extension comes from the payload, as VS Code's own test runner has it.
const server = await startServer({ options: ['--vscode-option', 'enable-smoke-test-driver'] });
const browser = await chromium.launch({
  executablePath: program.executablePath,
  headless: true,
  env: { ...process.env, ...program.env },
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
let exitCode = 1;
try {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  const remote = (file) => `vscode-remote://127.0.0.1:${server.port}${file}`;
  const ended = new Promise((resolve) => {
    void page.exposeFunction('codeAutomationExit', (code) => resolve(code));
    void page.exposeFunction('codeAutomationLog', () => {});
  });
  const timeout = new Promise((resolve) => setTimeout(() => resolve('timeout'), 300_000).unref());
  await page.goto(
    server.urlOf(workspace, [
      ['extensionDevelopmentPath', remote(root.replace(/\/$/, ''))],
      ['extensionTestsPath', remote(runner)],
    ]),
  );
  const code = await Promise.race([ended, timeout]);
  const results = await readFile(path.join(work, 'results.json'), 'utf8').then(JSON.parse, () => undefined);
  if (!results) throw new Error(`The extension host gave no results (${code}).\n${server.log().slice(-3000)}`);
  for (const test of results.tests)
    console.log(
      `${test.error ? '✗' : '✓'} ${test.title} (${test.durationMs} ms)${test.error ? `\n    ${test.error}` : ''}`,
    );
  console.log(`extension host: ${results.passes} passed, ${results.failures} failed`);
  exitCode = results.failures === 0 && results.passes > 0 ? 0 : 1;
} finally {
  await browser.close();
  await server.stop();
  await rm(work, { recursive: true, force: true });
}
process.exit(exitCode);
