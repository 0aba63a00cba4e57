import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import { Model } from '../../../src/core/mlmodel/model.js';
import { maximumMlmodelBytes } from '../../../src/core/mlmodel/mlmodelText.js';

const logged = `artifact_path: mlflow-artifacts:/1/models/m-0f1e2d3c4b5a69788796a5b4c3d2e1f0/artifacts
flavors:
  python_function:
    config:
      temperature: 1.0
      top_k: 2
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.transformers
    python_version: 3.11.7
  transformers:
    code: null
    components:
    - tokenizer
    instance_type: TextClassificationPipeline
    model_binary: model
    pipeline_model_type: BertForSequenceClassification
    source_model_name: acme/tiny-bert
    task: text-classification
    tokenizer_type: TokenizersBackend
    torch_dtype: torch.float32
    transformers_version: 5.23.0
future_key:
  nested:
  - 1
  - two: 2.0
is_signature_from_type_hint: false
metadata:
  1: one
  "\\xFCn\\xEF": "\\xE9\\u4E2D x"
mlflow_version: 3.17.2
model_id: m-0f1e2d3c4b5a69788796a5b4c3d2e1f0
model_size_bytes: 20979
model_uuid: m-0f1e2d3c4b5a69788796a5b4c3d2e1f0
prompts: null
run_id: 5d0c3d1e2f8b4a6f9c7e1a2b3c4d5e6f
signature:
  inputs: '[{"type": "string", "required": true}]'
  outputs: '[{"type": "string", "name": "label", "required": true}, {"type": "double",
    "name": "score", "required": true}]'
  params: null
type_hint_from_example: false
utc_time_created: '2026-11-24 07:47:37.509684'
`;

function refused(action: () => unknown): MlflowError {
  try {
    action();
  } catch (error) {
    assert.ok(MlflowError.is(error));
    return error;
  }
  return assert.fail('nothing was thrown');
}

