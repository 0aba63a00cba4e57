// `node scripts/extractTexts.mjs`: writes the texts of all `l10n.t(...)` calls, of the host, core and the webviews, to
// l10n/bundle.l10n.json, the file that translators start from. Returns them when imported.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Every text, by itself, in order. */
export async function extractTexts() {
  const texts = new Set();
  for (const file of await sourceFiles('src', 'webview')) {
    const source = await readFile(file, 'utf8');
    if (!source.includes('l10n.t(')) continue;
    const visit = (node) => {
      if (ts.isCallExpression(node) && node.expression.getText() === 'l10n.t') {
        const [text] = node.arguments;
        if (!ts.isStringLiteralLike(text)) throw new Error(`${file}: a text must be one literal: ${node.getText()}`);
        texts.add(text.text);
      }
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true));
  }
  return Object.fromEntries([...texts].sort().map((text) => [text, text]));
}

async function sourceFiles(...folders) {
  const lists = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(path.join(root, folder), { recursive: true });
      return names.filter((name) => name.endsWith('.ts')).map((name) => path.join(root, folder, name));
    }),
  );
  return lists.flat();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await writeFile(path.join(root, 'l10n/bundle.l10n.json'), `${JSON.stringify(await extractTexts(), null, 2)}\n`);
}
