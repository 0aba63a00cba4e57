import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { availableParallelism, constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { MlflowError, throwIfCancelled } from '../../../core/errors.js';
import type { PlanStep, QuantizationPlan } from '../../../core/graph/quantizationPlan.js';
import type { QuantizeOrder, QuantizeReport } from './quantizeProcess.js';

export interface QuantizeOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((fraction: number) => void) | undefined;
}

/**
 * Writes the file that a plan lays out, in as many processes of low priority as there are cores: answers that are given
 * meanwhile come first, and the memory is gone with the processes.
 */
export async function quantizeFile(
  plan: QuantizationPlan,
  targetFile: string,
  options: QuantizeOptions,
): Promise<void> {
  throwIfCancelled(options.signal);
  const handle = await open(targetFile, 'w');
  try {
    await handle.truncate(plan.sizeBytes);
  } finally {
    await handle.close();
  }
  const totalBytes = plan.steps.reduce((sum, { tensor }) => sum + tensor.lengthBytes, 0);
  let doneBytes = 0;
  const onBytes = (bytes: number): void => options.onProgress?.((doneBytes += bytes) / totalBytes);
  const shares = shareOut(plan.steps, Math.min(availableParallelism(), 8));
  const processes = shares.map((steps) => start({ steps, targetFile }, onBytes));
  const stop = (): void => processes.forEach(({ child }) => child.kill('SIGKILL'));
  options.signal?.addEventListener('abort', stop);
  try {
    await Promise.all(processes.map(({ done }) => done));
  } catch (error) {
    stop();
    await Promise.allSettled(processes.map(({ done }) => done));
    throwIfCancelled(options.signal);
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', stop);
  }
}

/** Shares of about equal size, the large tensors first. */
function shareOut(steps: readonly PlanStep[], count: number): PlanStep[][] {
  const shares = Array.from({ length: count }, () => ({ steps: [] as PlanStep[], sizeBytes: 0 }));
  for (const step of [...steps].sort((a, b) => b.tensor.lengthBytes - a.tensor.lengthBytes)) {
    const lightest = shares.reduce((least, share) => (share.sizeBytes < least.sizeBytes ? share : least));
    lightest.steps.push(step);
    lightest.sizeBytes += step.tensor.lengthBytes;
  }
  return shares.filter((share) => share.steps.length > 0).map((share) => share.steps);
}

function start(order: QuantizeOrder, onBytes: (bytes: number) => void): { child: ChildProcess; done: Promise<void> } {
  const child = fork(processFile(), { env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' }, serialization: 'advanced' });
  let failure: string | null = null;
  child.on('message', (report: QuantizeReport) => {
    if ('bytes' in report) onBytes(report.bytes);
    else failure = report.error;
  });
  const done = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0 && failure === null) return resolve();
      const reason =
        failure ?? (signal ? `its process was ended with ${signal}` : `its process ended with code ${code}`);
      reject(new MlflowError(`The weights could not be quantized: ${reason}. They are used unquantized.`));
    });
  });
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  child.send(order);
  return { child, done };
}

/** Beside this module in the sources; in a bundle, an entry of its own beside the bundle or its chunks. */
function processFile(): string {
  const places = ['./quantizeProcess.ts', './quantizeProcess.mjs', '../quantizeProcess.mjs'];
  const files = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return files.find((file) => existsSync(file)) ?? (files[1] as string);
}
