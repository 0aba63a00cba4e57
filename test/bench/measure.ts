import { spawn } from 'node:child_process';

/** One line of the table: what we took, what the peer took in the same run, and the budget on their ratio. */
export interface Measurement {
  name: string;
  ours: string;
  peer: string;
  /** Peer divided by ours for times and memory: above 1 we are ahead. */
  ratio: number | null;
  budget: string;
  isMet: boolean | null;
}

export interface ProcessResult {
  durationMs: number;
  stdout: string;
}

/** Runs a program to its end and returns its wall time and output. */
export async function runProcess(
  command: string,
  args: string[],
  env: Record<string, string> = {},
  cwd?: string,
): Promise<ProcessResult> {
  const started = performance.now();
  const child = spawn(command, args, { env: { ...process.env, ...env }, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr.slice(-2000)}`);
  return { durationMs: performance.now() - started, stdout };
}

/** The median of several runs of something that returns a number. */
export async function median(count: number, run: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let i = 0; i < count; i++) values.push(await run());
  return values.sort((a, b) => a - b)[Math.floor(count / 2)]!;
}

export function milliseconds(value: number): string {
  return value < 10
    ? `${value.toFixed(1)} ms`
    : value < 10_000
      ? `${value.toFixed(0)} ms`
      : `${(value / 1000).toFixed(1)} s`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** The environment in which real MLflow answers offline. */
export const offlinePython = {
  HF_HUB_OFFLINE: '1',
  MLFLOW_DISABLE_TELEMETRY: 'true',
  TOKENIZERS_PARALLELISM: 'false',
  PYTHONWARNINGS: 'ignore',
};
