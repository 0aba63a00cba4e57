import { readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import type { Environment } from '../ports.js';
import type { Tags } from '../tracking/entities.js';

/**
 * Tags that say where a run or model comes from: user, source, git commit, and `MLFLOW_RUN_CONTEXT`. Given tags win.
 * Source: mlflow.tracking.context (default_context, git_context, system_environment_context)
 */
export function contextTags(environment: Environment, mainFile: string | undefined, tags: Tags = {}): Tags {
  return {
    'mlflow.user': environment['MLFLOW_TRACKING_USERNAME'] || currentUser(environment),
    'mlflow.source.name': mainFile || '<console>',
    'mlflow.source.type': 'LOCAL',
    ...(mainFile ? gitTags(mainFile) : {}),
    ...systemTags(environment['MLFLOW_RUN_CONTEXT']),
    ...tags,
  };
}

function currentUser(environment: Environment): string {
  for (const name of ['LOGNAME', 'USER', 'LNAME', 'USERNAME']) {
    const user = environment[name];
    if (user) return user;
  }
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}

function systemTags(text: string | undefined): Tags {
  try {
    const parsed: unknown = JSON.parse(text ?? '{}');
    return typeof parsed === 'object' && parsed !== null ? (parsed as Tags) : {};
  } catch {
    return {};
  }
}

/** Commit, branch and first remote of the repository that holds the file; read from its files, git is not started. */
function gitTags(mainFile: string): Tags {
  try {
    const gitFolder = findGitFolder(path.dirname(path.resolve(mainFile)));
    if (gitFolder === undefined) return {};
    const head = readFileSync(path.join(gitFolder, 'HEAD'), 'utf8').trim();
    const reference = /^ref: (.+)$/.exec(head)?.[1];
    const common = commonFolder(gitFolder);
    const commit = reference === undefined ? head : commitOf(gitFolder, common, reference);
    if (commit === undefined || !/^[0-9a-f]{40,64}$/.test(commit)) return {};
    const remote = firstRemote(path.join(common, 'config'));
    return {
      'mlflow.source.git.commit': commit,
      ...(reference?.startsWith('refs/heads/')
        ? { 'mlflow.source.git.branch': reference.slice('refs/heads/'.length) }
        : {}),
      ...(remote === undefined ? {} : { 'mlflow.source.git.repoURL': remote }),
    };
  } catch {
    return {};
  }
}

function findGitFolder(folder: string): string | undefined {
  const candidate = path.join(folder, '.git');
  const info = statSync(candidate, { throwIfNoEntry: false });
  if (info?.isDirectory()) return candidate;
  if (info?.isFile()) {
    const target = /^gitdir: (.+)$/m.exec(readFileSync(candidate, 'utf8'))?.[1];
    return target === undefined ? undefined : path.resolve(folder, target.trim());
  }
  const parent = path.dirname(folder);
  return parent === folder ? undefined : findGitFolder(parent);
}

/** The folder that the worktrees of a repository share. */
function commonFolder(gitFolder: string): string {
  try {
    return path.resolve(gitFolder, readFileSync(path.join(gitFolder, 'commondir'), 'utf8').trim());
  } catch {
    return gitFolder;
  }
}

function commitOf(gitFolder: string, common: string, reference: string): string | undefined {
  for (const folder of [gitFolder, common]) {
    try {
      return readFileSync(path.join(folder, reference), 'utf8').trim();
    } catch {
      continue;
    }
  }
  const packed = readFileSync(path.join(common, 'packed-refs'), 'utf8');
  return packed
    .split('\n')
    .find((line) => line.endsWith(` ${reference}`))
    ?.split(' ')[0];
}

function firstRemote(configFile: string): string | undefined {
  const text = readFileSync(configFile, 'utf8');
  const url = /^\[remote "[^"]*"\][^[]*?^\s*url\s*=\s*(.+)$/m.exec(text)?.[1]?.trim();
  return url?.replace(/^(https?:\/\/)[^/@]*@/, '$1');
}
