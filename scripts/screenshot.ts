// node --import tsx scripts/screenshot.ts: makes media/screenshot.png with the sample store and two real models in one workspace.
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { laySampleOut, Session } from '../test/e2e/session.js';

const { logRealModels } = (await import(pathToFileURL(path.resolve('scripts/samples.mjs')).href)) as {
  logRealModels(workspace: string): Promise<void>;
};

const session = await Session.open({
  width: 1500,
  height: 950,
  userSettings: { 'breadcrumbs.enabled': false },
  prepare: async (workspace) => {
    await laySampleOut(workspace);
    await logRealModels(workspace);
    await rm(path.join(workspace, '.laid-out'), { force: true });
  },
});
try {
  const { workbench, panel } = session;
  const { page } = workbench;
  await workbench.openMlflowView();
  await workbench.setSideBarWidth(345);
  await workbench.expand('sentiment');
  await workbench.expand('Logged models');
  await workbench.expand('Registered models');
  await workbench.treeItem(/^SmolLM2-135M-Instruct.*text-generation/).click();
  const inspector = await workbench.webview('.page-header');
  await panel.open('SmolLM2-135M-Instruct');
  await workbench.setPanelWidth(400);
  // The faster session has taken over.
  await panel.locator('.header', { hasText: '8 bit · auto' }).waitFor({ timeout: 60_000 });
  await panel.ask('Gravity is');
  await panel.ask('Photosynthesis is the process by which');
  await inspector.locator('.section-toggle', { hasText: 'Weights' }).click();
  await page.mouse.move(750, 945);
  await page.waitForTimeout(800);
  await page.screenshot({ path: 'media/screenshot.tmp.png' });
  await rename('media/screenshot.tmp.png', 'media/screenshot.png');
} finally {
  await session.close();
}
