// `npm run bench [-- names]`: measures ours and the peers side by side and writes the table into test/bench/README.md.
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { benchActivation } from './activation.js';
import { benchColdStart } from './coldStart.js';
import { benchDecode } from './decode.js';
import { benchDownload } from './download.js';
import { benchEmbed } from './embed.js';
import { benchListRuns } from './listRuns.js';
import { benchMlmodels } from './mlmodels.js';
import type { Measurement } from './measure.js';
import { benchSave } from './save.js';
import { benchSizes } from './sizes.js';

const benches: Record<string, () => Promise<Measurement[]>> = {
  coldStart: benchColdStart,
  decode: benchDecode,
  embed: benchEmbed,
  listRuns: benchListRuns,
  mlmodels: benchMlmodels,
  save: benchSave,
  download: benchDownload,
  activation: benchActivation,
  sizes: benchSizes,
};

// What is measured is what is shipped.
if (spawnSync(process.execPath, ['esbuild.mjs', '--production', '--no-types'], { stdio: 'ignore' }).status !== 0)
  throw new Error('The build failed.');

const named = process.argv.slice(2);
const rows: Measurement[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (named.length > 0 && !named.includes(name)) continue;
  console.log(`── ${name}`);
  for (const row of await bench()) {
    console.log(
      `${row.name}: ${row.ours}${row.peer ? ` | ${row.peer}` : ''}${row.ratio === null ? '' : ` | ${row.ratio.toFixed(1)}x`}${row.isMet === null ? '' : row.isMet ? ' ✓' : ` ✗ (${row.budget})`}`,
    );
    rows.push(row);
  }
}
if (named.length === 0) await writeTable(rows);

/** Replaces the table between the markers; the words around it are written by hand. */
async function writeTable(measurements: Measurement[]): Promise<void> {
  const file = new URL('README.md', import.meta.url);
  const lines = measurements.map(
    ({ name, ours, peer, ratio, budget, isMet }) =>
      `| ${name} | ${ours} | ${peer} | ${ratio === null ? '' : `${ratio.toFixed(1)}x`} | ${budget}${isMet === null ? '' : isMet ? ' ✓' : ' ✗'} |`,
  );
  const machine = `${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unknown processor'}, ${Math.round(totalmem() / 1e9)} GB, Node ${process.versions.node}, ${process.platform}-${process.arch}`;
  const table = [
    '<!-- table -->',
    `Measured ${machine}.`,
    '',
    '| what | ours | peer | ratio | budget |',
    '| --- | --- | --- | --- | --- |',
    ...lines,
    '<!-- /table -->',
  ].join('\n');
  const text = await readFile(file, 'utf8');
  await writeFile(
    file,
    text.replace(/<!-- table -->[\s\S]*<!-- \/table -->/, () => table),
  );
}
