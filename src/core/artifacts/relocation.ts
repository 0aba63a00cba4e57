import { existsSync } from 'node:fs';
import path from 'node:path';

/** The folder that a store lies in now: that of `mlflow.db`, or the `mlruns` folder itself. */
export interface StoreLocation {
  folder: string;
}

/** A segment that names one run or one logged model, so that a match below another folder cannot be an accident. */
const identifyingSegment = /^(?:m-)?[0-9a-f]{32}$/;

/**
 * Where the files of a store lie after the store was copied to another place or machine: MLflow stores absolute paths, so
 * they point to where the store was. The longest tail of the stored path that exists below the store's own folder is taken,
 * if it names a run, a logged model or a folder with an `MLmodel` file.
 * @returns undefined where the stored path exists, or nothing is found
 */
export function relocatedPath(storedPath: string, location: StoreLocation | undefined): string | undefined {
  if (location === undefined || existsSync(storedPath)) return undefined;
  const segments = storedPath.split(/[\\/]+/).filter((segment) => segment !== '');
  if (segments.includes('..')) return undefined;
  for (let start = 0; start < segments.length; start++) {
    const tail = segments.slice(start);
    const candidate = path.join(location.folder, ...tail);
    if (!existsSync(candidate)) continue;
    if (tail.some((segment) => identifyingSegment.test(segment)) || existsSync(path.join(candidate, 'MLmodel'))) {
      return candidate;
    }
  }
  return undefined;
}
