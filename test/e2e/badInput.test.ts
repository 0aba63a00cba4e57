import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { layBadWorkspaceOut } from './badWorkspace.js';
import { hashFiles, Session } from './session.js';

/** What each broken folder says: in the inspector, and in the panel. */
const cases: readonly { folder: string; inspector: RegExp; panel: RegExp }[] = [
  { folder: 'not-yaml', inspector: /not valid YAML/, panel: /not valid YAML/ },
  { folder: 'other-flavor', inspector: /no transformers flavor \(only sklearn\)/, panel: /it has: sklearn/ },
  { folder: 'truncated-weights', inspector: /cut off/, panel: /cut off.*again/ },
  { folder: 'huge-header', inspector: /1152921504606846976 bytes/, panel: /1152921504606846976 bytes.*again/ },
  { folder: 'unknown-architecture', inspector: /mystery/, panel: /model_type "mystery".*ONNX/ },
  { folder: 'missing-shard', inspector: /model-00002-of-00002/, panel: /model-00002-of-00002.*does not exist/ },
];

describe('a workspace with broken models and stores, in VS Code', () => {
  let session: Session;
  let hashes: Record<string, string>;

  before(async () => {
    session = await Session.open({
      prepare: async (workspace) => {
        await layBadWorkspaceOut(workspace);
        await mkdir(path.join(workspace, '.vscode'));
        const uris = ['sqlite:////nowhere/mlflow.db', 'http://127.0.0.1:9'];
        await writeFile(path.join(workspace, '.vscode/settings.json'), JSON.stringify({ 'mlflow.trackingUris': uris }));
        hashes = await hashFiles(workspace);
      },
    });
    await session.workbench.openMlflowView();
    await session.workbench.setSideBarWidth(420);
  });

  after(() => session?.close());

  it('the tree shows what works, and one sentence for each store that does not', async () => {
    const { workbench } = session;
    await workbench.treeItem(/sentiment.*15 runs/).waitFor({ timeout: 30_000 });
    await workbench.treeItem('There is no database at /nowhere/mlflow.db').waitFor();
    await workbench.treeItem(/127\.0\.0\.1:9/).waitFor();
    await workbench.treeItem(/foreign\/mlflow\.db is a SQLite database/).waitFor();
    await workbench.expand('Saved models');
    await workbench.treeItem('missing-shard').waitFor();
    await workbench.screenshot('bad-tree-light');
  });

  for (const { folder, inspector, panel } of cases) {
    it(`${folder}: the inspector and the panel say what is wrong and what to do`, async () => {
      const { workbench } = session;
      await workbench.openMlflowView();
      await workbench.treeItem(folder).click();
      await workbench.webviewWithText('main.inspector', inspector);
      await workbench.chooseInMenu(folder, 'Prompt Model');
      await session.panel.find();
      await session.panel.locator('.model-name', { hasText: folder }).waitFor({ timeout: 30_000 });
      await session.panel.locator('.status-error', { hasText: panel }).waitFor({ timeout: 30_000 });
      assert.ok((await session.panel.locator('.error-actions vscode-button').count()) > 0, 'a way on');
    });
  }

  it('a reference-only model names what it refers to and offers to persist its weights', async () => {
    const { workbench, panel } = session;
    await panel.open('distilbert-reference');
    await panel.locator('.status-error', { hasText: /only a reference to 'distilbert/ }).waitFor();
    await panel.locator('vscode-button', { hasText: 'Persist weights' }).waitFor();
    await workbench.screenshot('bad-reference-light');
  });

  it('afterwards a good model answers, and no file of the workspace was changed', async () => {
    const { panel } = session;
    await panel.open('review-sentiment v2');
    const turn = await panel.ask('I love this movie!');
    await turn.locator('.bar-best', { hasText: 'POSITIVE' }).waitFor();
    assert.deepEqual(await hashFiles(session.workspace), hashes);
  });
});
