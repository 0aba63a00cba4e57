import { runProcess, milliseconds, type Measurement } from './measure.js';

/** 1,000 MLmodel documents parsed and validated in a cold process. */
export async function benchMlmodels(): Promise<Measurement[]> {
  const script =
    "const { benchMlmodelParsing } = await import('./test/bench/mlmodelParsing.ts'); console.log(benchMlmodelParsing().milliseconds);";
  const { stdout } = await runProcess(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
  const durationMs = Number(stdout.trim());
  return [
    {
      name: 'parse and validate 1,000 MLmodel files',
      ours: milliseconds(durationMs),
      peer: '',
      ratio: null,
      budget: '500 ms',
      isMet: durationMs <= 500,
    },
  ];
}
