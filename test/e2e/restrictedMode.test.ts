import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { hashFiles, laySampleOut, Session } from './session.js';

describe('Restricted Mode, in VS Code', () => {
  let session: Session;
  let hashes: Record<string, string>;

  before(async () => {
    session = await Session.open({
      trust: false,
      userSettings: { 'security.workspace.trust.startupPrompt': 'never' },
      prepare: async (workspace) => {
        await laySampleOut(workspace);
        hashes = await hashFiles(workspace);
      },
    });
    await session.workbench.openMlflowView();
    await session.workbench.setSideBarWidth(330);
  });

  after(() => session?.close());

  it('shows runs and models', async () => {
    const { workbench } = session;
    await workbench.treeItem(/sentiment.*15 runs/).waitFor({ timeout: 30_000 });
    await workbench.expand('Logged models');
    await workbench.treeItem(/storyteller.*text-generation/).click();
    const inspector = await workbench.webview('.page-header');
    await inspector.getByText('LlamaForCausalLM').first().waitFor();
    await inspector.locator('vscode-button', { hasText: 'Prompt' }).first().waitFor();
    await inspector.locator('vscode-button[disabled]', { hasText: 'Run' }).waitFor();
  });

  it('refuses to run a model, says why and where to trust', async () => {
    const { workbench, panel } = session;
    await workbench.runAndPick('MLflow: Prompt Model', 'storyteller');
    await panel.find();
    await panel
      .locator('.page')
      .getByText(/Restricted Mode/)
      .first()
      .waitFor({ timeout: 30_000 });
    await panel.locator('.page').getByText('Manage trust').first().waitFor();
    await workbench.screenshot('restricted-light');
  });

  it('refuses to write into the store, and nothing was written', async () => {
    const { workbench } = session;
    await workbench.expand('sentiment');
    await workbench.chooseInMenu(/^first-try/, 'Delete Run');
    await workbench.notification(/not trusted/);
    assert.deepEqual(await hashFiles(session.workspace), hashes);
  });
});
