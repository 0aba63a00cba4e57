import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { testEnvironmentFolder } from '../helpers/environment.js';
import { runPython } from '../helpers/python.js';
import { Session } from './session.js';

/** Logs the real models as their user would, and asks them through pyfunc. */
const logAndPredict = `
import json, runpy, sys
script, folder, checkpoints = json.load(sys.stdin)
sys.argv = [script, folder, checkpoints]
runpy.run_path(script, run_name="__main__")
import mlflow
models = {m.name: m.model_id for m in mlflow.search_logged_models(output_format="list")}
ask = lambda name, data: mlflow.pyfunc.load_model(f"models:/{models[name]}").predict(data)
text = ask("SmolLM2-135M-Instruct", ["The capital of France is"])[0]
embedding = ask("all-MiniLM-L6-v2", ["A first sentence."])
chat = ask("SmolLM2-135M-chat", {"messages": [{"role": "user", "content": "Name one colour."}], "max_tokens": 12, "temperature": 0.0001})
print(json.dumps({"text": text, "embedding": embedding.tolist(), "chat": chat[0]["choices"][0]["message"]["content"]}))
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
  let session: Session;
  let expected: { text: string; embedding: number[][]; chat: string };

  before(async () => {
    session = await Session.open({
      isPacked: true,
      prepare: async (workspace) => {
        await mkdir(workspace, { recursive: true });
        const script = path.resolve('samples/source/real.py');
        const checkpoints = path.join(testEnvironmentFolder, 'models');
        expected = await runPython('new', logAndPredict, [script, workspace, checkpoints]);
      },
    });
  });

  after(() => session?.close());

  it('shows the store of the folder: experiments, runs and logged models', async () => {
    const { workbench } = session;
    await workbench.openMlflowView();
    await workbench.setSideBarWidth(330);
    await workbench.expand('real models');
    await workbench.treeItem('all-MiniLM-L6-v2').waitFor({ timeout: 30_000 });
    await workbench.expand('Logged models');
    await workbench.treeItem(/SmolLM2-135M-Instruct.*text-generation/).waitFor({ timeout: 30_000 });
  });

  it('opens the inspector with the signature on a click', async () => {
    const { workbench } = session;
    await workbench.treeItem(/SmolLM2-135M-Instruct.*text-generation/).click();
    const inspector = await workbench.webview('.page-header');
    await inspector.getByText('max_new_tokens').first().waitFor();
    await inspector.getByText('LlamaForCausalLM').first().waitFor();
  });

  it("answers a prompt with the text that Python's pyfunc gives", async () => {
    const { panel } = session;
    await panel.open('SmolLM2-135M-Instruct');
    await session.workbench.setPanelWidth(430);
    const turn = await panel.ask('The capital of France is');
    const shown = await turn.locator('.answer-text').textContent();
    assert.ok(expected.text.trim().endsWith(shown?.trim() ?? '?'), `${shown} of ${expected.text}`);
    await session.workbench.screenshot('panel-light');
    assert.deepEqual(await panel.raw(), [expected.text]);
  });

  it('answers in a conversation as the chat task of Python does', async () => {
    const { panel } = session;
    await panel.open('SmolLM2-135M-chat');
    await panel.toggle('Params', true);
    await panel.field('max_tokens').fill('12');
    // The task's default temperature samples; this one leaves no choice.
    await panel.field('temperature').fill('0.0001');
    const turn = await panel.ask('Name one colour.');
    const shown = await turn.locator('.answer-text').textContent();
    assert.equal(shown?.trim(), expected.chat.trim());
    await session.workbench.screenshot('chat-light');
    await panel.toggle('Params', false);
  });

  it("embeds a sentence as Python's pyfunc does, to 1e-4", async () => {
    const { panel } = session;
    await panel.open('all-MiniLM-L6-v2');
    const turn = await panel.ask('A first sentence.');
    await turn.getByText('384 dimensions').waitFor();
    await session.workbench.screenshot('embedding-light');
    await turn.locator('[aria-label="Raw"]').click();
    const text = await turn.locator('.raw pre').textContent();
    const numbers = (text?.match(/-?\d+(\.\d+)?(e-?\d+)?/g) ?? []).map(Number);
    const flat = expected.embedding.flat();
    assert.ok(numbers.length > 300, 'the raw answer shows the numbers');
    for (const [index, value] of numbers.slice(0, 300).entries())
      assert.ok(Math.abs(value - (flat[index] ?? NaN)) < 1e-4, `value ${index}`);
  });

  it('shows a run that Python logs while the tree is open', async () => {
    const { workbench } = session;
    await workbench.expand('real models');
    await runPython('new', logRun, session.workspace);
    await workbench.treeItem('while-you-watch').waitFor({ timeout: 30_000 });
  });

  it('stops between two tokens, keeps what was said and answers again', async () => {
    const { panel } = session;
    await panel.open('SmolLM2-135M-Instruct');
    await panel.field().fill('Once upon a time');
    await panel.field().press('Enter');
    await panel.newestTurn.locator('.caret').waitFor({ timeout: 60_000 });
    await panel.field().press('Escape');
    await panel.newestTurn.locator('.stats', { hasText: 'stopped' }).waitFor({ timeout: 30_000 });
    assert.notEqual(await panel.newestTurn.locator('.answer-text').textContent(), '');
    await panel.locator('.status-ready').waitFor();
  });

  it('is usable again after the worker was killed during an answer', async () => {
    const { panel } = session;
    await panel.field().fill('Once upon a time');
    await panel.field().press('Enter');
    await panel.newestTurn.locator('.caret').waitFor({ timeout: 60_000 });
    assert.ok(session.killWorkers() > 0, 'an inference worker runs');
    await panel.newestTurn.locator('.error-box').waitFor({ timeout: 30_000 });
    await session.workbench.screenshot('worker-killed-light');
    const turn = await panel.ask('The capital of France is');
    const shown = await turn.locator('.answer-text').textContent();
    assert.ok(shown !== null && expected.text.trim().endsWith(shown.trim()));
  });
});