describe('Model', () => {
  it('AA4 a foreign 3.17 MLmodel is written again byte for byte, unknown keys, nulls and whole floats included', () => {
    assert.equal(Model.fromText(logged).toYaml(), logged);
  });

  it('shows the fields in JavaScript types', () => {
    const model = Model.fromText(logged);
    assert.equal(model.modelSizeBytes, 20979);
    assert.deepEqual(model.metadata, { '1': 'one', ünï: 'é中 x' });
    assert.deepEqual(model.pythonFunctionFlavor?.config, { temperature: 1, top_k: 2 });
    assert.equal(model.transformersFlavor?.modelType, 'BertForSequenceClassification');
    assert.deepEqual(model.transformersFlavor?.weights, { kind: 'stored', folder: 'model' });
    assert.equal(
      model.signature?.outputs,
      '[{"type": "string", "name": "label", "required": true}, {"type": "double", "name": "score", "required": true}]',
    );
    assert.equal(model.getModelInfo().modelUri, 'models:/m-0f1e2d3c4b5a69788796a5b4c3d2e1f0');
  });

  it('JSON.stringify writes the mapping of to_dict, whatever numbers, dates and keys the file has', () => {
    const text =
      'flavors:\n  x:\n    1: 1.0\n    big: 123456789012345678901\nmetadata:\n  day: 2024-01-02\n  n: .nan\nmlflow_version: 2.16.2\n';
    const written = JSON.parse(JSON.stringify({ model: Model.fromText(text) })) as { model: Record<string, unknown> };
    assert.deepEqual(written.model['flavors'], { x: { '1': 1, big: 123456789012345680000 } });
    assert.deepEqual(written.model['metadata'], { day: '2024-01-02', n: null });
    const model = Model.fromText(logged);
    assert.deepEqual(JSON.parse(JSON.stringify(model)), JSON.parse(model.toJson()));
  });

  it('a changed value is written in its new form, its neighbours in their old one', () => {
    const model = Model.fromText(logged);
    model.flavor('python_function')['config'] = { temperature: 1, top_k: 3 };
    assert.equal(model.toYaml(), logged.replace('top_k: 2', 'top_k: 3'));
  });

  it('a new document of generation 3 has model_id and prompts as null, one of generation 2 has neither', () => {
    const init = { utcTimeCreated: '2026-01-02 03:04:05', modelUuid: 'a'.repeat(32), flavors: {} };
    const uuid = `model_uuid: ${'a'.repeat(32)}\n`;
    assert.equal(
      new Model(init).toYaml(),
      `flavors: {}\nmlflow_version: 3.17.2\nmodel_id: null\n${uuid}prompts: null\nutc_time_created: '2026-01-02 03:04:05'\n`,
    );
    assert.equal(
      new Model({ ...init, compatibility: '2' }).toYaml(),
      `flavors: {}\nmlflow_version: 2.16.2\n${uuid}utc_time_created: '2026-01-02 03:04:05'\n`,
    );
  });

  it('a 2.x document does not gain the keys of MLflow 3 when it is edited', () => {
    const text = "flavors: {}\nmlflow_version: 2.8.1\nmodel_uuid: null\nutc_time_created: '2023-12-07 02:46:07'\n";
    assert.equal(Model.fromText(text).toYaml(), text);
    assert.equal(Model.fromText(text).compatibility, '2');
  });

  it('a missing flavor is named', () => {
    const error = refused(() => Model.fromText(logged).flavor('sklearn'));
    assert.equal(error.message, 'Model does not have the "sklearn" flavor');
    assert.equal(error.reason, 'flavorMissing');
    assert.equal(error.errorCode, 'RESOURCE_DOES_NOT_EXIST');
  });

  for (const [what, text, expected] of [
    ['no YAML', 'flavors: [1, 2\n  x: }', /is not a valid MLmodel file: it is not valid YAML: .*line \d+/],
    ['no mapping', '- a\n- b\n', /holds a list/],
    ['nothing', '', /holds nothing/],
    ['a cycle', 'a: &x\n  b: *x\n', /cycle/],
    ['a python object', 'a: !!python/object:os.system {}\n', /could not determine a constructor for the tag/],
    ['binary', 'flavors: \x00\x01', /special characters are not allowed/],
    ['flavors of another kind', 'flavors: 3\n', /`flavors` should be a mapping, but is of type int/],
    ['a flavor of another kind', 'flavors:\n  transformers: x\n', /`flavors.transformers` should be a mapping/],
    ['too much', `a: '${'x'.repeat(maximumMlmodelBytes)}'\n`, /8.0 MiB, more than the 8 MiB allowed/],
    ['exploding aliases', explodingAliases(), /aliases stand for more than/],
  ] as const) {
    it(`${what} is refused with one sentence that names the file`, () => {
      const error = refused(() => Model.fromText(text, '/models/x/MLmodel'));
      assert.match(error.message, expected);
      assert.match(error.message, /^\/models\/x\/MLmodel is not/);
      assert.equal(error.reason, 'mlmodelInvalid');
    });
  }

  it('a signature that is no JSON text is refused as such', () => {
    assert.equal(refused(() => Model.fromText('flavors: {}\nsignature:\n  inputs: [a]\n')).reason, 'signatureInvalid');
  });

  it('a signature whose parts are all null is refused with its text', () => {
    for (const parts of ['{inputs: null, outputs: null, params: null}', "{inputs: '', params: null}", '{}']) {
      const error = refused(() => Model.fromText(`flavors: {}\nsignature: ${parts}\n`));
      assert.equal(error.message, 'At least one of inputs, outputs or params must be provided');
      assert.equal(error.reason, 'signatureInvalid');
    }
  });

  it('reads line ends of any system, single carriage returns too', () => {
    const expected = Model.fromText(logged).toDict();
    for (const lineEnd of ['\r\n', '\r']) {
      assert.deepEqual(Model.fromText(logged.replaceAll('\n', lineEnd)).toDict(), expected);
    }
  });

  it('is read from a folder or a file, and saved in place with the line ends it had', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'mlmodel-'));
    const windowsText = logged.replaceAll('\n', '\r\n');
    await writeFile(path.join(folder, 'MLmodel'), windowsText);
    const model = await Model.load(`${folder}/`);
    await model.save(folder);
    assert.equal(await readFile(path.join(folder, 'MLmodel'), 'utf8'), windowsText);
    assert.deepEqual(await readdir(folder), ['MLmodel']);
    assert.equal((await Model.load(path.join(folder, 'MLmodel'))).runId, model.runId);
  });

  it("a folder without the file gives Python's error", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'mlmodel-'));
    await assert.rejects(Model.load(folder), (error) => {
      assert.ok(MlflowError.is(error, 'RESOURCE_DOES_NOT_EXIST'));
      assert.equal(error.message, `Could not find an "MLmodel" configuration file at "${folder}"`);
      return true;
    });
  });
});

function explodingAliases(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 9; level++) {
    lines.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')}]`);
  }
  return `${lines.join('\n')}\n`;
}
