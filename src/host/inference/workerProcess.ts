import { fork, type ChildProcess } from 'node:child_process';
import { dirname } from 'node:path';
import { MlflowError } from '../../core/errors.js';
import type { Log } from '../../core/ports.js';
import { Channel } from '../../protocol/channel.js';
import type { InferenceMethods, InferenceNotifications } from '../../protocol/inference.js';
import { childTransport } from '../../protocol/processTransport.js';

/** How a child process is started; `child_process.fork` outside tests. */
export type ForkWorker = (options: WorkerProcessOptions) => ChildProcess;

export interface WorkerProcessOptions {
  /** `dist/worker.mjs`. */
  workerPath: string;
  /** The Node to run it on; this process's own (Electron as Node included) when absent. */
  nodePath: string | undefined;
  log: Log;
}

type WorkerChannel = Channel<InferenceMethods, Record<never, never>, Record<never, never>, InferenceNotifications>;

/** How long a child may take to leave by itself. */
const exitGraceMs = 1000;

/** Starts the worker with pipes for its output and structured-clone messages, so that typed arrays travel as they are. */
export const forkWorker: ForkWorker = ({ workerPath, nodePath }) =>
  fork(workerPath, [], {
    cwd: dirname(workerPath),
    execPath: nodePath ?? process.execPath,
    // The editor's own flags (an inspector port above all) are not the worker's.
    execArgv: [],
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });

/** One running inference process. It does not come back: whoever needs it again starts another one. */
export class WorkerProcess {
  readonly channel: WorkerChannel;
  /** Resolves with the reason when the process is gone. */
  readonly gone: Promise<MlflowError>;
  private isGone = false;
  private isStoppedByUser = false;

  constructor(
    options: WorkerProcessOptions,
    start: ForkWorker = forkWorker,
    private readonly child: ChildProcess = start(options),
  ) {
    this.gone = new Promise((resolve) => {
      const end = (error: MlflowError): void => {
        if (this.isGone) return;
        this.isGone = true;
        this.channel.close(error);
        resolve(error);
      };
      child.once('exit', (code, signal) => end(this.reasonOf(code, signal)));
      child.once('error', (cause) => end(startError(options, cause)));
    });
    this.channel = new Channel<InferenceMethods, Record<never, never>, Record<never, never>, InferenceNotifications>(
      childTransport(child),
      {},
    );
    this.channel.on('log', ({ level, message }) => options.log[level](`[inference] ${message}`));
    forwardLines(child.stdout, (line) => options.log.debug(`[inference] ${line}`));
    forwardLines(child.stderr, (line) => options.log.warn(`[inference] ${line}`));
  }

  get isAlive(): boolean {
    return !this.isGone;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Ends the process at once, in the middle of whatever it does. Its open requests fail with `CANCELLED`. */
  kill(): void {
    this.isStoppedByUser = true;
    this.child.kill('SIGKILL');
  }

  /** Lets the process leave, and ends it when it does not. */
  async stop(): Promise<void> {
    if (this.isGone) return;
    this.isStoppedByUser = true;
    if (this.child.connected) this.child.disconnect();
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), exitGraceMs);
    await this.gone;
    clearTimeout(timer);
  }

  private reasonOf(code: number | null, signal: NodeJS.Signals | null): MlflowError {
    if (this.isStoppedByUser) return MlflowError.cancelled('The inference process was stopped.');
    const how = signal === null ? `with exit code ${code ?? 'unknown'}` : `by signal ${signal}`;
    const hint = signal === 'SIGKILL' ? ' The system may have run out of memory.' : '';
    return new MlflowError(`The inference process was ended ${how}.${hint}`, 'INTERNAL_ERROR', {
      reason: 'workerDied',
      details: { exitCode: code, signal },
    });
  }
}

function startError({ nodePath, workerPath }: WorkerProcessOptions, cause: Error): MlflowError {
  const node = nodePath === undefined ? 'the editor’s own Node' : nodePath;
  return new MlflowError(
    `The inference process could not be started with ${node} (${cause.message}). Check the setting mlflow.inference.nodePath.`,
    'INTERNAL_ERROR',
    { reason: 'workerDied', details: { nodePath: nodePath ?? null, workerPath }, cause },
  );
}

function forwardLines(stream: NodeJS.ReadableStream | null, write: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(-10_000);
    for (const line of lines) if (line.trim() !== '') write(line.trimEnd());
  });
}
