/** A process that logs to a store in its own runtime: `sqliteWriterProcess.ts FILE COUNT`. Prints a line a write. */
import { openSqliteStores } from '../../src/core/tracking/sqlite/openSqliteStores.js';

async function main(): Promise<void> {
  const [file, count] = process.argv.slice(2);
  const { tracking, registry } = await openSqliteStores(`sqlite:///${file ?? ''}`);
  const { info } = await tracking.createRun({ experimentId: '0', runName: `writer ${process.version}` });
  for (let step = 0; step < Number(count); step++) {
    const metrics = Array.from({ length: 200 }, (_, index) => ({
      key: `m${index}`,
      value: step,
      timestamp: step,
      step,
    }));
    await tracking.logBatch({ runId: info.runId, metrics, tags: [{ key: 'step', value: String(step) }] });
    const run = await tracking.getRun({ runId: info.runId });
    if (run.data.metrics['m199'] !== step) throw new Error(`step ${step} reads ${run.data.metrics['m199']}`);
    process.stdout.write(`${step}\n`);
  }
  await tracking.close();
  await registry.close();
}

void main();
