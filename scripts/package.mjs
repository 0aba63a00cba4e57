// `npm run package [-- --target linux-x64]`: a .vsix with the native files of one platform and nothing of the others.
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureBuild } from './prepare.mjs';
import { run } from './testEnvironment.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const nodePlatforms = { win32: 'win32', linux: 'linux', darwin: 'darwin' };

/** Packages that stay files of their own: native code that is found by path, and what it needs. */
const shipped = [
  'onnxruntime-node',
  'onnxruntime-common',
  'node-sqlite3-wasm',
  'sharp',
  'detect-libc',
  'semver',
  '@img/colour',
];

/** Builds the vsix of one target (`linux-x64`, `darwin-arm64`, ...) and returns its path. */
export async function packageExtension(target = `${process.platform}-${process.arch}`) {
  ensureBuild({ production: true });
  const stage = path.join(root, 'dist-package', target);
  await rm(stage, { recursive: true, force: true });
  await mkdir(stage, { recursive: true });
  const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  for (const key of ['scripts', 'devDependencies', 'dependencies']) delete manifest[key];
  manifest.dependencies = {};
  for (const name of [
    'dist',
    'media',
    'samples/workspace',
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
    '.vscodeignore',
    'l10n',
  ]) {
    await cp(path.join(root, name), path.join(stage, name), {
      recursive: true,
      filter: (file) => !/\.map$|meta\.json$|\.built/.test(file),
    }).catch(ignoreMissing);
  }
  await cp(path.join(root, 'package.nls.json'), path.join(stage, 'package.nls.json')).catch(ignoreMissing);
  for (const name of shipped) await shipPackage(name, stage, target, manifest.dependencies);
  await writeFile(path.join(stage, 'package.json'), JSON.stringify(manifest, null, 2));
  const file = path.join(root, `${manifest.name}-${target}-${manifest.version}.vsix`);
  const vsce = path.join(path.dirname(require.resolve('@vscode/vsce/package.json')), 'vsce');
  await run(
    process.execPath,
    [
      vsce,
      'package',
      '--skip-license',
      '--no-rewrite-relative-links',
      '--allow-missing-repository',
      '--target',
      target,
      '--out',
      file,
    ],
    { cwd: stage },
  );
  await rm(path.join(root, 'dist-package'), { recursive: true, force: true });
  return file;
}

/** Copies one package's files for the target and names it in `dependencies`, by which vsce finds it. */
async function shipPackage(name, stage, target, dependencies) {
  const [platform, arch] = target.split('-');
  const source = path.join(root, 'node_modules', name);
  const keep = (file) => {
    const relative = path.relative(source, file).split(path.sep).join('/');
    if (name === 'onnxruntime-node' && relative.startsWith('bin/napi-v6/')) {
      const [, , os, cpu] = relative.split('/');
      return os === nodePlatforms[platform] && (cpu === undefined || cpu === arch);
    }
    return (
      !/(^|\/)(node_modules|test|tests|docs|src|script)(\/|$)|\.(map|md|ts|c|cc|h|gyp)$/.test(relative) ||
      relative === ''
    );
  };
  await cp(source, path.join(stage, 'node_modules', name), { recursive: true, filter: keep, dereference: true });
  await stripManifest(path.join(stage, 'node_modules', name), name, dependencies);
  if (name === 'sharp') {
    const images = path.join(root, 'node_modules/@img');
    for (const image of await readdir(images)) {
      if (image.endsWith(`-${platform}-${arch}`)) {
        const copy = path.join(stage, 'node_modules/@img', image);
        await cp(path.join(images, image), copy, { recursive: true });
        await stripManifest(copy, `@img/${image}`, dependencies);
      }
    }
  }
}

/** What a shipped package needs is shipped beside it; its own list would only make npm look for the rest. */
async function stripManifest(folder, name, dependencies) {
  const file = path.join(folder, 'package.json');
  const manifest = JSON.parse(await readFile(file, 'utf8'));
  for (const key of ['dependencies', 'optionalDependencies', 'peerDependencies', 'devDependencies', 'scripts'])
    delete manifest[key];
  await writeFile(file, JSON.stringify(manifest, null, 2));
  dependencies[name] = manifest.version;
}

function ignoreMissing(error) {
  if (error.code !== 'ENOENT') throw error;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const at = process.argv.indexOf('--target');
  const file = await packageExtension(at > 0 ? process.argv[at + 1] : undefined);
  console.log(`${file}: ${((await stat(file)).size / 1e6).toFixed(1)} MB`);
}
