// `node scripts/extractTexts.mjs`: writes the texts of all `l10n.t(...)` calls to l10n/bundle.l10n.json, the file that
// translators start from. Returns them when imported.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Every text, by itself, in order. */
export async function extractTexts() {
  const texts = new Set();
  const files = await readdir(path.join(root, 'src'), { recursive: true });
  for (const name of files.filter((file) => file.endsWith('.ts'))) {
    const source = await readFile(path.join(root, 'src', name), 'utf8');
    const visit = (node) => {
      if (ts.isCallExpression(node) && node.expression.getText() === 'l10n.t') {
        const [text] = node.arguments;
        if (!ts.isStringLiteralLike(text)) throw new Error(`${name}: a text must be one literal: ${node.getText()}`);
        texts.add(text.text);
      }
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true));
  }
  return Object.fromEntries([...texts].sort().map((text) => [text, text]));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await writeFile(path.join(root, 'l10n/bundle.l10n.json'), `${JSON.stringify(await extractTexts(), null, 2)}\n`);
}
