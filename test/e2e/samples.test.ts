import assert from 'node:assert/strict';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { laySampleOut, mlmodelOf, Session } from './session.js';

const checkpointFolder = 'checkpoint';

describe('the sample workspace, in VS Code', () => {
  let session: Session;

  before(async () => {
    session = await Session.open({
      prepare: async (workspace) => {
        await laySampleOut(workspace);
        await makeCheckpoint(workspace);
      },
    });
    await session.workbench.openMlflowView();
    await session.workbench.setSideBarWidth(330);
  });

  after(() => session?.close());

  it('a sentiment model answers with bars', async () => {
    const { panel, workbench } = session;
    await panel.open('review-sentiment v2');
    await workbench.setPanelWidth(420);
    const turn = await panel.ask('I love this movie!');
    await turn.locator('.bar-best', { hasText: 'POSITIVE' }).waitFor();
    await workbench.screenshot('sentiment-light');
  });

  it('a token classifier marks entities in the text', async () => {
    const { panel, workbench } = session;
    await panel.open('entities');
    const turn = await panel.ask('Ada Lovelace works for Siemens in Berlin.');
    await turn.locator('mark.entity', { hasText: 'Ada Lovelace' }).waitFor();
    await turn.locator('mark.entity', { hasText: 'Berlin' }).waitFor();
    await workbench.screenshot('entities-light');
  });

  it('a zero-shot model takes its example and ranks the labels', async () => {
    const { panel, workbench } = session;
    await panel.open('topics');
    await panel.locator('a, vscode-link', { hasText: 'Use example' }).click();
    const turn = await panel.run();
    assert.ok((await turn.locator('.bar').count()) > 1, 'a bar for each label');
    await workbench.screenshot('zero-shot-light');
  });

  it('an embedding is drawn, pinned and compared', async () => {
    const { panel, workbench } = session;
    await panel.open('embeddings');
    const first = await panel.ask('the recipe needs more garlic');
    await first.getByText(/\d+ dimensions/).waitFor();
    await first.locator('[aria-label^="Pin"]').click();
    const second = await panel.ask('the recipe needs more onions');
    await second.locator('.bar', { hasText: 'recipe needs more garlic' }).waitFor();
    await workbench.screenshot('embedding-pinned-light');
  });

  it('params of the signature change the answer, and JSON says the same', async () => {
    const { panel, workbench } = session;
    await panel.open('storyteller');
    await panel.toggle('Params', true);
    await panel.field('max_new_tokens').fill('5');
    await panel.locator('.section-toggle', { hasText: 'Params (1 changed)' }).waitFor();
    const short = await panel.ask('Alice was beginning');
    await short.locator('.stats', { hasText: /^5 tokens/ }).waitFor();
    await workbench.screenshot('params-light');
    await panel.toggle('Params', false);
    await panel.locator('.composer [aria-label="JSON"]').click();
    const json = panel.locator('#json textarea, textarea#json').first();
    await json.fill('["Alice was beginning"]');
    await json.press('Control+Enter');
    await panel.newestTurn.locator('.prompt-value', { hasText: 'Alice was beginning' }).waitFor();
    await panel.newestTurn.locator('.answer-foot').waitFor({ timeout: 30_000 });
    await panel.locator('.composer [aria-label="JSON"]').click();
  });

  it('a text that is no number is refused at its field, before anything runs', async () => {
    const { panel } = session;
    await panel.toggle('Params', true);
    const turns = await panel.locator('.turn').count();
    await panel.field('max_new_tokens').fill('many');
    await panel.field().fill('Alice');
    await panel.field().press('Enter');
    await panel.locator('.ui-error').first().waitFor();
    assert.equal(await panel.locator('.turn').count(), turns);
    await panel.locator('[aria-label="Reset max_new_tokens"]').click();
    await panel.toggle('Params', false);
  });

  it('two models answer one prompt side by side', async () => {
    const { panel, workbench } = session;
    await panel.open('review-sentiment v2');
    await panel.locator('[aria-label="Compare with another model"]').click();
    await workbench.pick('review-sentiment v1');
    await panel.locator('.compare-row').waitFor();
    const turn = await panel.ask('The food was awful.');
    await turn.locator('.answer-foot').nth(1).waitFor({ timeout: 30_000 });
    await workbench.screenshot('compare-light');
    await panel.locator('[aria-label="Stop comparing"]').click();
  });

  it('the inspector follows the file while it changes, and tries the model', async () => {
    const { workbench } = session;
    await workbench.openMlflowView();
    await workbench.expand('Logged models');
    await workbench.treeItem(/storyteller.*text-generation/).click();
    const inspector = await workbench.webview('.page-header');
    await inspector.locator('h1', { hasText: 'storyteller' }).waitFor();
    await inspector.locator('vscode-button', { hasText: 'Run' }).click();
    await inspector.locator('.match').waitFor({ timeout: 30_000 });
    await workbench.screenshot('inspector-light');
    const file = await mlmodelOf(session.workspace, 'LlamaForCausalLM');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('mlflow_version: 3.17.2', 'mlflow_version: 3.99.0'));
    await inspector.getByText('MLflow 3.99.0').waitFor({ timeout: 10_000 });
    await writeFile(file, 'flavors: [unclosed');
    await inspector.locator('.error-card').waitFor({ timeout: 10_000 });
    await workbench.screenshot('inspector-broken-light');
    await writeFile(file, text);
    await inspector.locator('.error-card').waitFor({ state: 'detached', timeout: 10_000 });
  });

  it('Filter Runs narrows the tree, says so, and is taken back', async () => {
    const { workbench } = session;
    await workbench.expand('sentiment');
    await workbench.treeItem(/^first-try/).waitFor();
    await workbench.runCommand('MLflow: Filter Runs');
    await workbench.typeAndAccept('metrics.accuracy > 0.9', 'Filter runs');
    await workbench.treeItem(/^first-try/).waitFor({ state: 'hidden' });
    await workbench.page
      .locator('.sidebar')
      .getByText(/of 24 runs · metrics.accuracy > 0.9/)
      .waitFor();
    await workbench.screenshot('filter-light');
    await workbench.runCommand('MLflow: Clear Run Filter');
    await workbench.treeItem(/^first-try/).waitFor();
  });

  it('Copy Model URI and Copy Load Snippet fill the clipboard', async () => {
    const { workbench } = session;
    await workbench.chooseInMenu(/entities.*token-classification/, 'Copy Model URI');
    assert.match(await workbench.clipboard(/^models:/), /^models:\/m-[0-9a-f]{32}$/);
    await workbench.chooseInMenu(/entities.*token-classification/, 'Copy Load Snippet…');
    await workbench.pick('Python');
    assert.match(await workbench.clipboard(/^import/), /mlflow\.pyfunc\.load_model\("models:\/m-/);
  });

  it('Save Model makes a model folder of a checkpoint, which is prompted at once', async () => {
    const { workbench, panel } = session;
    await workbench.page.locator('.activitybar [aria-label^="Explorer"]').first().click();
    await workbench.chooseInMenu(checkpointFolder, 'Save Model…');
    await workbench.pick(/text-generation/);
    const target = path.join(session.workspace, 'saved-model');
    await workbench.typeAndAccept(target, 'Save model (2/4)');
    await workbench.accept('Save model (3/4)');
    await workbench.screenshot('save-light');
    await workbench.pick(/Save into/);
    const inspector = await workbench.webview('.page-header h1:has-text("saved-model")');
    await inspector.getByText('LlamaForCausalLM').first().waitFor();
    await workbench.openMlflowView();
    await workbench.treeItem('Saved models').waitFor({ timeout: 10_000 });
    await panel.open('saved-model');
    await (await panel.ask('Alice was beginning')).getByText(/sitting by her sister/).waitFor();
  });

  it('Log Model to Run adds a logged model to the store', async () => {
    const { workbench } = session;
    await workbench.openMlflowView();
    await workbench.chooseInMenu(/^first-try/, 'Log Model to Run…');
    await workbench.pick(/A folder…/);
    await workbench.typeAndAccept(path.join(session.workspace, checkpointFolder) + '/', 'Choose a checkpoint');
    await workbench.pick(/text-generation/);
    await workbench.typeAndAccept('logged-here', 'Log model (2/4)');
    await workbench.accept('Log model (3/4)');
    await workbench.pick(/Log to first-try/);
    await workbench.webview('.page-header h1:has-text("logged-here")');
    await workbench.treeItem(/logged-here.*text-generation/).waitFor({ timeout: 10_000 });
  });

  it('Add Tracking Store shows another database beside the first, and Refresh keeps both', async () => {
    const { workbench } = session;
    const other = path.join(session.folder, 'other.db');
    await cp(path.join(session.workspace, 'mlflow.db'), other);
    await workbench.runAndPick('MLflow: Add Tracking Store', 'SQLite database');
    await workbench.typeAndAccept(other, 'Choose the database');
    await workbench.treeItem(/^other\.db/).waitFor({ timeout: 10_000 });
    await workbench.runCommand('MLflow: Refresh');
    await workbench.treeItem(/^mlflow\.db/).waitFor({ timeout: 10_000 });
    await workbench.treeItem(/^other\.db/).waitFor();
    await workbench.screenshot('two-stores-light');
  });

  it('conversations survive a reload of the window', async () => {
    const { workbench, panel } = session;
    await workbench.reload();
    await workbench.openMlflowView();
    await panel.open('review-sentiment v2');
    await panel.toggle('History', true);
    await panel.locator('.history-row', { hasText: 'I love this movie!' }).first().locator('.history-open').click();
    await panel.locator('.turn .prompt-value', { hasText: 'I love this movie!' }).waitFor();
    await panel.locator('.turn .bar-best', { hasText: 'POSITIVE' }).first().waitFor();
    await workbench.screenshot('history-light');
  });

  it('reads in the dark and in high contrast', async () => {
    const { workbench } = session;
    await workbench.setTheme('dark');
    await workbench.screenshot('all-dark');
    await workbench.setTheme('contrast');
    await workbench.screenshot('all-contrast');
    await workbench.setTheme('light');
  });
});

/** A checkpoint as `save_pretrained` leaves it: the files of the storyteller. */
async function makeCheckpoint(workspace: string): Promise<void> {
  const folder = path.dirname(await mlmodelOf(workspace, 'LlamaForCausalLM'));
  const target = path.join(workspace, checkpointFolder);
  await mkdir(target, { recursive: true });
  await cp(path.join(folder, 'model'), target, { recursive: true });
  await cp(path.join(folder, 'components/tokenizer'), target, { recursive: true });
}
