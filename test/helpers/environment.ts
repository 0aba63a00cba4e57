import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/**
 * The folder that `scripts/testEnvironment.mjs` fills: Python environments of both generations, VS Code, real models.
 * Outside the project, so that a fresh clone finds it again.
 */
export const testEnvironmentFolder =
  process.env['MLFLOW_TRANSFORMERS_TEST_ENV'] ??
  path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'mlflow-transformers', 'test-env');

/** `new`: MLflow 3.17.2 with transformers 5; `old`: MLflow 2.16.2 with transformers 4.43. */
export type PythonGeneration = 'new' | 'old';

export function pythonExecutable(generation: PythonGeneration): string {
  return path.join(testEnvironmentFolder, `python-${generation}`, 'bin', 'python');
}

/** Real checkpoints: all-MiniLM-L6-v2 and SmolLM2-135M-Instruct in both precisions. */
export const realCheckpoints = {
  miniLm: path.join(testEnvironmentFolder, 'models', 'minilm'),
  smolLm2Float32: path.join(testEnvironmentFolder, 'models', 'smollm2-float32'),
  smolLm2BFloat16: path.join(testEnvironmentFolder, 'models', 'smollm2-bfloat16'),
} as const;

/** @throws when the environment was not installed: a missing environment is a failure, not a skipped test. */
export function requireEnvironment(file: string): string {
  if (!existsSync(file)) {
    throw new Error(
      `${file} is missing. Run \`npm test\` once, or \`node scripts/testEnvironment.mjs\`, to install the test environment.`,
    );
  }
  return file;
}
