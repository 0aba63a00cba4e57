import assert from 'node:assert/strict';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { mlmodelProblems, type MlmodelProblem } from '../../../src/core/mlmodel/mlmodelProblems.js';
import { readModelFolderFacts } from '../../../src/core/mlmodel/modelFolderFacts.js';

const good = `flavors:
  python_function:
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
    tokenizer_type: BertTokenizerFast
    transformers_version: 4.57.1
mlflow_version: 3.17.2
saved_input_example_info:
  artifact_path: input_example.json
  type: json_object
signature:
  inputs: '[{"type": "string", "required": true}]'
  outputs: '[{"type": "string", "required": true}]'
  params: null
utc_time_created: '2026-11-24 07:47:37.509684'
`;

const folderFiles = [
  'MLmodel',
  'conda.yaml',
  'python_env.yaml',
  'input_example.json',
  'model/config.json',
  'model/model.safetensors',
  'components/tokenizer/tokenizer.json',
];

async function makeFolder(
  files: readonly string[],
  contents: Record<string, string | Uint8Array> = {},
): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mlmodel-problems-'));
  for (const name of new Set([...files, ...Object.keys(contents)])) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), contents[name] ?? '');
  }
  return folder;
}

async function problemsIn(
  text: string,
  files: readonly string[] = folderFiles,
  contents: Record<string, string | Uint8Array> = {},
): Promise<MlmodelProblem[]> {
  return mlmodelProblems(text, await readModelFolderFacts(await makeFolder(files, contents)));
}

function codes(problems: readonly MlmodelProblem[]): string[] {
  return problems.map(({ code }) => code);
}

/** A safetensors file with empty tensors of the given names. */
function safetensors(names: readonly string[]): Uint8Array {
  const header = JSON.stringify(
    Object.fromEntries(names.map((name) => [name, { dtype: 'F32', shape: [0], data_offsets: [0, 0] }])),
  );
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  return Buffer.concat([length, Buffer.from(header)]);
}

