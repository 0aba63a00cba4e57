// node_modules and dist/, brought up to date only where they are not.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** Runs `npm ci` when node_modules is missing or older than the lock file; npm notes each install in a lock file of its own. */
export function ensureDependencies() {
  const installed = 'node_modules/.package-lock.json';
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync('package-lock.json').mtimeMs) return;
  console.log('Installing packages');
  const { status } = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('npm ci failed; see above.');
}

/** Builds dist/ when a source is newer than it. */
export function ensureBuild({ production = false } = {}) {
  const built = path.join('dist', production ? '.built-production' : '.built');
  const newest = Math.max(
    ...['src', 'webview', 'esbuild.mjs', 'tsconfig.types.json', 'package.json', 'package-lock.json'].map(newestChange),
  );
  if (existsSync(built) && statSync(built).mtimeMs > newest) return;
  console.log('Building');
  const { status } = spawnSync(process.execPath, ['esbuild.mjs', production ? '--production' : '--no-types'], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('The build failed; see above.');
  writeFileSync(built, '');
}

function newestChange(file) {
  const stat = statSync(file);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(file).map((name) => newestChange(path.join(file, name))));
}
