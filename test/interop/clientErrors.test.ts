import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { MlflowClient } from '../../src/core/client/mlflowClient.js';
import { MlflowError } from '../../src/core/errors.js';
import { runPython } from '../helpers/python.js';

type Call = [method: string, options: Record<string, unknown>];

/** Made in both stores first; a text result replaces the `$name` that stands before it. */
const preparation: [name: string, ...Call][] = [
  ['$exp', 'createExperiment', { name: 'one' }],
  ['$dead', 'createExperiment', { name: 'dead' }],
  ['$run', 'createRun', { experimentId: '$exp', runName: 'r' }],
  ['$gone', 'createRun', { experimentId: '$exp', runName: 'gone' }],
  ['', 'deleteRun', { runId: '$gone' }],
  ['', 'deleteExperiment', { experimentId: '$dead' }],
  ['', 'logParam', { runId: '$run', key: 'lr', value: '0.1' }],
  ['$model', 'createLoggedModel', { experimentId: '$exp', name: 'mod', sourceRunId: '$run' }],
  ['$dropped', 'createLoggedModel', { experimentId: '$exp', name: 'dropped' }],
  ['', 'deleteLoggedModel', { modelId: '$dropped' }],
  ['', 'createRegisteredModel', { name: 'reg' }],
  ['', 'createModelVersion', { name: 'reg', source: '/somewhere' }],
];

const keys = ['bad!', 'a@b', 'a#b', '', '.', '..', '/a', 'a/', 'a//b', 'a/./b', 'a/../b', 'tab\t', 'ü"x'];

