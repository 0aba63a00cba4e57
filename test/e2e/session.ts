import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PromptPanel } from './promptPanel.js';
import { Workbench, type BrowserProgram } from './workbench.js';

const root = path.resolve('.');
export const screenshotFolder = path.resolve('.test-results/screenshots');

interface Server {
  urlOf(folder: string): string;
  stop(): Promise<void>;
  pid: number;
}

interface ServerOptions {
  extension?: string;
  vsix?: string;
  trust?: boolean;
  userSettings?: Record<string, unknown>;
}

/** No tooltip opens by itself: it would lie over the row that is clicked next. */
const settings = { 'workbench.hover.delay': 3_600_000 };

export interface SessionOptions {
  /** Fills the folder that is opened. */
  prepare: (workspace: string) => Promise<unknown>;
  /** Installs the packed extension instead of this folder. */
  isPacked?: boolean;
  trust?: boolean;
  width?: number;
  height?: number;
  userSettings?: Record<string, unknown>;
}

const script = async <T>(name: string): Promise<T> => (await import(path.join(root, 'scripts', name))) as T;

/** A VS Code with the extension, a folder of its own, and a browser that looks at it. */
export class Session {
  private constructor(
    readonly folder: string,
    readonly workspace: string,
    readonly server: Server,
    readonly workbench: Workbench,
    readonly panel: PromptPanel,
  ) {}

  static async open(options: SessionOptions): Promise<Session> {
    const { startServer } = await script<{ startServer(options: ServerOptions): Promise<Server> }>('vscode.mjs');
    const { installBrowser } = await script<{ installBrowser(): Promise<BrowserProgram> }>('testEnvironment.mjs');
    const folder = await mkdtemp(path.join(tmpdir(), 'mlflow-e2e-'));
    const workspace = path.join(folder, 'project');
    let server: Server | undefined;
    try {
      const [extension, program] = await Promise.all([
        extensionOf(options.isPacked === true),
        installBrowser(),
        options.prepare(workspace),
      ]);
      server = await startServer({
        ...extension,
        trust: options.trust ?? true,
        userSettings: { ...settings, ...options.userSettings },
      });
      const workbench = await Workbench.open(server.urlOf(workspace), program, { ...options, screenshotFolder });
      return new Session(folder, workspace, server, workbench, new PromptPanel(workbench));
    } catch (error) {
      await server?.stop();
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.workbench.close();
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Kills the inference workers below this VS Code with SIGKILL. @returns how many there were */
  killWorkers(): number {
    const listing = execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' });
    const processes = listing
      .split('\n')
      .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
      .filter((match) => match !== null)
      .map(([, pid, parent, command]) => ({ pid: Number(pid), parent: Number(parent), command: command ?? '' }));
    const isBelow = (pid: number): boolean => {
      const parent = processes.find((entry) => entry.pid === pid)?.parent;
      return parent === this.server.pid || (parent !== undefined && parent > 1 && isBelow(parent));
    };
    const workers = processes.filter(({ pid, command }) => command.includes('worker.mjs') && isBelow(pid));
    for (const { pid } of workers) process.kill(pid, 'SIGKILL');
    return workers.length;
  }
}

async function extensionOf(isPacked: boolean): Promise<ServerOptions> {
  if (isPacked) {
    const { packageExtension } = await script<{ packageExtension(): Promise<string> }>('package.mjs');
    return { vsix: await packageExtension() };
  }
  const { ensureBuild } = await script<{ ensureBuild(): void }>('prepare.mjs');
  ensureBuild();
  return { extension: root };
}

/** Lays the sample store out in `workspace`. */
export async function laySampleOut(workspace: string): Promise<void> {
  await (await script<{ laySampleOut(target: string): Promise<string> }>('samples.mjs')).laySampleOut(workspace);
}

/** Hash of every file below a folder, by path. SQLite's own side files come and go with any reader. */
export async function hashFiles(folder: string): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || /-(wal|shm|journal)$/.test(entry.name)) continue;
    const file = path.join(entry.parentPath, entry.name);
    hashes[path.relative(folder, file)] = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  }
  return hashes;
}

/** The first MLmodel file below a folder whose text fits all patterns. */
export async function mlmodelOf(folder: string, ...patterns: (string | RegExp)[]): Promise<string> {
  for (const name of await readdir(folder, { recursive: true })) {
    if (path.basename(name) !== 'MLmodel') continue;
    const file = path.join(folder, name);
    const text = await readFile(file, 'utf8');
    if (patterns.every((pattern) => text.search(pattern) >= 0)) return file;
  }
  throw new Error(`No MLmodel below ${folder} holds ${patterns.join(' and ')}.`);
}
