import path from 'node:path';
import { pythonExecutable } from '../helpers/environment.js';
import { loggedModels } from './loggedModels.js';
import { megabytes, milliseconds, offlinePython, runProcess, type Measurement } from './measure.js';

const library = path.resolve('dist/mlflow.mjs');

const ours = (model: string, input: string): string => `
import mlflow from ${JSON.stringify(library)};
const model = await mlflow.pyfunc.loadModel(${JSON.stringify(model)}, { precision: 'fp32' });
await model.predict(${JSON.stringify(input)});
console.log(process.resourceUsage().maxRSS * 1024);
process.exit(0);
`;

const theirs = `
import sys, resource, mlflow
mlflow.pyfunc.load_model(sys.argv[1]).predict(sys.argv[2])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
`;

/** From the start of a process to the end of its first answer, against \`mlflow.pyfunc.load_model(p).predict(x)\`. */
export async function benchColdStart(): Promise<Measurement[]> {
  const models = await loggedModels();
  const rows: Measurement[] = [];
  for (const [name, model, budget] of [
    ['MiniLM, one embedding', models.miniLm, 30],
    ['SmolLM2 fp32, 64 tokens', models.smolLm2, null],
  ] as const) {
    const input = 'The capital of France is';
    const run = () => runProcess(process.execPath, ['--input-type=module', '-e', ours(model, input)]);
    await run();
    const node = [await run(), await run(), await run()].sort((a, b) => a.durationMs - b.durationMs)[1]!;
    const python = await runProcess(pythonExecutable('new'), ['-c', theirs, model, input], offlinePython);
    const ratio = python.durationMs / node.durationMs;
    rows.push({
      name: `cold process to first answer: ${name}`,
      ours: milliseconds(node.durationMs),
      peer: `Python ${milliseconds(python.durationMs)}`,
      ratio,
      budget: budget === null ? '' : `1/${budget} of Python`,
      isMet: budget === null ? null : ratio >= budget,
    });
    const [ourBytes, theirBytes] = [Number(node.stdout.trim()), Number(python.stdout.trim())];
    rows.push({
      name: `peak resident memory: ${name}`,
      ours: megabytes(ourBytes),
      peer: `Python ${megabytes(theirBytes)}`,
      ratio: theirBytes / ourBytes,
      budget: budget === null ? '' : '1/3 of Python',
      isMet: budget === null ? null : theirBytes / ourBytes >= 3,
    });
  }
  return rows;
}
