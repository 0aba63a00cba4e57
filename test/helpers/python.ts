import { spawn } from 'node:child_process';
import { pythonExecutable, requireEnvironment, type PythonGeneration } from './environment.js';

/** Settings under which real MLflow runs offline and quietly. */
export const pythonEnvironment = {
  HF_HUB_OFFLINE: '1',
  MLFLOW_DISABLE_TELEMETRY: 'true',
  MLFLOW_ALLOW_FILE_STORE: 'true',
  MLFLOW_HUGGINGFACE_USE_LOW_CPU_MEM_USAGE: 'false',
  TOKENIZERS_PARALLELISM: 'false',
  GIT_PYTHON_REFRESH: 'quiet',
  PYTHONWARNINGS: 'ignore',
};

/**
 * Runs a Python script (text) in one of the two environments. `input` arrives as JSON on stdin; the script's last line of
 * stdout, parsed as JSON, is the result. An import of mlflow and torch takes seconds: let one script answer many questions.
 */
export async function runPython<T>(
  generation: PythonGeneration,
  script: string,
  input: unknown = null,
  options: { cwd?: string } = {},
): Promise<T> {
  const executable = requireEnvironment(pythonExecutable(generation));
  const child = spawn(executable, ['-c', script], {
    cwd: options.cwd,
    env: { ...process.env, ...pythonEnvironment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(JSON.stringify(input));
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`Python (${generation}) ended with ${code}:\n${stderr.slice(-4000)}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? 'null') as T;
}
