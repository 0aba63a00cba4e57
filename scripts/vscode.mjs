// Ways to open VS Code with the extension: the desktop's, or the one that npm packages carry, served on loopback.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { installVsCode, run } from './testEnvironment.mjs';

/** Settings of a quiet VS Code: nothing fetched, nothing suggested, no welcome page over the extension. */
const settings = {
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'chat.disableAIFeatures': true,
  'git.enabled': false,
  'window.commandCenter': false,
  // Without a chat it opens empty; the panel shows itself when a model is prompted.
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
};

/** The desktop's `code`, unless it is the one of a remote terminal without a window. */
export function findDesktopCode() {
  const names = process.platform === 'win32' ? ['code.cmd'] : ['code'];
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    for (const name of names) if (folder && existsSync(path.join(folder, name))) return path.join(folder, name);
  }
  return undefined;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/**
 * Serves VS Code on a free loopback port. `extension` is an unpacked extension folder, `vsix` a packed one.
 * Returns { url, port, urlOf(folder, payload), stop(), stateFolder, pid }.
 */
export async function startServer({ extension, vsix, userSettings = {}, options = [], trust = true } = {}) {
  const { node, entry } = await installVsCode();
  const stateFolder = await mkdtemp(path.join(tmpdir(), 'mlflow-vscode-'));
  const extensionsFolder = path.join(stateFolder, 'extensions');
  await mkdir(path.join(stateFolder, 'data/User'), { recursive: true });
  await mkdir(extensionsFolder, { recursive: true });
  await writeFile(path.join(stateFolder, 'config.yaml'), 'auth: none\n');
  const merged = { ...settings, ...userSettings, ...(trust ? {} : { 'security.workspace.trust.enabled': true }) };
  await writeFile(path.join(stateFolder, 'data/User/settings.json'), JSON.stringify(merged, null, 2));
  const base = [
    entry,
    '--config',
    path.join(stateFolder, 'config.yaml'),
    '--user-data-dir',
    path.join(stateFolder, 'data'),
  ];
  base.push('--extensions-dir', extensionsFolder);
  const env = { EXTENSIONS_GALLERY: '{"serviceUrl":""}', VSCODE_PROXY_URI: '' };
  if (vsix) await run(node, [...base, '--install-extension', vsix, '--force'], { env });
  if (extension) await linkExtension(extension, extensionsFolder);

  const port = await freePort();
  const args = [
    ...base,
    '--auth',
    'none',
    '--bind-addr',
    `127.0.0.1:${port}`,
    '--disable-telemetry',
    '--disable-update-check',
  ];
  args.push(
    '--disable-getting-started-override',
    '--disable-proxy',
    '--ignore-last-opened',
    '--reconnection-grace-time',
    '3',
  );
  if (trust) args.push('--disable-workspace-trust');
  args.push(...options);
  const child = spawn(node, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (log = (log + data).slice(-20000)));
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await Promise.race([
        new Promise((resolve) => child.on('close', resolve)),
        new Promise((resolve) => setTimeout(resolve, 5000)),
      ]);
      if (child.exitCode === null) child.kill('SIGKILL');
    }
    await rm(stateFolder, { recursive: true, force: true, maxRetries: 3 });
  };
  for (let attempt = 0; ; attempt++) {
    const healthy = await fetch(`${url}/healthz`).then(
      (response) => response.ok,
      () => false,
    );
    if (healthy) break;
    if (child.exitCode !== null || attempt > 300) {
      await stop();
      throw new Error(`VS Code did not start:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const urlOf = (folder, payload) =>
    `${url}/?folder=${encodeURIComponent(folder).replaceAll('%2F', '/')}${payload ? `&payload=${encodeURIComponent(JSON.stringify(payload))}` : ''}`;
  return { url, port, urlOf, stop, stateFolder, pid: child.pid, log: () => log };
}

/** Installs an unpacked extension by a link, with the manifest entry that VS Code would write. */
async function linkExtension(extension, extensionsFolder) {
  const manifest = JSON.parse(await readFile(path.join(extension, 'package.json'), 'utf8'));
  const name = `${manifest.publisher}.${manifest.name}-${manifest.version}`;
  await symlink(extension, path.join(extensionsFolder, name), 'dir');
  const location = { $mid: 1, path: path.join(extensionsFolder, name), scheme: 'file' };
  const entry = {
    identifier: { id: `${manifest.publisher}.${manifest.name}` },
    version: manifest.version,
    location,
    relativeLocation: name,
  };
  await writeFile(path.join(extensionsFolder, 'extensions.json'), JSON.stringify([entry]));
}
