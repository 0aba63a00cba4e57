import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Fluent } from '../../src/core/client/fluent.js';
import { MlflowError } from '../../src/core/errors.js';
import type { ModelVersion } from '../../src/core/tracking/entities.js';
import { runPython } from '../helpers/python.js';

interface Answer {
  /** Text by relative path; absent when the call failed. */
  files?: Record<string, string>;
  listed?: string[];
  error?: string;
}

const script = `
import json, sys, os, tempfile, mlflow
from mlflow import MlflowClient
asked = json.load(sys.stdin)
mlflow.set_tracking_uri(asked["uri"])
client = MlflowClient()
is_new = int(mlflow.__version__.split(".")[0]) >= 3
exp = client.create_experiment("e")
run = client.create_run(exp).info.run_id
client.log_text(run, "flavors: {}", "own/MLmodel")
client.log_text(run, "a", "own/data/a b.txt")
client.log_text(run, "from the run", "both/only run.txt")
client.log_text(run, "from the run", "both/MLmodel")
names = {"$run": run}
if is_new:
    for name in ("both", "logged"):
        m = client.create_logged_model(exp, name, source_run_id=run)
        folder = tempfile.mkdtemp()
        os.makedirs(folder + "/model")
        open(folder + "/MLmodel", "w").write("flavors: {} # " + name)
        open(folder + "/model/w.bin", "w").write("w")
        client.log_model_artifacts(m.model_id, folder)
        client.finalize_logged_model(m.model_id, "READY")
        names["$" + name] = m.model_id
    mlflow.register_model(f"runs:/{run}/logged", "Reg")
    mlflow.register_model(f"models:/{names['$logged']}", "Reg", tags={"t": 1})
mlflow.register_model(f"runs:/{run}/own", "Own ü")
mlflow.register_model("models:/Own ü/1", "Copy")
client.set_registered_model_alias("Own ü", "champ", "1")
client.transition_model_version_stage("Own ü", "1", "Staging")
out = []
def fill(u):
    for k, v in names.items(): u = u.replace(k, v)
    return u
def tree(root):
    if os.path.isfile(root): return {os.path.basename(root): open(root).read()}
    return {os.path.relpath(os.path.join(d, f), root): open(os.path.join(d, f)).read() for d, _, fs in os.walk(root) for f in fs}
for uri in asked["uris"]:
    answer = {}
    try:
        dst = tempfile.mkdtemp()
        answer["files"] = tree(mlflow.artifacts.download_artifacts(fill(uri), dst_path=dst))
    except Exception as e:
        answer["error"] = getattr(e, "error_code", "INTERNAL_ERROR")
    if not uri.startswith("runs:/$run/both"):
        try:
            answer["listed"] = sorted(f.path for f in mlflow.artifacts.list_artifacts(fill(uri)))
        except Exception as e:
            answer["listed"] = []
    out.append(answer)
versions = [dict(name=v.name, version=str(v.version), source=v.source, runId=v.run_id, modelId=getattr(v, "model_id", None), tags=v.tags)
            for v in client.search_model_versions(order_by=["name ASC", "version_number ASC"])]
modelTags = {k: client.get_logged_model(v).tags.get("mlflow.modelVersions") for k, v in names.items() if k != "$run"}
print(json.dumps(dict(names=names, answers=out, versions=versions, modelTags=modelTags)))
`;

const oldUris = [
  'runs:/$run/own',
  'runs:/$run/own/MLmodel',
  'runs:/$run/own/data',
  'models:/Own ü/1',
  'models:/Own ü/latest',
  'models:/Own ü/LATEST',
  'models:/Own ü/staging',
  'models:/Own ü/Production',
  'models:/Own ü/Foo',
  'models:/Own ü@champ',
  'models:/Own ü@nope',
  'models:/Own ü/1/data',
  'models:/Own ü/1/data/a b.txt',
  'models:/Own ü/9',
  'models:/Copy/1',
];
const newUris = [
  ...oldUris,
  'runs:/$run/nope',
  'models:/Own ü@champ/data',
  'runs:/$run/logged',
  'runs:/$run/logged/model',
  'runs:/$run/logged/model/w.bin',
  'runs:/$run/both',
  'models:/$logged',
  'models:/$both',
  'models:/m-nope',
  'models:/Reg/1',
  'models:/Reg/2/model',
];

