import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = await mkdtemp(path.join(tmpdir(), 'declarations-'));

/** A program that uses the library as design and README show it. */
const consumer = `
import mlflow, { MlflowClient, MlflowError, ModelSignature, type Experiment, type Run } from 'mlflow-transformers';

mlflow.setTrackingUri('sqlite:///mlflow.db');
const experiment: Experiment = await mlflow.setExperiment('name');
const score: number = await mlflow.startRun({ runName: 'a', tags: { a: 1 } }, async (run: Run) => {
  await mlflow.logMetric('m', 1, { step: 2 });
  return Object.values(run.data.metrics)[0] ?? 0;
});
const model = await mlflow.pyfunc.loadModel('models:/a/1', { device: 'cpu', precision: 'fp32', modelConfig: { top_k: 2 } });
const answer: unknown = await model.predict(['a'], { params: { top_k: 1 } });
for await (const event of model.predictStream('a')) if (event.type === 'token') event.text.toUpperCase();
await model.unload();
const info = await mlflow.transformers.logModel('org/model', { name: 'm', task: 'text-generation', registeredModelName: 'r' });
const uri: string = info.modelUri;
const signature: ModelSignature = mlflow.models.inferSignature('a', 'b', { top_k: 1 });
await mlflow.models.setSignature(uri, ModelSignature.fromDict(signature.toDict()));
const client = new MlflowClient({ trackingUri: 'mlruns' });
const { items, token } = await client.searchRuns({ experimentIds: [experiment.experimentId], orderBy: ['metrics.m DESC'] });
const name: string | undefined = items[0]?.info.runName;
const next: string | null = token;
// @ts-expect-error a run id is text
await client.getRun({ runId: 3 });
try {
  await mlflow.artifacts.loadText('runs:/x/a.txt');
} catch (error) {
  if (MlflowError.is(error, 'RESOURCE_DOES_NOT_EXIST')) throw error;
}
export { answer, name, next, score };
`;

describe('type declarations', () => {
  after(() => rm(folder, { recursive: true, force: true }));

  it('a strict TypeScript program compiles against the package', async () => {
    const packageFolder = path.join(folder, 'node_modules', 'mlflow-transformers');
    await mkdir(packageFolder, { recursive: true });
    const types = { '.': { types: './types/node.d.ts', default: './mlflow.mjs' } };
    await writeFile(
      path.join(packageFolder, 'package.json'),
      JSON.stringify({ name: 'mlflow-transformers', version: '0.0.0', type: 'module', exports: types }),
    );
    compile(['-p', 'tsconfig.types.json', '--outDir', path.join(packageFolder, 'types')]);
    await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(path.join(folder, 'consumer.ts'), consumer);
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--typeRoots'];
    compile([...options, path.join(root, 'node_modules', '@types'), '--types', 'node', 'consumer.ts'], folder);
  });
});

function compile(args: string[], cwd = root): void {
  const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status, stdout } = spawnSync(process.execPath, [compiler, ...args], { cwd, encoding: 'utf8' });
  assert.equal(status, 0, stdout);
}