describe('mlmodelProblems', () => {
  it('a good model has none', async () => {
    assert.deepEqual(await problemsIn(good), []);
  });

  it('bad YAML is placed where it is', () => {
    const [problem] = mlmodelProblems('flavors:\n  a: [1, 2\nb: c: d\n');
    assert.equal(problem?.code, 'mlmodelInvalid');
    assert.equal(problem?.severity, 'error');
    assert.ok((problem?.line ?? 0) >= 2);
  });

  it('other documents than mappings, and no flavors, are errors', () => {
    assert.deepEqual(codes(mlmodelProblems('- a\n')), ['mlmodelInvalid']);
    assert.deepEqual(codes(mlmodelProblems('mlflow_version: 3.17.2\n')), ['flavorsMissing']);
    assert.deepEqual(codes(mlmodelProblems('flavors: {}\n')), ['flavorsMissing']);
  });

  it('what Python needs in the transformers flavor is missed by name', () => {
    for (const key of ['task', 'pipeline_model_type', 'tokenizer_type']) {
      const problems = mlmodelProblems(good.replace(new RegExp(`    ${key}: .*\n`), ''));
      assert.deepEqual(codes(problems), ['flavorIncomplete']);
      assert.match(problems[0]?.message ?? '', new RegExp(`\`${key}\``));
      assert.equal(problems[0]?.line, 8);
    }
  });

  it('a signature that is no JSON list of typed items is an error at its line', () => {
    const problems = mlmodelProblems(good.replace('[{"type": "string", "required": true}]', '[{"type": "string"'));
    assert.deepEqual(codes(problems), ['signatureInvalid']);
    assert.equal(problems[0]?.line, good.slice(0, good.indexOf('inputs:')).split('\n').length);
    assert.deepEqual(problems[0]?.path, ['signature', 'inputs']);
    assert.match(problems[0]?.message ?? '', /Expecting ',' delimiter: line 1 column/);
    assert.deepEqual(codes(mlmodelProblems(good.replace(/inputs: .*\n {2}outputs: .*\n/, 'inputs: null\n'))), [
      'signatureInvalid',
    ]);
  });

  it('a version that YAML reads as a number is a warning', () => {
    const problems = mlmodelProblems(good.replace('4.57.1', '4.50'));
    assert.deepEqual(codes(problems), ['versionIsNumber']);
    assert.match(problems[0]?.message ?? '', /4\.5,/);
  });

  it('files that are named but missing are found, at their keys', async () => {
    const problems = await problemsIn(
      good,
      folderFiles.filter((name) => !/input_example|conda|safetensors|config|tokenizer/.test(name)),
    );
    assert.deepEqual(problems.map(({ path: keys }) => keys.join('.')).sort(), [
      'flavors.python_function.env.conda',
      'flavors.transformers.model_binary',
      'flavors.transformers.tokenizer_type',
      'saved_input_example_info.artifact_path',
    ]);
    assert.ok(problems.every(({ code, line }) => code === 'fileMissing' && line > 1));
  });

  it('requirements that pin another transformers are a warning with a fix; a local label is no difference', async () => {
    const requirements = (version: string) => ({ 'requirements.txt': `mlflow==3.17.2\ntransformers==${version}` });
    const [problem] = await problemsIn(good, folderFiles, requirements('5.23.0'));
    assert.equal(problem?.code, 'requirementsMismatch');
    assert.deepEqual(problem?.fix, { title: 'Write 5.23.0', value: '5.23.0' });
    assert.deepEqual(await problemsIn(good, folderFiles, requirements('4.57.1+cpu')), []);
  });

  it('pickled weights, code and remote code are told, none is executed', async () => {
    const files = folderFiles.filter((name) => !name.endsWith('.safetensors'));
    assert.deepEqual(codes(await problemsIn(good, [...files, 'model/pytorch_model.bin'])), ['pickledWeights']);
    assert.deepEqual(codes(await problemsIn(good, [...files, 'model/training_args.bin', 'model/a.onnx'])), []);
    const withCode = good.replace('code: null', 'code: code');
    assert.deepEqual(codes(await problemsIn(withCode, [...folderFiles, 'code/a.py'])), ['codeNotExecuted']);
    const config = { 'model/config.json': '{"auto_map": {"AutoModel": "x.Y"}}' };
    assert.deepEqual(codes(await problemsIn(good, folderFiles, config)), ['remoteCode']);
  });

  it('a PEFT model whose stored base has adapter-style names is told', async () => {
    const text = good.replace('    pipeline_model_type', '    peft_adaptor: peft\n    pipeline_model_type');
    const weights = { 'model/model.safetensors': safetensors(['h.0.c_attn.base_layer.weight']) };
    const files = [...folderFiles, 'peft/adapter_config.json'];
    assert.deepEqual(codes(await problemsIn(text, files, weights)), ['adapterNamesInBase']);
    assert.deepEqual(codes(await problemsIn(text, files)), []);
  });

  it('a reference-only model is information, one with both kinds of weights a warning', () => {
    const reference = good.replace('model_binary: model', `source_model_revision: ${'a'.repeat(40)}`);
    assert.deepEqual(
      mlmodelProblems(reference).map(({ severity, code }) => [severity, code]),
      [['information', 'referenceOnly']],
    );
    const both = good.replace(
      'model_binary: model',
      `model_binary: model\n    source_model_revision: ${'a'.repeat(40)}`,
    );
    assert.deepEqual(codes(mlmodelProblems(both)), ['weightsAmbiguous']);
  });

  it('another flavor, or no python_function, is information', () => {
    const other = 'flavors:\n  sklearn:\n    pickled_model: model.pkl\n';
    assert.deepEqual(codes(mlmodelProblems(other)), ['flavorMissing', 'pythonFunctionMissing']);
  });
});