async function textsOf(target: string): Promise<Record<string, string>> {
  if (statSync(target).isFile()) return { [path.basename(target)]: readFileSync(target, 'utf8') };
  const entries = await readdir(target, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return Object.fromEntries(files.map((file) => [path.relative(target, file), readFileSync(file, 'utf8')]));
}

async function answerOf(mlflow: Fluent, uri: string, isMerged: boolean): Promise<Answer> {
  const answer: Answer = {};
  try {
    const dstPath = mkdtempSync(path.join(tmpdir(), 'download-'));
    answer.files = await textsOf(await mlflow.artifacts.downloadArtifacts({ artifactUri: uri, dstPath }));
  } catch (error) {
    answer.error = MlflowError.from(error).errorCode;
  }
  if (isMerged) return answer;
  try {
    answer.listed = (await mlflow.artifacts.listArtifacts({ artifactUri: uri })).map((file) => file.path).sort();
  } catch {
    answer.listed = [];
  }
  return answer;
}

interface PythonAnswers {
  names: Record<string, string>;
  answers: Answer[];
  versions: Partial<ModelVersion>[];
  modelTags: Record<string, string>;
}

const stores = [
  { generation: 'new', kind: 'file', uris: newUris },
  { generation: 'old', kind: 'file', uris: oldUris },
  { generation: 'new', kind: 'sqlite', uris: newUris },
  { generation: 'old', kind: 'sqlite', uris: oldUris },
] as const;

for (const { generation, kind, uris } of stores) {
  test(`artifacts of a ${kind} store of MLflow ${generation === 'new' ? 3 : 2} come by every URI as MLflow gives them (G15)`, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'uris-'));
    const uri = kind === 'file' ? `file://${folder}/mlruns` : `sqlite:///${folder}/mlflow.db`;
    const python = await runPython<PythonAnswers>(generation, script, { uri, uris }, { cwd: folder });
    const mlflow = new Fluent({ cwd: () => folder, environment: {} });
    mlflow.setTrackingUri(uri);
    const filled = (text: string) =>
      Object.entries(python.names).reduce((result, [name, value]) => result.replaceAll(name, value), text);
    const ours = [];
    for (const one of uris) ours.push(await answerOf(mlflow, filled(one), one.startsWith('runs:/$run/both')));
    assert.deepEqual(
      ours.map((answer, index) => ({ uri: uris[index], ...answer })),
      python.answers.map((answer, index) => ({ uri: uris[index], ...answer })),
    );
    const registered = await registerAgain(mlflow, python, generation === 'new');
    assert.deepEqual(registered.versions, python.versions);
    assert.deepEqual(registered.modelTags, python.modelTags);
    const moved = `${folder}-moved`;
    renameSync(folder, moved);
    mkdirSync(folder);
    mlflow.setTrackingUri(uri.replace(folder, moved));
    const own = await mlflow.resolveModelUri(filled('runs:/$run/own'));
    assert.equal(own.path?.startsWith(moved), true);
    assert.equal(own.relocatedFrom?.startsWith(folder), true);
    assert.equal((await mlflow.resolveModelUri('models:/Own ü@champ')).path, own.path);
    if (generation === 'new') {
      const logged = await mlflow.resolveModelUri(filled('models:/$logged'));
      assert.equal(readFileSync(path.join(logged.path ?? '', 'MLmodel'), 'utf8'), 'flavors: {} # logged');
    }
  });
}

/** Registers what Python registered once more, under other names, and shows the result under Python's. */
async function registerAgain(mlflow: Fluent, { names, modelTags }: PythonAnswers, isNew: boolean) {
  const run = names['$run'] ?? '';
  const client = mlflow.client();
  for (const modelId of Object.entries(names)
    .filter(([name]) => name !== '$run')
    .map(([, id]) => id)) {
    const { tags } = await client.getLoggedModel({ modelId });
    if ('mlflow.modelVersions' in tags) await client.deleteLoggedModelTag({ modelId, key: 'mlflow.modelVersions' });
  }
  if (isNew) {
    await mlflow.registerModel(`runs:/${run}/logged`, 'ours Reg');
    await mlflow.registerModel(`models:/${names['$logged'] ?? ''}`, 'ours Reg', { tags: { t: 1 } });
  }
  await mlflow.registerModel(`runs:/${run}/own`, 'ours Own ü');
  await mlflow.registerModel('models:/Own ü/1', 'ours Copy');
  const found = await client.searchModelVersions({
    filterString: "name LIKE 'ours %'",
    orderBy: ['name ASC', 'version_number ASC'],
  });
  const versions = found.items.map(({ name, version, source, runId, modelId, tags }) => {
    return { name: name.replace('ours ', ''), version, source, runId, modelId, tags };
  });
  const tagsByName: Record<string, string | null> = {};
  for (const name of Object.keys(modelTags)) {
    const { tags } = await client.getLoggedModel({ modelId: names[name] ?? '' });
    tagsByName[name] = tags['mlflow.modelVersions']?.replaceAll('ours ', '') ?? null;
  }
  return { versions, modelTags: tagsByName };
}

