import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { MlflowError } from '../../src/core/errors.js';
import { withSharedLock } from '../../src/core/hub/sharedLock.js';
import { pythonExecutable } from '../helpers/environment.js';

/** Python takes the lock of its own client, says so, and holds it until its input ends. */
const hold = `
import sys
from huggingface_hub.utils import WeakFileLock
with WeakFileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
`;
/** Python tries to take it within a moment. */
const attempt = `
import sys
from filelock import Timeout
from huggingface_hub.utils import WeakFileLock
try:
    with WeakFileLock(sys.argv[1], timeout=0.3):
        print("taken")
except Timeout:
    print("held by another")
`;

describe('the lock that is shared with Python', { skip: process.platform === 'win32' && 'flock is of Unix' }, () => {
  let folder: string;
  let lockFile: string;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lock-'));
    lockFile = path.join(folder, '.locks', 'models--a--b', `${'0'.repeat(64)}.lock`);
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  const start = (command: string, args: string[]): ChildProcess => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    return child;
  };
  const python = (generation: 'new' | 'old', script: string): ChildProcess =>
    start(pythonExecutable(generation), ['-c', script, lockFile]);
  const said = async (child: ChildProcess): Promise<string> => {
    const [text] = (await once(child.stdout!, 'data')) as [Buffer];
    return text.toString().trim();
  };

  for (const generation of ['new', 'old'] as const) {
    test(`keeps Python (${generation}) out while it is held, and lets it in afterwards`, async () => {
      await withSharedLock(lockFile, undefined, async () => {
        assert.equal(await said(python(generation, attempt)), 'held by another');
      });
      assert.equal(await said(python(generation, attempt)), 'taken');
    });

    test(`waits for Python (${generation}), also for one that is killed`, async () => {
      await withSharedLock(lockFile, undefined, () => Promise.resolve());
      for (const end of [(child: ChildProcess) => child.stdin!.end(), (child: ChildProcess) => child.kill('SIGKILL')]) {
        const holder = python(generation, hold);
        assert.equal(await said(holder), 'held');
        let isOurs = false;
        const ours = withSharedLock(lockFile, undefined, () => Promise.resolve((isOurs = true)));
        await new Promise((resolve) => setTimeout(resolve, 200));
        assert.equal(isOurs, false);
        end(holder);
        await ours;
      }
    });
  }

  test('a wait ends when it is cancelled', async () => {
    const stop = new AbortController();
    await withSharedLock(lockFile, undefined, async () => {
      const waiting = withSharedLock(lockFile, stop.signal, () => Promise.resolve());
      setTimeout(() => stop.abort(), 100);
      await assert.rejects(waiting, (error) => MlflowError.is(error, 'CANCELLED'));
    });
    await assert.rejects(
      withSharedLock(lockFile, stop.signal, () => Promise.resolve()),
      (error) => MlflowError.is(error, 'CANCELLED'),
    );
  });

  test('ends with a failure, and with a killed process', async () => {
    await assert.rejects(
      withSharedLock(lockFile, undefined, () => Promise.reject(new Error('failed'))),
      /failed/,
    );
    const program = `
      import { withSharedLock } from './src/core/hub/sharedLock.ts';
      await withSharedLock(${JSON.stringify(lockFile)}, undefined, () => new Promise((resolve) => {
        console.log('held');
        setTimeout(resolve, 60_000);
      }));`;
    const holder = start(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program]);
    assert.equal(await said(holder), 'held');
    holder.kill('SIGKILL');
    await withSharedLock(lockFile, undefined, () => Promise.resolve());
  });

  test('nothing waits for it where the system has no such lock', async () => {
    const { PATH } = process.env;
    process.env['PATH'] = folder;
    try {
      const inside = await withSharedLock(lockFile, undefined, () =>
        withSharedLock(lockFile, undefined, () => Promise.resolve('inside')),
      );
      assert.equal(inside, 'inside');
    } finally {
      process.env['PATH'] = PATH;
    }
  });
});
