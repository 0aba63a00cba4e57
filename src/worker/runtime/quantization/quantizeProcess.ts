import { open, type FileHandle } from 'node:fs/promises';
import type { PlanStep } from '../../../core/graph/quantizationPlan.js';
import { runPlanStep } from './quantizeStep.js';

/** What a quantizing process is told. */
export interface QuantizeOrder {
  steps: PlanStep[];
  targetFile: string;
}

/** What it tells: bytes read by a finished step, or its failure. */
export type QuantizeReport = { bytes: number } | { error: string };

async function carryOut({ steps, targetFile }: QuantizeOrder): Promise<void> {
  const target = await open(targetFile, 'r+');
  const sources = new Map<string, FileHandle>();
  try {
    for (const step of steps) {
      const { file, lengthBytes } = step.tensor;
      const source = sources.get(file) ?? (await open(file, 'r'));
      sources.set(file, source);
      await runPlanStep(step, source, target);
      report({ bytes: lengthBytes });
    }
  } finally {
    for (const source of sources.values()) await source.close();
    await target.close();
  }
}

function report(message: QuantizeReport): void {
  process.send?.(message);
}

process.once('message', (order: QuantizeOrder) => {
  carryOut(order)
    .catch((error: unknown) => {
      report({ error: error instanceof Error ? error.message : String(error) });
      process.exitCode = 1;
    })
    .finally(() => process.disconnect());
});
process.on('disconnect', () => process.exit());
