import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Fluent } from '../../src/core/client/fluent.js';
import { HubServer } from '../helpers/hubServer.js';
import { hashFiles, laySampleOut, mlmodelOf, Session } from './session.js';

const referenceRepository = 'distilbert/distilbert-base-uncased-finetuned-sst-2-english';
const referenceCommit = '714eb0fa89d2f80546fda750413ed43d93601a13';
/** Slow enough for a download to be stopped in its middle. */
const slowBytesPerSecond = 60_000;

describe('commands on models, in VS Code', () => {
  let session: Session;
  let hub: HubServer;

  before(async () => {
    hub = await HubServer.start({});
    session = await Session.open({
      prepare: async (workspace) => {
        await laySampleOut(workspace);
        await makeCheckpoint(workspace);
        const files = await publishClassifier(workspace, hub);
        await makeBrokenModel(workspace, files);
        await makeFileStore(workspace);
        process.env['HF_ENDPOINT'] = hub.endpoint;
        process.env['HF_HOME'] = path.join(path.dirname(workspace), 'hub');
      },
    });
    await session.workbench.openMlflowView();
    await session.workbench.setSideBarWidth(380);
    await session.workbench.treeItem(/^mlflow\.db/).waitFor({ timeout: 30_000 });
    await session.workbench.expand('sentiment');
    await session.workbench.expand('Logged models');
  });

  after(async () => {
    await session?.close();
    await hub?.close();
  });

  it('stores of the workspace stand in the tree in the order they were found', async () => {
    const { page } = session.workbench;
    const rows = await page.locator('.sidebar .monaco-list-row[aria-level="1"]').allInnerTexts();
    assert.deepEqual(rows.map((text) => text.split(/sqlite|file store/)[0]?.trim()).slice(0, 2), [
      'mlflow.db',
      'mlruns',
    ]);
  });

  it('Save Model offers the checkpoints of the workspace, previews the MLmodel, and leads on to a prompt', async () => {
    const { workbench, panel } = session;
    await workbench.runAndPick('MLflow: Save Model', 'checkpoint');
    await workbench.question('Save model (1/4)');
    await workbench.pick(/text-generation.*found from LlamaForCausalLM/);
    await workbench.accept('Save model (2/4)');
    await workbench.typeAndAccept('Alice was beginning', 'Save model (3/4)');
    await workbench.question('Save model (4/4)');
    await workbench.quickRow(/Save into.*checkpoint-model/).waitFor();
    await workbench.pick(/Preview MLmodel/);
    const preview = workbench.page.locator('.editor-instance .view-line');
    await preview.filter({ hasText: 'pipeline_model_type:' }).filter({ hasText: 'LlamaForCausalLM' }).waitFor();
    await preview.filter({ hasText: 'saved_input_example_info' }).waitFor();
    assert.ok(!(await readdir(session.workspace)).includes('checkpoint-model'), 'a preview writes nothing');
    await workbench.screenshot('save-preview-light');
    await workbench.pick(/Save into/);
    const saved = await workbench.notification(/Saved checkpoint-model, 2\.\d+ MB/);
    await saved.locator('.monaco-button', { hasText: 'Prompt' }).click();
    await panel.find();
    await panel.locator('.model-name', { hasText: 'checkpoint-model' }).waitFor({ timeout: 30_000 });
    await workbench.webview('.page-header h1:has-text("checkpoint-model")');
    const example = await readFile(path.join(session.workspace, 'checkpoint-model/input_example.json'), 'utf8');
    assert.equal(JSON.parse(example), 'Alice was beginning');
    await workbench.dismissNotifications();
  });

  it('a step can be taken back, and a question that is left writes nothing', async () => {
    const { workbench } = session;
    await workbench.runAndPick('MLflow: Save Model', 'checkpoint');
    await workbench.pick(/text-generation.*found/);
    await workbench.question('Save model (2/4)');
    await workbench.page.locator('.quick-input-titlebar .codicon-quick-input-back').click();
    await workbench.question('Save model (1/4)');
    await workbench.page.keyboard.press('Escape');
    await workbench.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
    assert.ok(!(await readdir(session.workspace)).includes('checkpoint-model-2'));
  });

  it('a Hub repository is saved as a reference to its commit', async () => {
    const { workbench } = session;
    await workbench.runAndPick('MLflow: Save Model', /A repository of the Hugging Face Hub/);
    await workbench.typeAndAccept('owner/tiny-sentiment', /^Save model$/);
    await workbench.pick(/text-classification.*found from/);
    await workbench.question('Save model (2/5)');
    await workbench
      .quickRow(/Store the weights.*\d+ kB in 1 weight file, 137 k parameters, fp32; \d+ kB to download/)
      .waitFor();
    await workbench.pick(/Only refer to the Hub/);
    await workbench.accept('Save model (3/5)');
    await workbench.accept('Save model (4/5)');
    await workbench.pick(/Save into.*tiny-sentiment-model/);
    await workbench.notification(/Saved tiny-sentiment-model; its weights stay on the Hub/);
    const text = await readFile(path.join(session.workspace, 'tiny-sentiment-model/MLmodel'), 'utf8');
    assert.match(text, new RegExp(`source_model_revision: ${hub.commitOf('owner/tiny-sentiment')}`));
    assert.ok(!(await readdir(path.join(session.workspace, 'tiny-sentiment-model'))).includes('model'));
    await workbench.dismissNotifications();
  });

  it('Persist Weights tells the bytes before it downloads; cancelled it leaves the model as it was', async () => {
    const { workbench } = session;
    const folder = await referenceFolder(session.workspace);
    const hashes = await hashFiles(folder);
    hub.faults.bytesPerSecond = slowBytesPerSecond;
    await workbench.expand('Logged models');
    await workbench.chooseInMenu('distilbert-reference', 'Persist Weights…');
    const dialog = workbench.page.locator('.monaco-dialog-box');
    await dialog
      .filter({ hasText: /From distilbert\/.* at commit 714eb0fa89d2\..*in 1 weight file.*to download/s })
      .waitFor();
    await workbench.screenshot('persist-light');
    await dialog.locator('.monaco-button', { hasText: 'Persist Weights' }).click();
    const progress = await workbench.notification(/Downloading model\.safetensors \(.*kB of .*kB\)/);
    await progress.hover();
    await progress.locator('.monaco-button', { hasText: 'Cancel' }).click();
    await progress.waitFor({ state: 'hidden', timeout: 10_000 });
    assert.deepEqual(await hashFiles(folder), hashes);
    hub.faults.bytesPerSecond = undefined;
  });

  it('Persist Weights stores the weights, and the model answers', async () => {
    const { workbench, panel } = session;
    const names = workbench.page.locator('.quick-input-widget .monaco-list-row');
    await workbench.runAndPick('MLflow: Persist Weights', /distilbert-reference/, async () => {
      assert.equal(await names.filter({ hasText: 'storyteller' }).count(), 0, 'only references are offered');
    });
    await workbench.page.locator('.monaco-dialog-box .monaco-button', { hasText: 'Persist Weights' }).click();
    await workbench.notification(/The weights are stored with distilbert-reference now/);
    await workbench.webview('.page-header h1:has-text("distilbert-reference")');
    await workbench.dismissNotifications();
    await workbench.scrollTo(/distilbert-reference.*\d+ kB/);
    await panel.open('distilbert-reference');
    await (await panel.ask('I love this movie!')).locator('.bar-best', { hasText: 'POSITIVE' }).waitFor();
  });

  it('Log Model to a new run of a new experiment in a file store; its model is registered there', async () => {
    const { workbench } = session;
    await workbench.runAndPick('MLflow: Log Model to Run', 'checkpoint');
    await workbench.pick(/text-generation.*found/);
    await workbench.typeAndAccept('filed', 'Log model (2/6)');
    await workbench.question('Log model (3/6)');
    await workbench.pick(/New run…/);
    await workbench.question('Log model (4/6)');
    await workbench.page.locator('.quick-input-widget .monaco-list-row', { hasText: 'New experiment…' }).last().click();
    await workbench.typeAndAccept('from VS Code', 'Log model (4/6)');
    await workbench.accept('Log model (5/6)');
    await workbench.pick(/Log to a new run of from VS Code/);
    const logged = await workbench.notification(/Logged filed, 2\.\d+ MB/);
    await logged.locator('.monaco-button', { hasText: 'Register' }).click();
    await workbench.typeAndAccept('filed-model', 'Register model');
    await workbench.notification(/Registered filed as version 1 of filed-model/);
    await workbench.dismissNotifications();
    const fluent = new Fluent();
    fluent.setTrackingUri(path.join(session.workspace, 'old/mlruns'));
    const experiment = await fluent.client().getExperimentByName({ name: 'from VS Code' });
    const runs = await fluent.client().searchRuns({ experimentIds: [experiment?.experimentId ?? ''] });
    assert.deepEqual(
      runs.items.map(({ info }) => info.status),
      ['FINISHED'],
    );
    const { version } = await fluent.client().getModelVersion({ name: 'filed-model', version: '1' });
    assert.equal(version, '1');
  });

  it('Log Model that is cancelled keeps neither its run nor a logged model', async () => {
    const { workbench } = session;
    const fluent = new Fluent();
    fluent.setTrackingUri(`sqlite:///${path.join(session.workspace, 'mlflow.db')}`);
    const count = async (): Promise<number[]> => {
      const { items: experiments } = await fluent.client().searchExperiments({});
      const experimentIds = experiments.map(({ experimentId }) => experimentId);
      const runs = await fluent.client().searchRuns({ experimentIds, maxResults: 1000 });
      const models = await fluent.client().searchLoggedModels({ experimentIds });
      return [runs.items.length, models.items.length];
    };
    const before = await count();
    await workbench.runAndPick('MLflow: Log Model to Run', /A repository of the Hugging Face Hub/);
    await workbench.typeAndAccept('owner/slow', /^Log model$/);
    await workbench.pick(/text-classification.*found from/);
    await workbench.pick(/Store the weights/);
    await workbench.accept('Log model (3/7)');
    await workbench.question('Log model (4/7)');
    await workbench.pick(/New run…/);
    // The list before this one names experiments too.
    await workbench.question('Log model (5/7)');
    await workbench.pick(/language/);
    await workbench.accept('Log model (6/7)');
    // What the last step shows is read from the Hub too: slow only what comes after it.
    await workbench.question('Log model (7/7)', 60_000);
    await workbench.quickRow(/Log to a new run of language/).waitFor({ timeout: 60_000 });
    hub.faults.bytesPerSecond = slowBytesPerSecond;
    await workbench.pick(/Log to a new run of language/);
    const progress = await workbench.notification(/Logging slow: Downloading model\.safetensors/);
    await progress.hover();
    await progress.locator('.monaco-button', { hasText: 'Cancel' }).click();
    await progress.waitFor({ state: 'hidden', timeout: 15_000 });
    hub.faults.bytesPerSecond = undefined;
    // The message goes at once, what was begun is taken back after it.
    await until(async () => JSON.stringify(await count()) === JSON.stringify(before));
  });

  it('Register Model takes a logged model of a database, and an alias after it', async () => {
    const { workbench } = session;
    await workbench.expand('Logged models');
    await workbench.chooseInMenu(/^topics/, 'Register Model…');
    await workbench.pick(/New registered model/);
    await workbench.typeAndAccept('topic-finder', 'Register model');
    const registered = await workbench.notification(/Registered topics as version 1 of topic-finder/);
    await registered.locator('.monaco-button', { hasText: 'Set Alias' }).click();
    await workbench.typeAndAccept('champion', 'Alias of topic-finder v1');
    const fluent = new Fluent();
    fluent.setTrackingUri(`sqlite:///${path.join(session.workspace, 'mlflow.db')}`);
    await workbench.page.locator('.statusbar', { hasText: 'topic-finder v1 is now @champion' }).waitFor();
    const { aliases } = await fluent.client().getRegisteredModel({ name: 'topic-finder' });
    assert.deepEqual(aliases, { champion: '1' });
    await workbench.dismissNotifications();
  });

  it('a model without weights of its own is not registered: the reason, and the way on', async () => {
    const { workbench } = session;
    await workbench.runAndPick('MLflow: Log Model to Run', /A repository of the Hugging Face Hub/);
    await workbench.typeAndAccept('owner/tiny-sentiment', /^Log model$/);
    await workbench.pick(/text-classification.*found from/);
    await workbench.pick(/Only refer to the Hub/);
    await workbench.accept('Log model (3/7)');
    await workbench.question('Log model (4/7)');
    await workbench.pick('first-try');
    await workbench.accept('Log model (5/6)');
    await workbench.pick(/Log to first-try/);
    await workbench.notification(/Logged tiny-sentiment; its weights stay on the Hub/);
    await workbench.dismissNotifications();
    await workbench.expand('Logged models');
    await workbench.chooseInMenu(/^tiny-sentiment/, 'Register Model…');
    const refused = await workbench.notification(/cannot be registered|only a reference/);
    await refused.locator('.monaco-button', { hasText: 'Persist Weights' }).waitFor();
    await workbench.dismissNotifications();
  });

  it('Set Signature shows what changes and writes it', async () => {
    const { workbench } = session;
    const file = path.join(session.workspace, 'checkpoint-model/MLmodel');
    const text = await readFile(file, 'utf8');
    const without = text.replace(/^signature:\n(?: .*\n)+/m, '');
    assert.notEqual(without, text);
    await writeFile(file, without);
    await workbench.runAndPick('MLflow: Set Signature', 'checkpoint-model');
    await workbench.typeAndAccept('Once', 'Set signature of checkpoint-model (1/2)');
    await workbench.question('(2/2)', 60_000);
    await workbench
      .quickRow(/Write this signature.*inputs: \(unnamed\): string · outputs: \(unnamed\): string/)
      .waitFor();
    await workbench.pick(/Show what changes/);
    await workbench.page.locator('.monaco-diff-editor .line-insert').first().waitFor();
    await workbench.screenshot('signature-diff-light');
    assert.equal(await readFile(file, 'utf8'), without, 'a look at the change writes nothing');
    await workbench.pick(/Write this signature/);
    await workbench.notification(/The signature of checkpoint-model is written/);
    assert.match(
      await readFile(file, 'utf8'),
      /^signature:\n {2}inputs: '\[\{"type": "string", "required": true\}\]'/m,
    );
    await workbench.dismissNotifications();
  });

  it('Validate Model reports every check of a good model', async () => {
    const { workbench } = session;
    await workbench.expand('Logged models');
    await workbench.chooseInMenu(/^topics/, 'Validate Model');
    await workbench.notification(/topics is valid\./);
    const report = await workbench.webviewWithText('body', /topics is valid/);
    for (const result of [
      'The MLmodel file is valid',
      'The requirement files agree with the flavor',
      'The model answers its input example',
      'The answer matches the output signature',
    ])
      await report.getByText(result).waitFor();
    await workbench.screenshot('validation-light');
    await workbench.dismissNotifications();
  });

  it('Validate Model says what is wrong with a broken one, and leads to it', async () => {
    const { workbench } = session;
    await workbench.runAndPick('MLflow: Validate Model', 'broken-model');
    const invalid = await workbench.notification(/broken-model is not valid: 3 checks failed/);
    const report = await workbench.webviewWithText('body', /broken-model is not valid/);
    await report.getByText('requirements.txt asks for transformers 4.41.0, the model was saved with 5.23.0.').waitFor();
    await report.getByText(/tokenizer\.json.*is missing/).waitFor();
    await report.getByText('Not tried: a check before it failed').first().waitFor();
    await workbench.screenshot('validation-broken-light');
    await invalid.locator('.monaco-button', { hasText: 'Inspect' }).click();
    await workbench.webview('.page-header h1:has-text("broken-model")');
    await workbench.dismissNotifications();
  });

  it('Compare Runs asks for the first and lists the runs of its experiment before all others', async () => {
    const { workbench } = session;
    await workbench.runAndPick('MLflow: Compare Runs', 'hub-baseline');
    await workbench.question('Compare hub-baseline with…');
    const rows = workbench.page.locator('.quick-input-widget .monaco-list-row');
    await rows
      .first()
      .filter({ hasText: /language/ })
      .waitFor();
    assert.equal(await rows.filter({ hasText: 'hub-baseline' }).count(), 0, 'not with itself');
    await workbench.pick('storyteller');
    await workbench.page.locator('.tab', { hasText: 'hub-baseline ↔ storyteller' }).waitFor();
    await workbench.page.locator('.monaco-diff-editor').first().waitFor();
  });

  it('in a folder without a store Log Model offers to make one, and goes on', async () => {
    const { workbench } = session;
    const empty = path.join(session.folder, 'empty');
    await cp(path.join(session.workspace, 'checkpoint'), path.join(empty, 'checkpoint'), { recursive: true });
    await workbench.page.goto(session.server.urlOf(empty));
    await workbench.activityIcon.waitFor({ timeout: 60_000 });
    await workbench.openMlflowView();
    await workbench.page
      .locator('.sidebar')
      .getByText('No MLflow store or saved model was found')
      .waitFor({ timeout: 60_000 });
    await workbench.screenshot('welcome-light');
    await workbench.runAndPick('MLflow: Log Model to Run', /Create a store here/);
    await workbench.pick('checkpoint');
    await workbench.question('Log model (1/6)');
    assert.ok((await readdir(empty)).includes('mlflow.db'));
    await workbench.page.keyboard.press('Escape');
  });
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; !(await isSo()); attempt++) {
    if (attempt === 100) throw new Error('It did not come true.');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** A checkpoint as `save_pretrained` leaves it: the files of the storyteller. */
async function makeCheckpoint(workspace: string): Promise<void> {
  const folder = path.dirname(await mlmodelOf(workspace, 'LlamaForCausalLM'));
  const target = path.join(workspace, 'checkpoint');
  await mkdir(target, { recursive: true });
  await cp(path.join(folder, 'model'), target, { recursive: true });
  await cp(path.join(folder, 'components/tokenizer'), target, { recursive: true });
}

/** Puts the files of the sample's classifier on the Hub, under the reference's name too. @returns its model folder */
async function publishClassifier(workspace: string, hub: HubServer): Promise<string> {
  const folder = path.dirname(await mlmodelOf(workspace, /task: text-classification/, /model_binary/));
  const files: Record<string, Buffer> = {};
  for (const part of ['model', 'components/tokenizer']) {
    for (const name of await readdir(path.join(folder, part))) {
      files[name] = await readFile(path.join(folder, part, name));
    }
  }
  hub.repositories[referenceRepository] = { files, commit: referenceCommit };
  hub.repositories['owner/tiny-sentiment'] = { files };
  // Other bytes, so that none of it is in the cache yet.
  const weights = Buffer.from(files['model.safetensors'] ?? []);
  weights.writeUInt8(weights.readUInt8(weights.length - 1) ^ 1, weights.length - 1);
  hub.repositories['owner/slow'] = { files: { ...files, 'model.safetensors': weights } };
  return folder;
}

async function makeBrokenModel(workspace: string, source: string): Promise<void> {
  const broken = path.join(workspace, 'broken-model');
  await cp(source, broken, { recursive: true });
  await rm(path.join(broken, 'components/tokenizer/tokenizer.json'));
  await writeFile(path.join(broken, 'requirements.txt'), 'mlflow==3.17.2\ntransformers==4.41.0\n');
}

async function makeFileStore(workspace: string): Promise<void> {
  const fluent = new Fluent();
  fluent.setTrackingUri(path.join(workspace, 'old/mlruns'));
  await fluent.client().createExperiment({ name: 'filed' });
}

async function referenceFolder(workspace: string): Promise<string> {
  return path.dirname(await mlmodelOf(workspace, /pipeline_model_type: DistilBertForSequenceClassification/));
}
