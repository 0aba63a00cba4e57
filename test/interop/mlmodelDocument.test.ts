import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { Model, type ModelInit } from '../../src/core/mlmodel/model.js';
import { dumpPythonJson } from '../../src/core/serialization/pythonJson.js';
import { PyFloat } from '../../src/core/serialization/pyValue.js';
import { runPython } from '../helpers/python.js';

interface Answer {
  yaml: string;
  json: string;
  tags: string;
  info: Record<string, unknown>;
}

/** Python reads our text and writes it again, and says what it understood. */
const script = `
import sys, json, yaml
from mlflow.models import Model
out = []
for text in json.load(sys.stdin):
    model = Model.from_dict(yaml.safe_load(text))
    model_id = getattr(model, "model_id", None)
    if hasattr(model, "model_id"): model.model_id = None
    info = model.get_model_info()
    if hasattr(model, "model_id"): model.model_id = model_id
    out.append(dict(yaml=model.to_yaml(), json=model.to_json(), tags=json.dumps(model.get_tags_dict()), info=dict(
        artifactPath=info.artifact_path, flavors=info.flavors, modelUri=info.model_uri, modelUuid=info.model_uuid, runId=info.run_id,
        savedInputExampleInfo=info.saved_input_example_info, utcTimeCreated=info.utc_time_created, mlflowVersion=info.mlflow_version,
        metadata=info.metadata)))
print(json.dumps(out))
`;

/** What Python says when it loads a text; null where it does. */
const loadScript = `
import sys, json, yaml
from mlflow.models import Model
out = []
for text in json.load(sys.stdin):
    try:
        Model.from_dict(yaml.safe_load(text))
        out.append(None)
    except Exception as e:
        out.append(str(e))
print(json.dumps(out))
`;

const signature = {
  inputs: '[{"type": "string", "name": "text", "required": true}]',
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]',
  params: null,
};
const base = { utcTimeCreated: '2026-01-02 03:04:05.000006', modelUuid: 'b'.repeat(32) };
const flavors = {
  python_function: { config: { top_k: 2, temperature: new PyFloat(1) }, loader_module: 'mlflow.transformers' },
  transformers: { code: null, components: ['tokenizer'], task: 'text-generation' },
};
const both: ModelInit[] = [
  { ...base },
  { ...base, flavors },
  { ...base, flavors, signature, runId: 'c'.repeat(32), artifactPath: 'my model/ä' },
  {
    ...base,
    flavors,
    modelSizeBytes: 12345678901234,
    savedInputExampleInfo: { artifact_path: 'a.json', type: 'ndarray' },
  },
  { ...base, flavors, metadata: { a: 'é', 'long text': 'word '.repeat(60), n: [1, new PyFloat(2), null, { k: [] }] } },
  { ...base, flavors, mlflowVersion: null, modelUuid: null },
  { ...base, flavors, resources: { api_version: '1', databricks: { serving_endpoint: [{ name: 'x' }] } } },
  { ...base, flavors, databricksRuntime: '14.3', extra: { zebra: { a: [1] }, Apple: 'x' } },
];
const newest: ModelInit[] = [
  { ...base, flavors, modelId: 'm-1', prompts: ['prompts:/a/1'], signature, envVars: ['OPENAI_API_KEY'] },
  { ...base, authPolicy: { system_auth_policy: { resources: [] } }, signature, isSignatureFromTypeHint: true },
];

for (const [generation, compatibility] of [
  ['new', '3'],
  ['old', '2'],
] as const) {
  describe(`MLmodel documents against MLflow ${compatibility}`, () => {
    const models = (compatibility === '3' ? [...both, ...newest] : both).map(
      (init) => new Model({ ...init, compatibility }),
    );
    let answers: Answer[] = [];
    before(async () => {
      answers = await runPython<Answer[]>(
        generation,
        script,
        models.map((model) => model.toYaml()),
      );
    });

    it('Z1 Python writes our document again with the same bytes', () => {
      assert.deepEqual(
        models.map((model) => model.toYaml()),
        answers.map(({ yaml }) => yaml),
      );
    });

    it('a signature without any part is refused by both with the same text', async () => {
      const parts = [
        '{inputs: null, outputs: null, params: null}',
        "{inputs: '', outputs: '', params: ''}",
        '{}',
        'null',
      ];
      const texts = parts.map((part) => `flavors: {}\nutc_time_created: x\nsignature: ${part}\n`);
      const theirs = await runPython<(string | null)[]>(generation, loadScript, texts);
      const ours = texts.map((text) => {
        try {
          Model.fromText(text);
          return null;
        } catch (error) {
          return (error as Error).message;
        }
      });
      assert.deepEqual(ours, theirs);
    });

    it('to_json and the tags for runs are the same texts', () => {
      for (const [index, model] of models.entries()) {
        const again = Model.fromText(model.toYaml());
        again.compatibility = compatibility;
        assert.equal(dumpPythonJson(again.getTagsDict()), answers[index]?.tags);
        assert.deepEqual(JSON.parse(again.toJson()), JSON.parse(answers[index]?.json ?? ''));
      }
    });

    it('get_model_info says the same', () => {
      for (const [index, model] of models.entries()) {
        const again = Model.fromText(model.toYaml());
        const { info } = answers[index] ?? assert.fail();
        const ours = JSON.parse(JSON.stringify(again.getModelInfo())) as Record<string, unknown>;
        if (again.modelId !== null) ours['modelUri'] = `runs:/${again.runId ?? 'None'}/${again.artifactPath ?? 'None'}`;
        for (const [key, value] of Object.entries(info)) assert.deepEqual(ours[key], value, `${index} ${key}`);
      }
    });
  });
}
