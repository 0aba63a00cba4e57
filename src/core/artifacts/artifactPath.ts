import { lstatSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import { badPathMessage, pathNotUnique } from '../tracking/validation.js';
import { localPathOf, uriScheme } from './uri.js';

/**
 * A path that may be joined with an artifact root: relative, no `..`, only `/` as separator, also after decoding.
 * @throws MlflowError INVALID_PARAMETER_VALUE `Invalid path`. Source: mlflow.utils.uri.validate_path_is_safe
 */
export function validatePathIsSafe(artifactPath: string): string {
  const decoded = fullyDecoded(artifactPath);
  const plain = uriScheme(decoded) === 'file' ? localPathOf(decoded) : decoded;
  const isUnsafe =
    decoded.includes('#') ||
    (path.sep === '\\' && plain.includes('\\')) ||
    plain.split('/').includes('..') ||
    path.posix.isAbsolute(plain) ||
    /^(?:[A-Za-z]:[\\/]|\\\\)/.test(plain) ||
    (process.platform === 'win32' && plain[1] === ':');
  if (isUnsafe || plain.includes('\0'))
    throw MlflowError.invalidParameter('Invalid path', { details: { path: artifactPath } });
  return artifactPath;
}

function fullyDecoded(text: string): string {
  let current = text;
  for (let round = 0; round < 10; round++) {
    let decoded: string;
    try {
      decoded = decodeURIComponent(current);
    } catch {
      return current;
    }
    if (decoded === current) return current;
    current = decoded;
  }
  throw MlflowError.invalidParameter('Invalid path', { details: { path: text } });
}

/** @throws MlflowError when a folder to upload into would be another path. Source: verify_artifact_path */
export function verifyArtifactPath(artifactPath: string | undefined): void {
  if (artifactPath === undefined || artifactPath === '' || !pathNotUnique(artifactPath)) return;
  throw new MlflowError(`Invalid artifact path: '${artifactPath}'. ${badPathMessage(artifactPath)}`);
}

/**
 * Refuses a path that leaves its root through a symbolic link.
 * @throws MlflowError INVALID_PARAMETER_VALUE. Source: mlflow.utils.uri.validate_path_within_directory
 */
export function validateWithin(root: string, target: string): string {
  const realRoot = realPathAsFarAsItExists(root);
  const realTarget = realPathAsFarAsItExists(target);
  const relative = path.relative(realRoot, realTarget);
  if (relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative)) {
    throw MlflowError.invalidParameter('Invalid path: resolved path is outside the artifact directory', {
      details: { path: target },
    });
  }
  return target;
}

function realPathAsFarAsItExists(target: string): string {
  const absolute = path.resolve(target);
  try {
    return realpathSync(absolute);
  } catch {
    if (isDanglingLink(absolute)) {
      throw MlflowError.invalidParameter(`Invalid path: ${absolute} is a link to a file that does not exist.`);
    }
    const parent = path.dirname(absolute);
    return parent === absolute ? absolute : path.join(realPathAsFarAsItExists(parent), path.basename(absolute));
  }
}

function isDanglingLink(file: string): boolean {
  try {
    return lstatSync(file).isSymbolicLink();
  } catch {
    return false;
  }
}
