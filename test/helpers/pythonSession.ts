import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonExecutable, requireEnvironment, type PythonGeneration } from './environment.js';
import { pythonEnvironment } from './python.js';

const fixtures = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'fixtures', 'flavor');

/** A Python process with real MLflow that answers one question after another (test/fixtures/flavor/session.py). */
export class PythonSession {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
  #errors = '';

  constructor(readonly generation: PythonGeneration) {
    const executable = requireEnvironment(pythonExecutable(generation));
    this.#child = spawn(executable, [path.join(fixtures, 'session.py')], {
      env: { ...process.env, ...pythonEnvironment, FLAVOR_FIXTURES: fixtures },
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const answer = JSON.parse(line) as { value?: unknown; failure?: string };
      const waiting = this.#waiting.shift();
      if (answer.failure !== undefined) waiting?.reject(new Error(`Python (${generation}): ${answer.failure}`));
      else waiting?.resolve(answer.value);
    });
    this.#child.on('close', (code) => {
      for (const { reject } of this.#waiting.splice(0)) {
        reject(new Error(`Python (${generation}) ended with ${code}:\n${this.#errors.slice(-4000)}`));
      }
    });
  }

  /** Asks one of the commands of session.py. */
  ask<T>(command: string, question: object = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve: (value) => resolve(value as T), reject });
      this.#child.stdin.write(`${JSON.stringify({ command, ...question })}\n`);
    });
  }

  close(): void {
    this.#child.stdin.end();
  }
}
