import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { quantizedFile, type QuantizationPlan } from '../../../core/graph/quantizationPlan.js';
import { generatorVersion } from '../../../core/graph/registry.js';
import { quantizeFile, type QuantizeOptions } from './quantizeFile.js';

export interface QuantizedCacheSettings {
  /** Absent: the file lives in a temporary folder as long as the model. */
  cacheFolder?: string | undefined;
  cacheLimitBytes?: number | undefined;
}

/** A folder that holds the weights file of a quantized graph. */
export interface QuantizedWeights {
  folder: string;
  /** Removes what must not outlive the model. */
  release(): Promise<void>;
}

const staleMs = 24 * 60 * 60 * 1000;

/** The name under which a plan's file is cached: everything that its bytes depend on. */
export async function quantizedKey(plan: QuantizationPlan): Promise<string> {
  const hash = createHash('sha256').update(`generator ${generatorVersion} bits ${plan.bits}\n`);
  const files = new Set(plan.steps.map(({ tensor }) => tensor.file));
  for (const file of [...files].sort()) {
    const { size, mtimeMs } = await stat(file);
    hash.update(`${path.basename(file)} ${size} ${mtimeMs}\n`);
  }
  for (const { kind, tensor, target } of plan.steps) {
    hash.update(JSON.stringify([kind, tensor.name, tensor.dtype, tensor.shape, tensor.offsetBytes, target]));
  }
  return hash.digest('hex').slice(0, 32);
}

/** The cached weights of a plan, or `null`. */
export async function findQuantized(
  plan: QuantizationPlan,
  cacheFolder: string | undefined,
): Promise<QuantizedWeights | null> {
  if (cacheFolder === undefined) return null;
  const folder = path.join(cacheFolder, await quantizedKey(plan));
  const file = path.join(folder, quantizedFile);
  const found = await stat(file).catch(() => null);
  if (found?.size !== plan.sizeBytes) return null;
  const now = new Date();
  await utimes(file, now, now).catch(() => undefined);
  return { folder, release: async () => undefined };
}

/** Quantizes a plan into the cache, or into a temporary folder; nothing half-written is ever found there. */
export async function makeQuantized(
  plan: QuantizationPlan,
  settings: QuantizedCacheSettings,
  options: QuantizeOptions,
): Promise<QuantizedWeights> {
  const { cacheFolder } = settings;
  if (cacheFolder !== undefined) await mkdir(cacheFolder, { recursive: true });
  const parent = cacheFolder ?? tmpdir();
  const temporary = await mkdtemp(path.join(parent, '.quantizing-'));
  const removeTemporary = () => rm(temporary, { recursive: true, force: true });
  try {
    const file = path.join(temporary, quantizedFile);
    await quantizeFile(plan, file, options);
    if (cacheFolder === undefined) return { folder: temporary, release: removeTemporary };
    await sync(file);
    const folder = path.join(cacheFolder, await quantizedKey(plan));
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
    await evict(cacheFolder, settings.cacheLimitBytes, path.basename(folder));
    return { folder, release: async () => undefined };
  } catch (error) {
    await removeTemporary();
    throw error;
  }
}

async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes what was not used for longest until the limit holds, and what a crash left behind. */
async function evict(cacheFolder: string, limitBytes: number | undefined, kept: string): Promise<void> {
  const entries: { folder: string; sizeBytes: number; usedMs: number }[] = [];
  for (const name of await readdir(cacheFolder)) {
    const folder = path.join(cacheFolder, name);
    const file = await stat(path.join(folder, quantizedFile)).catch(() => null);
    if (!file) continue;
    if (name.startsWith('.quantizing-')) {
      if (Date.now() - file.mtimeMs > staleMs) await rm(folder, { recursive: true, force: true });
    } else if (name !== kept) entries.push({ folder, sizeBytes: file.size, usedMs: file.mtimeMs });
  }
  if (limitBytes === undefined) return;
  const keptFile = await stat(path.join(cacheFolder, kept, quantizedFile)).catch(() => null);
  let totalBytes = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, keptFile?.size ?? 0);
  for (const { folder, sizeBytes } of entries.sort((a, b) => a.usedMs - b.usedMs)) {
    if (totalBytes <= limitBytes) return;
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    totalBytes -= sizeBytes;
  }
}
