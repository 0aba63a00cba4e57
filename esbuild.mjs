// Builds the four targets into dist/: extension host (cjs), inference worker and store thread (esm), webviews (browser), library and CLI (esm),
// and the library's type declarations, unless --no-types leaves them out.
import { build, context } from 'esbuild';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';

const watch = process.argv.includes('--watch');
const production = process.argv.includes('--production');
const withTypes = !watch && !process.argv.includes('--no-types');
const node = {
  platform: 'node',
  target: 'node20',
  bundle: true,
  sourcemap: !production,
  minify: production,
  logLevel: 'info',
};
const esm = {
  ...node,
  format: 'esm',
  splitting: true,
  outExtension: { '.js': '.mjs' },
  chunkNames: 'chunks/[name]-[hash]',
  // CommonJS dependencies bundled into an ES module still call require().
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  external: ['onnxruntime-node', 'sharp', 'onnxruntime-web', 'node-sqlite3-wasm'],
};

const targets = [
  {
    ...node,
    format: 'cjs',
    entryPoints: { extension: 'src/extension.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    external: ['vscode'],
  },
  {
    ...esm,
    entryPoints: {
      worker: 'src/worker/main.ts',
      quantizeProcess: 'src/worker/runtime/quantization/quantizeProcess.ts',
      storeThread: 'src/storeThread/main.ts',
      mlflow: 'src/node.ts',
      cli: 'src/cli.ts',
    },
    outdir: 'dist',
  },
  {
    bundle: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    minify: production,
    sourcemap: !production,
    logLevel: 'info',
    entryPoints: { inspector: 'webview/inspector/main.ts', inference: 'webview/inference/main.ts' },
    outdir: 'dist/webview',
    loader: { '.ttf': 'file' },
    metafile: true,
  },
];

await rm('dist', { recursive: true, force: true });
await mkdir('dist/webview', { recursive: true });
const declarations = withTypes
  ? spawn(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json'], { stdio: 'inherit' })
  : undefined;
const declared = declarations ? once(declarations, 'close') : undefined;
if (watch) {
  for (const target of targets) await (await context(target)).watch();
} else {
  const results = await Promise.all(targets.map((target) => build(target)));
  await writeFile('dist/webview/meta.json', JSON.stringify(results[2].metafile));
}
await cp('node_modules/@vscode/codicons/dist/codicon.css', 'dist/webview/codicon.css');
await cp('node_modules/@vscode/codicons/dist/codicon.ttf', 'dist/webview/codicon.ttf');
if (declared) {
  const [status] = await declared;
  if (status !== 0) throw new Error('The type declarations could not be made; see above.');
}