const calls: Call[] = [
  ...keys.flatMap((key): Call[] => [
    ['logParam', { runId: '$run', key, value: 'v' }],
    ['logMetric', { runId: '$run', key, value: 1 }],
    ['setTag', { runId: '$run', key, value: 'v' }],
    ['setExperimentTag', { experimentId: '$exp', key, value: 'v' }],
    ['setRegisteredModelTag', { name: 'reg', key, value: 'v' }],
    ['setModelVersionTag', { name: 'reg', version: '1', key: key || '.', value: 'v' }],
    ['setLoggedModelTags', { modelId: '$model', tags: { [key]: 'v' } }],
  ]),
  ['createExperiment', { name: '' }],
  ['createExperiment', { name: 'x'.repeat(501) }],
  ['createExperiment', { name: 'one' }],
  ['createExperiment', { name: 'dead' }],
  ['createExperiment', { name: 'y', artifactLocation: 'runs:/x' }],
  ['createExperiment', { name: 'y', artifactLocation: `s3://${'x'.repeat(2050)}` }],
  ['createExperiment', { name: 'y', tags: { 'bad!': '1' } }],
  ['getExperiment', { experimentId: '9' }],
  ['getExperiment', { experimentId: 'a/b' }],
  ['renameExperiment', { experimentId: '9', newName: 'x' }],
  ['renameExperiment', { experimentId: '$exp', newName: '' }],
  ['deleteExperiment', { experimentId: '0' }],
  ['deleteExperiment', { experimentId: '9' }],
  ['deleteExperiment', { experimentId: '$dead' }],
  ['restoreExperiment', { experimentId: '$exp' }],
  ['setExperimentTag', { experimentId: '$dead', key: 'k', value: 'v' }],
  ['setExperimentTag', { experimentId: '$exp', key: 'k'.repeat(251), value: 'v' }],
  ['setExperimentTag', { experimentId: '$exp', key: 'k', value: 'v'.repeat(20_001) }],
  ['deleteExperimentTag', { experimentId: '$exp', key: 'nope' }],
  ['createRun', { experimentId: '$dead' }],
  ['createRun', { experimentId: '9' }],
  ['createRun', { experimentId: '$exp', runName: 'one', tags: { 'mlflow.runName': 'another' } }],
  ['getRun', { runId: 'f'.repeat(32) }],
  ['getRun', { runId: 'a/b' }],
  ['setTag', { runId: '$gone', key: 'k', value: 'v' }],
  ['logMetric', { runId: '$gone', key: 'k', value: 1 }],
  ['logParam', { runId: '$gone', key: 'k', value: 1 }],
  ['logParam', { runId: '$run', key: 'lr', value: '0.2' }],
  ['logParam', { runId: '$run', key: 'k'.repeat(251), value: '0.2' }],
  ['logMetric', { runId: '$run', key: 'k'.repeat(251), value: 1, timestamp: 1 }],
  ['logMetric', { runId: '$run', key: 'k', value: 'text', timestamp: 5 }],
  ['logMetric', { runId: '$run', key: 'k', value: 1, timestamp: -1 }],
  ['deleteTag', { runId: '$run', key: 'nope' }],
  ['getMetricHistory', { runId: '$run', key: 'a//b' }],
  ['createLoggedModel', { experimentId: '$exp', name: 'a/b' }],
  ['createLoggedModel', { experimentId: '$exp', name: '' }],
  ['createLoggedModel', { experimentId: '$exp', name: `it's "x"` }],
  ['createLoggedModel', { experimentId: '$dead', name: 'x' }],
  ['getLoggedModel', { modelId: 'm-nope' }],
  ['getLoggedModel', { modelId: '' }],
  ['getLoggedModel', { modelId: '$dropped' }],
  ['finalizeLoggedModel', { modelId: '$dropped', status: 'READY' }],
  ['deleteLoggedModel', { modelId: 'm-nope' }],
  ['setLoggedModelTags', { modelId: 'm-nope', tags: { a: 'b' } }],
  ['logModelParams', { modelId: 'm-nope', params: { a: 'b' } }],
  ['deleteLoggedModelTag', { modelId: '$model', key: 'nope' }],
  ...['', ' ', 'a/b', 'a:b', '.', '..', 'a%b', 'reg'].map((name): Call => ['createRegisteredModel', { name }]),
  ['createRegisteredModel', { name: 'p', tags: { 'mlflow.prompt.is_prompt': 'true' } }],
  ['getRegisteredModel', { name: 'nope' }],
  ['renameRegisteredModel', { name: 'reg', newName: ' ' }],
  ['renameRegisteredModel', { name: 'nope', newName: 'x' }],
  ['renameRegisteredModel', { name: 'reg', newName: 'a/b' }],
  ['renameRegisteredModel', { name: 'reg', newName: 'reg' }],
  ['deleteRegisteredModel', { name: 'nope' }],
  ['getModelVersion', { name: 'reg', version: '99' }],
  ['getModelVersion', { name: 'reg', version: 'x' }],
  ['getModelVersion', { name: 'nope', version: '1' }],
  ['createModelVersion', { name: 'reg', source: 'models:/nope/1' }],
  ['createModelVersion', { name: 'reg', source: 'models:/reg/7' }],
  ['createModelVersion', { name: 'reg', source: 'models:/a/b/c' }],
  ['createModelVersion', { name: 'reg', source: 'models:/m-nope' }],
  ['createModelVersion', { name: 'nope', source: '/x' }],
  ['createModelVersion', { name: 'reg', source: '/x', tags: { 'bad!': 'x' } }],
  ['updateModelVersion', { name: 'reg', version: '1' }],
  ['transitionModelVersionStage', { name: 'reg', version: '1', stage: 'Bogus' }],
  ['transitionModelVersionStage', { name: 'reg', version: '1', stage: 'Archived', archiveExistingVersions: true }],
  ['transitionModelVersionStage', { name: 'reg', version: '9', stage: 'Staging' }],
  ...['', 'bad alias', 'latest', 'LATEST', 'v1', 'V22', 'a'.repeat(256)].map((alias): Call => [
    'setRegisteredModelAlias',
    { name: 'reg', alias, version: '1' },
  ]),
  ['setRegisteredModelAlias', { name: 'reg', alias: 'a', version: '9' }],
  ['setRegisteredModelAlias', { name: 'reg', alias: 'a', version: 'x' }],
  ['getModelVersionByAlias', { name: 'reg', alias: 'nope' }],
  ['setRegisteredModelTag', { name: 'reg', key: 'k'.repeat(251), value: 'v' }],
  ['setRegisteredModelTag', { name: 'reg', key: 'k', value: 'v'.repeat(100_001) }],
  ['setModelVersionTag', { name: 'reg', version: '9', key: 'k', value: 'v' }],
  ['setModelVersionTag', { name: 'reg', key: 'k', value: 'v' }],
  ['setModelVersionTag', { name: 'reg', version: '1', stage: 'None', key: 'k', value: 'v' }],
  ['setModelVersionTag', { name: 'reg', stage: 'Production', key: 'k', value: 'v' }],
  ['getLatestVersions', { name: 'reg', stages: ['Foo'] }],
  ['copyModelVersion', { srcModelUri: '/x', dstName: 'y' }],
  ['copyModelVersion', { srcModelUri: 'models:/reg/8', dstName: 'y' }],
  ['logText', { runId: '$run', text: 'x', artifactFile: '../x.txt' }],
  ['searchExperiments', { maxResults: 0 }],
  ['searchExperiments', { maxResults: 50_001 }],
  ['searchRuns', { experimentIds: ['$exp'], maxResults: 50_001 }],
  ['searchRuns', { experimentIds: ['$exp'], filterString: 'foo.x = 1' }],
  ['searchRuns', { experimentIds: ['$exp'], pageToken: 'x' }],
  ['searchRegisteredModels', { maxResults: 0 }],
  ['searchRegisteredModels', { maxResults: 1001 }],
  ['searchModelVersions', { maxResults: 200_001 }],
];

