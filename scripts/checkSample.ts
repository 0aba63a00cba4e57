// node --import tsx scripts/checkSample.ts URL EXECUTABLE ENV: what `npm start -- --check` waits for, in a headless browser.
import { Workbench } from '../test/e2e/workbench.js';

const [url, executablePath, env] = process.argv.slice(2);
if (url === undefined || executablePath === undefined) throw new Error('Name the URL and the browser.');
const workbench = await Workbench.open(url, { executablePath, env: JSON.parse(env ?? '{}') as Record<string, string> });
try {
  await workbench.openMlflowView();
  await workbench.treeItem('Logged models').waitFor({ timeout: 60_000 });
  await workbench.runCommand('MLflow: Prompt Model');
  await workbench.pick('storyteller');
  const panel = await workbench.webview('.composer');
  const prompt = panel.locator('.composer textarea').first();
  await prompt.fill('Alice was beginning');
  await prompt.press('Enter');
  await panel
    .getByText(/sitting by her sister/)
    .first()
    .waitFor({ timeout: 60_000 });
} catch (error) {
  await workbench.page.screenshot({ path: 'check-failed.png' });
  throw error;
} finally {
  await workbench.close();
}
