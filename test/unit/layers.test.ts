import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';

const root = path.resolve(import.meta.dirname ?? '.', '../..');
const nativeRuntimes = ['onnxruntime-node', 'onnxruntime-common', '@huggingface/transformers', 'sharp'];

/** What each floor may import of the others, and of packages that tie code to a place. */
const floors: Record<string, { floors: string[]; packages: string[] }> = {
  'src/core': { floors: ['src/core'], packages: [] },
  'src/protocol': { floors: ['src/core', 'src/protocol'], packages: [] },
  'src/worker': { floors: ['src/core', 'src/protocol', 'src/worker'], packages: nativeRuntimes },
  'src/storeThread': { floors: ['src/core', 'src/protocol', 'src/storeThread'], packages: [] },
  'src/host': { floors: ['src/core', 'src/protocol', 'src/host'], packages: ['vscode'] },
  'src/library': { floors: ['src/core', 'src/protocol', 'src/worker', 'src/library'], packages: [] },
  webview: { floors: ['src/core', 'src/protocol', 'webview'], packages: [] },
};
const guarded = ['vscode', ...nativeRuntimes];

function filesOf(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(folder, name));
}

function importsOf(file: string): string[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  return [...text.matchAll(/(?:from\s+|import\s*\(\s*|import\s+|require\s*\(\s*)'([^']+)'/g)].map((match) => match[1]!);
}

describe('layers', () => {
  for (const [floor, allowed] of Object.entries(floors)) {
    it(`${floor} imports only the floors below it and its own packages`, () => {
      const wrong: string[] = [];
      for (const file of filesOf(floor)) {
        for (const specifier of importsOf(file)) {
          if (specifier.startsWith('.')) {
            const target = path.join(path.dirname(file), specifier).split(path.sep).join('/');
            if (!allowed.floors.some((name) => target.startsWith(`${name}/`))) wrong.push(`${file} -> ${target}`);
          } else if (guarded.includes(specifier) && !allowed.packages.includes(specifier))
            wrong.push(`${file} -> ${specifier}`);
        }
      }
      assert.deepEqual(wrong, []);
    });
  }

  it('only webview/ui imports the toolkit', () => {
    const importers = [...filesOf('src'), ...filesOf('webview')].filter((file) =>
      importsOf(file).some((name) => name.startsWith('@vscode/webview-ui-toolkit')),
    );
    assert.ok(
      importers.every((file) => file.startsWith('webview/ui/')),
      importers.join(', '),
    );
  });
});