const script = `
import json, sys, re, mlflow
from mlflow import MlflowClient
asked = json.load(sys.stdin)
mlflow.set_tracking_uri(asked["uri"])
client = MlflowClient(asked["uri"])
names = {}
snake = lambda s: re.sub(r"([A-Z])", lambda m: "_" + m.group(1).lower(), s)
def fill(v):
    if isinstance(v, str): return names.get(v, v)
    if isinstance(v, list): return [fill(x) for x in v]
    return v
def call(method, options):
    return getattr(client, snake(method))(**{snake(k): fill(v) for k, v in options.items()})
for name, method, options in asked["preparation"]:
    made = call(method, options)
    if name:
        names[name] = made if isinstance(made, str) else made.info.run_id if hasattr(made, "info") else made.model_id
out = []
for method, options in asked["calls"]:
    try:
        call(method, options)
        out.append(None)
    except Exception as e:
        text = getattr(e, "message", None) or str(e)
        out.append([getattr(e, "error_code", "INVALID_PARAMETER_VALUE" if isinstance(e, (ValueError, TypeError)) else "INTERNAL_ERROR"), text])
for i, o in enumerate(out):
    if o:
        for name, value in names.items():
            o[1] = str(o[1]).replace(value, name)
print(json.dumps(out))
`;

function filled(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return names.get(value) ?? value;
  if (Array.isArray(value)) return value.map((item) => filled(item, names));
  return value;
}

async function call(
  client: MlflowClient,
  [method, options]: Call,
  names: ReadonlyMap<string, string>,
): Promise<unknown> {
  const run = Reflect.get(client, method) as (options: unknown) => Promise<unknown>;
  return run.call(
    client,
    Object.fromEntries(Object.entries(options).map(([key, value]) => [key, filled(value, names)])),
  );
}

async function answersOf(uri: string): Promise<([string, string] | null)[]> {
  const client = new MlflowClient({ trackingUri: uri });
  const names = new Map<string, string>();
  for (const [name, method, options] of preparation) {
    const made = (await call(client, [method, options], names)) as
      string | { info?: { runId: string }; modelId?: string };
    if (name !== '') names.set(name, typeof made === 'string' ? made : (made.info?.runId ?? made.modelId ?? ''));
  }
  const answers: ([string, string] | null)[] = [];
  for (const one of calls) {
    try {
      await call(client, one, names);
      answers.push(null);
    } catch (error) {
      const { errorCode, message } = MlflowError.from(error);
      answers.push([errorCode, [...names].reduce((text, [name, value]) => text.replaceAll(value, name), message)]);
    }
  }
  return answers;
}

test('every refused call has the code and the message of MLflow 3: file store', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'errors-'));
  const [theirs, ours] = await Promise.all([
    runPython<([string, string] | null)[]>('new', script, { uri: `file://${folder}/python`, preparation, calls }),
    answersOf(`file://${folder}/ours`),
  ]);
  const differences = calls.flatMap((one, index) => {
    const [expected, actual] = [theirs[index] ?? null, ours[index] ?? null];
    return JSON.stringify(expected) === JSON.stringify(actual) ? [] : [{ call: one, expected, actual }];
  });
  assert.deepEqual(differences, []);
});
