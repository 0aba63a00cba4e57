import { Worker } from 'node:worker_threads';
import { ChangedFileError } from './blobSource.js';

/**
 * The thread's program, as text: so it runs the same from sources and from every bundle. It hashes the open file up to each
 * number that comes, and answers `null` with the digest, or with `null` for a file that is shorter.
 */
const program = `
const { parentPort, workerData } = require('node:worker_threads');
const { readSync } = require('node:fs');
const hash = require('node:crypto').createHash('sha256');
const buffer = Buffer.allocUnsafeSlow(1024 * 1024);
let hashedBytes = 0;
let isShort = false;
parentPort.on('message', (availableBytes) => {
  if (availableBytes === null) return parentPort.postMessage(isShort ? null : hash.digest('hex'));
  while (hashedBytes < availableBytes && !isShort) {
    const bytesRead = readSync(workerData, buffer, 0, Math.min(buffer.length, availableBytes - hashedBytes), hashedBytes);
    isShort = bytesRead === 0;
    hash.update(buffer.subarray(0, bytesRead));
    hashedBytes += bytesRead;
  }
});
`;

/** What is worth a message. */
const stepBytes = 2 * 1024 * 1024;

/** SHA-256 of a file that is still being written, in a thread of its own. */
export class HashThread {
  private readonly worker: Worker;
  private readonly answer: Promise<string | null>;
  private toldBytes = 0;

  constructor(
    fileDescriptor: number,
    private readonly sizeBytes: number,
    /** Bytes that are there, from the beginning. */
    private readonly frontier: () => number,
  ) {
    this.worker = new Worker(program, { eval: true, workerData: fileDescriptor, execArgv: [] });
    this.answer = new Promise((resolve, reject) => {
      this.worker.once('message', resolve);
      this.worker.once('error', reject);
      this.worker.once('exit', () => reject(new Error('the thread that checks the download ended early')));
    });
    this.answer.catch(() => undefined);
  }

  /** Goes on as far as the file is there. */
  follow(): void {
    const availableBytes = this.frontier();
    if (availableBytes - this.toldBytes < stepBytes) return;
    this.toldBytes = availableBytes;
    this.worker.postMessage(availableBytes);
  }

  /** The hash of the whole file, when all of it is there. @throws ChangedFileError for a file that is shorter. */
  async digest(): Promise<string> {
    this.worker.postMessage(this.sizeBytes);
    this.worker.postMessage(null);
    const digest = await this.answer;
    if (digest === null) throw new ChangedFileError('the stored part of it became shorter');
    return digest;
  }

  /** Ends the thread; the file may be closed afterwards. */
  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