const refusalScript = `
import json, sys, mlflow
from mlflow import MlflowClient
asked = json.load(sys.stdin)
mlflow.set_tracking_uri(asked["uri"])
client = MlflowClient()
exp = client.create_experiment("e")
run = client.create_run(exp).info.run_id
client.log_text(run, "flavors: {}", "own/MLmodel")
client.log_text(run, "a", "own/data/a.txt")
client.create_registered_model("By run")
client.create_model_version("By run", f"runs:/{run}/own", run)
client.create_registered_model("Empty")
mlflow.genai.register_prompt(name="asks", template="hi {{x}}")
mlflow.genai.set_prompt_alias("asks", "best", 1)
gone = client.create_experiment("gone")
model = client.create_logged_model(gone, "lost").model_id
client.log_model_artifact(model, __import__("tempfile").mkstemp()[1])
client.delete_experiment(gone)
names = {"$run": run, "$lost": model}
out = []
for uri in asked["uris"]:
    for k, v in names.items(): uri = uri.replace(k, v)
    answer = {}
    try:
        mlflow.artifacts.download_artifacts(uri, dst_path=__import__("tempfile").mkdtemp())
    except Exception as e:
        answer["error"] = getattr(e, "error_code", "INTERNAL_ERROR") + ": " + getattr(e, "message", str(e))
    try:
        answer["listed"] = sorted(f.path for f in mlflow.artifacts.list_artifacts(uri))
    except Exception as e:
        answer["listed"] = []
    out.append(answer)
print(json.dumps(dict(names=names, answers=out)))
`;

const refusedUris = [
  'runs:/$run',
  'runs:/$run/own/nope',
  'runs:/nope/own',
  'runs://other/own',
  'runs:/',
  'models:/nope/1',
  'models:/nope/1/sub/file',
  'models:/nope@best',
  'models:/Empty/1',
  'models:/Empty/latest',
  'models:/By run/1',
  'models:/By run/1/data',
  'models:/By run/1/data/nope',
  'models:/By run/latest/no/such/file',
  'models:/asks/1',
  'models:/asks/latest',
  'models:/asks@best',
  'models:/$lost',
];

for (const kind of ['file', 'sqlite'] as const) {
  test(`a ${kind} store refuses addresses in MLflow's words, and a version of a run's folder lists that folder (G15)`, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'refused-'));
    const uri = kind === 'file' ? `file://${folder}/mlruns` : `sqlite:///${folder}/mlflow.db`;
    const input = { uri, uris: refusedUris };
    const python = await runPython<PythonAnswers>('new', refusalScript, input, { cwd: folder });
    const mlflow = new Fluent({ cwd: () => folder, environment: {} });
    mlflow.setTrackingUri(uri);
    const ours: Answer[] = [];
    for (const one of refusedUris) {
      const artifactUri = Object.entries(python.names).reduce((text, [name, value]) => text.replace(name, value), one);
      const answer: Answer = {};
      try {
        await mlflow.artifacts.downloadArtifacts({ artifactUri, dstPath: mkdtempSync(path.join(tmpdir(), 'to-')) });
      } catch (error) {
        const { errorCode, message } = MlflowError.from(error);
        answer.error = `${errorCode}: ${message}`;
      }
      const listed = await mlflow.artifacts.listArtifacts({ artifactUri }).catch(() => []);
      answer.listed = listed.map((file) => file.path).sort();
      ours.push(answer);
    }
    assert.deepEqual(
      ours.map((answer, index) => ({ uri: refusedUris[index], ...answer })),
      python.answers.map((answer, index) => ({ uri: refusedUris[index], ...answer })),
    );
  });
}
