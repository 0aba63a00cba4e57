import { readFileSync, statSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import path from 'node:path';
import type { Measurement } from './measure.js';

interface Metafile {
  outputs: Record<string, { entryPoint?: string; bytes: number; inputs: Record<string, { bytesInOutput: number }> }>;
}

/** Bundle sizes against their budgets; the webviews' without the controls library. */
export async function benchSizes(): Promise<Measurement[]> {
  const { packageExtension } = (await import(path.resolve('scripts/package.mjs'))) as {
    packageExtension(): Promise<string>;
  };
  const vsix = await packageExtension();
  const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(0)} KB`;
  const row = (name: string, bytes: number, budgetBytes: number, text = kilobytes(bytes)): Measurement => ({
    name,
    ours: text,
    peer: '',
    ratio: null,
    budget: budgetBytes >= 1e6 ? `${budgetBytes / 1e6} MB` : kilobytes(budgetBytes),
    isMet: bytes <= budgetBytes,
  });
  const extension = readFileSync('dist/extension.cjs');
  const rows = [
    row(
      'extension bundle',
      extension.length,
      400e3,
      `${kilobytes(extension.length)} (${kilobytes(gzipSync(extension).length)} gzipped)`,
    ),
  ];
  const meta = JSON.parse(readFileSync('dist/webview/meta.json', 'utf8')) as Metafile;
  for (const output of Object.values(meta.outputs)) {
    if (output.entryPoint === undefined) continue;
    const toolkit = Object.entries(output.inputs)
      .filter(([file]) => /@vscode\/webview-ui-toolkit|@microsoft\/fast/.test(file))
      .reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0);
    rows.push(
      row(
        `webview ${path.basename(path.dirname(output.entryPoint))} without the toolkit`,
        output.bytes - toolkit,
        200e3,
      ),
    );
  }
  rows.push(
    row(
      `vsix ${process.platform}-${process.arch}`,
      statSync(vsix).size,
      35e6,
      `${(statSync(vsix).size / 1e6).toFixed(1)} MB`,
    ),
  );
  return rows;
}
