import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Frame } from 'playwright-core';
import { pythonExecutable, testEnvironmentFolder } from '../helpers/environment.js';
import { runPython } from '../helpers/python.js';
import { Workbench, type BrowserProgram } from './workbench.js';

interface Server {
  urlOf(folder: string): string;
  stop(): Promise<void>;
  pid: number;
}

const scripts = path.resolve('scripts');
const screenshotFolder = path.resolve('.test-results/screenshots');

const predict = `
import json, sys, mlflow
folder = json.load(sys.stdin)
mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
mlflow.set_experiment("real models")
models = {m.name: m.model_id for m in mlflow.search_logged_models(output_format="list")}
text = mlflow.pyfunc.load_model(f"models:/{models['SmolLM2-135M-Instruct']}").predict(["The capital of France is"])[0]
embedding = mlflow.pyfunc.load_model(f"models:/{models['all-MiniLM-L6-v2']}").predict(["A first sentence."])
print(json.dumps({"text": text, "embedding": embedding.tolist()}))
`;

const logRun = `
import json, sys, mlflow
folder = json.load(sys.stdin)
mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
mlflow.set_experiment("real models")
with mlflow.start_run(run_name="while-you-watch"):
    mlflow.log_metric("loss", 0.25)
print("null")
`;

describe('from a logged model to a tested prompt, in VS Code', () => {
  let root: string;
  let workspace: string;
  let server: Server;
  let workbench: Workbench;
  let expected: { text: string; embedding: number[][] };

  before(async () => {
    const { packageExtension } = (await import(path.join(scripts, 'package.mjs'))) as {
      packageExtension(): Promise<string>;
    };
    const { startServer } = (await import(path.join(scripts, 'vscode.mjs'))) as {
      startServer(options: { vsix: string }): Promise<Server>;
    };
    const { installBrowser } = (await import(path.join(scripts, 'testEnvironment.mjs'))) as {
      installBrowser(): Promise<BrowserProgram>;
    };
    root = await mkdtemp(path.join(tmpdir(), 'journey-'));
    workspace = path.join(root, 'project');
    await mkdir(workspace);
    execFileSync(
      pythonExecutable('new'),
      [path.resolve('samples/source/real.py'), workspace, path.join(testEnvironmentFolder, 'models')],
      { stdio: 'pipe' },
    );
    expected = await runPython('new', predict, workspace);
    server = await startServer({ vsix: await packageExtension() });
    workbench = await Workbench.open(server.urlOf(workspace), await installBrowser(), { screenshotFolder });
  });

  after(async () => {
    await workbench?.close();
    await server?.stop();
    await rm(root, { recursive: true, force: true });
  });

  it('shows the store of the folder: experiments, runs and logged models', async () => {
    await workbench.openMlflowView();
    await workbench.expand('real models');
    await workbench.treeItem('all-MiniLM-L6-v2').waitFor({ timeout: 30_000 });
    await workbench.expand('Logged models');
    await workbench.treeItem(/SmolLM2-135M-Instruct.*text-generation/).waitFor({ timeout: 30_000 });
    await workbench.screenshot('tree-light');
  });

  it('opens the inspector with the signature on a click', async () => {
    await workbench.treeItem(/SmolLM2-135M-Instruct.*text-generation/).click();
    const inspector = await workbench.webview('.page-header');
    await inspector.getByText('max_new_tokens').first().waitFor();
    await inspector.getByText('LlamaForCausalLM').first().waitFor();
    await workbench.screenshot('inspector-light');
  });

  it("answers a prompt with the text that Python's pyfunc gives", async () => {
    const panel = await prompt('SmolLM2-135M-Instruct', 'The capital of France is');
    await panel.locator('.stats').first().waitFor({ timeout: 120_000 });
    const text = await panel.locator('.answer-text').first().textContent();
    assert.equal(text?.trim(), expected.text.trim());
    await workbench.screenshot('panel-light');
  });

  it("embeds a sentence as Python's pyfunc does, to 1e-4", async () => {
    const panel = await prompt('all-MiniLM-L6-v2', 'A first sentence.');
    await panel.locator('.stats').first().waitFor({ timeout: 60_000 });
    await workbench.screenshot('embedding-light');
    await panel.getByRole('button', { name: /raw/i }).first().click();
    const raw = await panel.locator('.raw pre').first().textContent();
    const numbers = (raw?.match(/-?\d+\.\d+(e-?\d+)?/g) ?? []).map(Number);
    const flat = expected.embedding.flat();
    assert.ok(numbers.length > 300, 'the raw answer shows the numbers');
    numbers.slice(0, 300).forEach((value, index) => assert.ok(Math.abs(value - flat[index]!) < 1e-4, `value ${index}`));
  });

  it('shows a run that Python logs while the tree is open within two seconds', async () => {
    await workbench.expand('real models');
    await runPython('new', logRun, workspace);
    await workbench.treeItem('while-you-watch').waitFor({ timeout: 2000 });
  });

  it('stays usable when the worker is killed during an answer', async () => {
    const panel = await openPanel('SmolLM2-135M-Instruct');
    const box = panel.locator('.composer textarea').first();
    await box.fill('Once upon a time');
    await box.press('Enter');
    await panel.locator('.caret').first().waitFor({ timeout: 60_000 });
    killWorkers(server.pid);
    await panel
      .getByText(/ended|died|crashed|stopped/i)
      .first()
      .waitFor({ timeout: 10_000 });
    await box.fill('The capital of France is');
    await box.press('Enter');
    await panel.locator('.turn').last().locator('.stats').waitFor({ timeout: 120_000 });
    const text = await panel.locator('.turn').last().locator('.answer-text').textContent();
    assert.equal(text?.trim(), expected.text.trim());
  });

  it('looks right in the dark theme', async () => {
    await workbench.setTheme('dark');
    await workbench.screenshot('all-dark');
  });

  async function openPanel(model: string): Promise<Frame> {
    await workbench.runCommand('MLflow: Prompt Model');
    await workbench.pick(model);
    const panel = await workbench.webview('.composer');
    await panel.getByText(/ready/).first().waitFor({ timeout: 60_000 });
    return panel;
  }

  async function prompt(model: string, text: string): Promise<Frame> {
    const panel = await openPanel(model);
    const box = panel.locator('.composer textarea').first();
    await box.fill(text);
    await box.press('Enter');
    return panel;
  }
});

/** Kills the inference workers below a VS Code server with SIGKILL. */
function killWorkers(serverProcess: number): void {
  const listing = execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' });
  const processes = listing
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, pid, parent, command]) => ({ pid: Number(pid), parent: Number(parent), command: command! }));
  const isBelow = (pid: number): boolean => {
    const parent = processes.find((entry) => entry.pid === pid)?.parent;
    return parent === serverProcess || (parent !== undefined && parent > 1 && isBelow(parent));
  };
  const workers = processes.filter(({ pid, command }) => /worker\.mjs/.test(command) && isBelow(pid));
  assert.ok(workers.length > 0, 'an inference worker runs');
  for (const { pid } of workers) process.kill(pid, 'SIGKILL');
}
