import { statSync } from 'node:fs';
import path from 'node:path';
import { subfolders } from './files.js';
import { reservedNames, type FileStoreFolder } from './fileStoreFolder.js';

const maximumFolders = 2000;

/**
 * A text that differs when experiments, runs or models came, went or were rewritten, or when one of the newest runs was
 * written to. Modification times only; the number of folders looked at is bounded.
 */
export function fileStoreChangeToken(store: FileStoreFolder): string {
  const times: number[] = [];
  let left = maximumFolders;
  const note = (file: string): number => {
    const time = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    times.push(time);
    left--;
    return time;
  };
  for (const top of [store.root, store.trash, path.join(store.root, 'models')]) note(top);
  for (const name of subfolders(path.join(store.root, 'models')))
    noteRegistered(path.join(store.root, 'models', name), note);
  for (const id of store.activeExperimentIds()) {
    if (left <= 0) break;
    noteExperiment(path.join(store.root, id), note, () => left);
  }
  return hash(times);
}

function noteRegistered(folder: string, note: (file: string) => number): void {
  for (const part of ['', 'meta.yaml', 'aliases', 'tags']) note(path.join(folder, part));
}

function noteExperiment(folder: string, note: (file: string) => number, left: () => number): void {
  for (const part of ['', 'meta.yaml', 'tags', 'models']) note(path.join(folder, part));
  for (const id of subfolders(path.join(folder, 'models'))) {
    if (left() <= 0) return;
    for (const part of ['meta.yaml', 'tags', 'metrics']) note(path.join(folder, 'models', id, part));
  }
  const runs = subfolders(folder).filter((name) => !reservedNames.has(name));
  const recent = runs
    .slice(0, Math.max(0, left()))
    .map((name) => ({ name, time: note(path.join(folder, name)) }))
    .sort((a, b) => b.time - a.time)
    .slice(0, 20);
  for (const { name } of recent) noteRun(path.join(folder, name), note);
}

function noteRun(folder: string, note: (file: string) => number): void {
  for (const part of ['meta.yaml', 'params', 'tags', 'metrics', 'inputs', 'outputs']) note(path.join(folder, part));
}

function hash(values: readonly number[]): string {
  let result = 0x811c9dc5;
  let sum = 0;
  for (const value of values) {
    result = Math.imul(result ^ (value & 0xffffffff), 0x01000193) >>> 0;
    sum += value;
  }
  return `${values.length}-${result.toString(36)}-${sum.toString(36)}`;
}
