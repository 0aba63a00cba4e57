import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { hashBehindWriter } from '../../../src/core/hub/blobHash.js';
import { ChangedFileError } from '../../../src/core/hub/blobSource.js';
import { HashThread } from '../../../src/core/hub/hashThread.js';

const content = randomBytes(20_000_003);
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('the hash behind the writer', () => {
  let folder: string;
  let file: FileHandle;
  let workers: number;
  const count = (): void => void workers++;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'hash-'));
    file = await open(path.join(folder, 'data'), 'w+');
    workers = 0;
    process.on('worker', count);
  });
  afterEach(async () => {
    process.off('worker', count);
    await file.close();
    await rm(folder, { recursive: true, force: true });
  });

  const hubFile = (bytes: Buffer, blobId: string) => ({ name: 'x', sizeBytes: bytes.length, blobId });

  test('follows a file that grows, and never reads behind what is told', async () => {
    let frontier = 0;
    const hash = new HashThread(file.fd, content.length, () => frontier);
    // What lies behind the frontier is not there yet: it is written last.
    await file.truncate(content.length);
    for (let at = 0; at < content.length; at += 3_000_000) {
      await file.write(content, at, Math.min(3_000_000, content.length - at), at);
      frontier = Math.min(content.length, at + 3_000_000);
      hash.follow();
    }
    assert.equal(await hash.digest(), sha256(content));
    await hash.close();
  });

  test('hashes all at the end when nothing was told before', async () => {
    await file.write(content, 0, content.length, 0);
    const hash = new HashThread(file.fd, content.length, () => 0);
    assert.equal(await hash.digest(), sha256(content));
    await hash.close();
  });

  test('says that a file is shorter than it was told', async () => {
    await file.write(content, 0, 5_000_000, 0);
    const hash = new HashThread(file.fd, content.length, () => content.length);
    hash.follow();
    await assert.rejects(hash.digest(), ChangedFileError);
    await hash.close();
  });

  test('rejects when the file cannot be read', async () => {
    const hash = new HashThread(999_999, content.length, () => 0);
    await assert.rejects(hash.digest(), /EBADF/);
    await hash.close();
  });

  test('ends in the middle when it is closed, and the digest is not awaited for ever', async () => {
    await file.write(content, 0, content.length, 0);
    const hash = new HashThread(file.fd, content.length, () => content.length);
    hash.follow();
    await hash.close();
    await assert.rejects(hash.digest(), /ended early/);
  });

  test('runs in a thread for large files', async () => {
    await file.write(content, 0, content.length, 0);
    const hash = hashBehindWriter(file, hubFile(content, sha256(content)), () => content.length);
    assert.equal(await hash.digest(), sha256(content));
    await hash.close();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(workers, 1);
  });

  test('starts no thread for small files, and names them as git does', async () => {
    const small = content.subarray(0, 3_000_000);
    await file.write(small, 0, small.length, 0);
    const git = createHash('sha1').update(`blob ${small.length}\0`).update(small).digest('hex');
    for (const id of [git, sha256(small)]) {
      const hash = hashBehindWriter(file, hubFile(small, id), () => small.length);
      hash.follow();
      assert.equal(await hash.digest(), id);
      await hash.close();
    }
    const longer = hashBehindWriter(file, { name: 'x', sizeBytes: small.length + 1, blobId: git }, () => 0);
    await assert.rejects(longer.digest(), ChangedFileError);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(workers, 0);
  });
});
