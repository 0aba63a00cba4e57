import path from 'node:path';
import { milliseconds, runProcess, type Measurement } from './measure.js';

/** Loading and activating the extension bundle in plain Node, over a stand-in for the vscode module that only records. */
export async function benchActivation(): Promise<Measurement[]> {
  const script = path.resolve('test/bench/activate.cjs');
  const { stdout } = await runProcess(process.execPath, [script, path.resolve('dist/extension.cjs')]);
  const durationMs = Number(stdout.trim().split('\n').at(-1));
  return [
    {
      name: 'load and activate the extension',
      ours: milliseconds(durationMs),
      peer: '',
      ratio: null,
      budget: '50 ms',
      isMet: durationMs <= 50,
    },
  ];
}
