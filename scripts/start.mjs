// `npm start`: installs what is missing, builds, lays the sample workspace out and opens the extension in VS Code.
// With --check the same without a window: waits until the tree has loaded and a sample model has answered, then ends.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const check = process.argv.includes('--check');

const { ensureDependencies, ensureBuild } = await import('./prepare.mjs');
await ensureDependencies();
await ensureBuild();
const { laySampleOut } = await import('./samples.mjs');
const workspace = await laySampleOut();
const { findDesktopCode, startServer } = await import('./vscode.mjs');

const desktop = check ? undefined : findDesktopCode();
if (desktop) {
  spawn(desktop, [`--extensionDevelopmentPath=${root}`, workspace], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  console.log(`Opened ${workspace} in VS Code with the extension.`);
} else if (process.platform === 'linux') {
  const server = await startServer({ extension: root });
  const url = server.urlOf(workspace);
  if (check) {
    const { installBrowser, run } = await import('./testEnvironment.mjs');
    const program = await installBrowser();
    const script = [
      '--import',
      'tsx',
      'scripts/checkSample.ts',
      url,
      program.executablePath,
      JSON.stringify(program.env),
    ];
    const failure = await run(process.execPath, script).then(
      () => undefined,
      (error) => error,
    );
    await server.stop();
    if (failure) {
      console.error(`The check failed: ${failure.message}`);
      process.exit(1);
    }
    console.log('The tree has loaded and a sample model has answered a prompt.');
    process.exit(0);
  }
  console.log(`VS Code runs with the extension on\n\n    ${url}\n\nOpen it in a browser. Ctrl+C ends it.`);
  openInBrowser(url);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void server.stop().then(() => process.exit(0)));
} else {
  const { downloadAndUnzipVSCode } = await import('@vscode/test-electron');
  const executable = await downloadAndUnzipVSCode();
  spawn(executable, [`--extensionDevelopmentPath=${root}`, workspace], { stdio: 'inherit', detached: true }).unref();
}

function openInBrowser(url) {
  if (!process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return;
  const opener = ['/usr/bin/xdg-open', '/usr/local/bin/xdg-open'].find((file) => existsSync(file));
  if (opener) spawn(opener, [url], { stdio: 'ignore', detached: true }).unref();
}
