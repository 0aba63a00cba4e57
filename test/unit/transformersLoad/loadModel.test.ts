import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ArtifactStores } from '../../../src/core/artifacts/artifactStores.js';
import type { JsonObject } from '../../../src/core/ports.js';
import type { CallablePipeline } from '../../../src/core/transformers/callablePipeline.js';
import { generateSignatureOutput } from '../../../src/core/transformers/generateSignatureOutput.js';
import { parseHubUri } from '../../../src/core/transformers/hubUri.js';
import { loadModel, type LoadedComponents } from '../../../src/core/transformers/loadModel.js';
import type {
  LoadModelOptions,
  LoadServices,
  OpenPipelineRequest,
} from '../../../src/core/transformers/loadOptions.js';
import type { HubSnapshots } from '../../../src/core/transformers/resolveWeights.js';
import { inferSignature } from '../../../src/core/signature/inferSignature.js';

const commit = 'a'.repeat(40);
const flavor = {
  code: null,
  components: ['tokenizer'],
  instance_type: 'TextClassificationPipeline',
  model_binary: 'model',
  pipeline_model_type: 'BertForSequenceClassification',
  source_model_name: 'acme/tiny',
  task: 'text-classification',
  tokenizer_type: 'BertTokenizer',
  torch_dtype: 'torch.float32',
  transformers_version: '5.0.0',
};

describe('loadModel', () => {
  let root: string;
  let opened: OpenPipelineRequest | undefined;
  let called: { input: unknown; keywords: JsonObject } | undefined;

  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'load-model-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  /** Writes a model folder with the flavor's settings (`null` leaves a key out). */
  async function modelFolder(name: string, changes: Record<string, unknown> = {}, weights = 'model'): Promise<string> {
    const folder = path.join(root, name);
    const settings = Object.fromEntries(
      Object.entries({ ...flavor, ...changes }).filter(([, value]) => value !== undefined),
    );
    await mkdir(path.join(folder, 'components', 'tokenizer'), { recursive: true });
    await mkdir(path.join(folder, weights), { recursive: true });
    await writeFile(path.join(folder, weights, 'config.json'), '{"model_type": "bert"}');
    await writeFile(path.join(folder, 'components', 'tokenizer', 'tokenizer_config.json'), '{"do_lower_case": true}');
    await writeFile(
      path.join(folder, 'MLmodel'),
      `flavors:\n  transformers: ${JSON.stringify(settings)}\nmlflow_version: 3.17.2\nmodel_uuid: x\nutc_time_created: '2026-01-01 00:00:00'\n`,
    );
    return folder;
  }

  function services(environment: Record<string, string> = {}, hub?: HubSnapshots): LoadServices {
    return {
      stores: () => Promise.reject<ArtifactStores>(new Error('no store')),
      environment,
      hub: hub && (() => hub as never),
      openPipeline: async (request) => {
        opened = request;
        return {
          dispose: async () => undefined,
          pipeline: {
            task: request.task,
            instanceType: request.instanceType,
            tokenizer: undefined,
            generationConfig: {},
            call: async (input, keywords) => {
              called = { input, keywords };
              return [{ label: 'A', score: 0.5 }];
            },
          },
        };
      },
    };
  }
  const load = (uri: string, options: LoadModelOptions = {}, environment: Record<string, string> = {}) =>
    loadModel(uri, options, services(environment));
  const components = async (uri: string, options: LoadModelOptions = {}, environment: Record<string, string> = {}) =>
    (await load(uri, { ...options, returnType: 'components' }, environment)) as LoadedComponents;
  const refused = (promise: Promise<unknown>, errorCode: string, message: RegExp | string) =>
    assert.rejects(promise, { errorCode, message });

  test('an unknown return type is refused (F1)', async () => {
    await refused(
      load(await modelFolder('f1'), { returnType: 'foo' as 'pipeline' }),
      'INVALID_PARAMETER_VALUE',
      "The specified return_type mode 'foo' is unsupported. Please select one of: 'pipeline' or 'components'.",
    );
  });

  test('components come with class, folder and configuration', async () => {
    const folder = await modelFolder('components');
    assert.deepEqual(await components(folder), {
      task: 'text-classification',
      torchDtype: 'torch.float32',
      model: {
        folder: path.join(folder, 'model'),
        className: 'BertForSequenceClassification',
        nameOrPath: path.join(folder, 'model'),
        config: { model_type: 'bert' },
      },
      tokenizer: {
        folder: path.join(folder, 'components', 'tokenizer'),
        className: 'BertTokenizer',
        nameOrPath: path.join(folder, 'components', 'tokenizer'),
        config: { do_lower_case: true },
      },
    });
  });

  test('a model with a processor loads as components only (F3)', async () => {
    const folder = await modelFolder('f3', { processor_type: 'BertProcessor' });
    await refused(
      load(folder),
      'BAD_REQUEST',
      /^This model has been saved with a processor\. .*'return_type'='components'\.$/,
    );
    assert.equal((await components(folder)).processor?.className, 'BertProcessor');
  });

  test('components carry the device that was passed, or none (F5)', async () => {
    const folder = await modelFolder('f5');
    assert.equal((await components(folder, { device: 0 })).device, 0);
    assert.ok(!('device' in (await components(folder))));
    assert.equal((await components(folder, {}, { MLFLOW_DEFAULT_PREDICTION_DEVICE: '-1' })).device, -1);
    assert.equal((await components(folder, {}, { MLFLOW_DEFAULT_PREDICTION_DEVICE: 'gpu' })).device, -1);
    assert.equal(
      (await components(folder, { device: 'cpu' }, { MLFLOW_DEFAULT_PREDICTION_DEVICE: '0' })).device,
      'cpu',
    );
  });

  test('a device beside the device map is refused by its name; without one it is fine (F6)', async () => {
    const folder = await modelFolder('f6');
    const environment = { MLFLOW_HUGGINGFACE_USE_DEVICE_MAP: 'true' };
    await refused(
      load(folder, { device: 0 }, environment),
      'INVALID_PARAMETER_VALUE',
      /^The environment variable MLFLOW_HUGGINGFACE_USE_DEVICE_MAP is set to True, but the `device` argument is provided with value 0\./,
    );
    assert.equal((await components(folder, {}, environment)).deviceMap, 'auto');
  });

  test('both names of the dtype work, `dtype` wins, an unknown one is refused (F8)', async () => {
    const folder = await modelFolder('f8');
    assert.equal((await components(folder, { torchDtype: 'float16' })).torchDtype, 'torch.float16');
    assert.equal((await components(folder, { torch_dtype: 'bfloat16' })).torchDtype, 'torch.bfloat16');
    assert.equal(
      (await components(folder, { torchDtype: 'float16', dtype: 'torch.bfloat16' })).torchDtype,
      'torch.bfloat16',
    );
    await refused(
      load(folder, { dtype: 'foo' }),
      'INVALID_PARAMETER_VALUE',
      "The value 'foo' is not a valid torch.dtype",
    );
  });

  test('unknown keywords go to every call of the pipeline (F12)', async () => {
    const pipeline = (await load(await modelFolder('f12'), { topK: 3, foo_bar: 'x' })) as CallablePipeline;
    assert.deepEqual(await pipeline('text', { foo_bar: 'y', functionToApply: 'none' }), [{ label: 'A', score: 0.5 }]);
    assert.deepEqual(called, { input: 'text', keywords: { top_k: 3, foo_bar: 'y', function_to_apply: 'none' } });
    assert.equal(pipeline.task, 'text-classification');
    assert.equal(opened?.instanceType, 'TextClassificationPipeline');
    assert.equal(pipeline.source.modelFolder, pipeline.model.folder);
  });

  test('a text with its pair is one input of a text classifier, and has one answer', async () => {
    const pipeline = (await load(await modelFolder('pair'))) as CallablePipeline;
    const pair = { text: 'a', text_pair: 'b' };
    assert.deepEqual(await pipeline(pair, { topK: null }), { label: 'A', score: 0.5 });
    assert.deepEqual(called, { input: [pair], keywords: { top_k: null } });
  });

  test('weights in `pipeline/` without the key model_binary load (D6)', async () => {
    const folder = await modelFolder('d6', { model_binary: undefined }, 'pipeline');
    assert.equal((await components(folder)).model.folder, path.join(folder, 'pipeline'));
  });

  test('a reference without its commit is refused with INVALID_STATE', async () => {
    const folder = await modelFolder('no-revision', { model_binary: undefined, source_model_revision: null });
    await refused(
      load(folder),
      'INVALID_STATE',
      /^The model was saved with 'save_pretrained' set to False, but the commit hash/,
    );
  });

  test('baseModelPath is refused for models without one, and for folders that are no checkpoint (L7)', async () => {
    const stored = await modelFolder('stored');
    await refused(
      load(stored, { baseModelPath: root }),
      'INVALID_PARAMETER_VALUE',
      /can only be used with models that were saved with/,
    );
    const folder = await modelFolder('local-base', {
      model_binary: undefined,
      local_base_model_path: '/gone',
      peft_adaptor: 'peft',
    });
    await assert.rejects(load(folder), { errorCode: 'INVALID_STATE', reason: 'referenceOnly' });
    await refused(
      load(folder, { baseModelPath: '/nowhere' }),
      'INVALID_PARAMETER_VALUE',
      /'\/nowhere' does not exist or is not a directory/,
    );
    await refused(
      load(folder, { baseModelPath: root }),
      'INVALID_PARAMETER_VALUE',
      /Expected to find a 'config\.json' file in this directory\.$/,
    );
    const loaded = await components(folder, { baseModelPath: path.join(stored, 'model') });
    assert.deepEqual(
      [loaded.model.folder, loaded.model.adapterFolder],
      [path.join(stored, 'model'), path.join(folder, 'peft')],
    );
  });

  test('a reference is found in the cache, each component at its own commit; else nothing is downloaded unasked', async () => {
    const folder = await modelFolder('reference', {
      model_binary: undefined,
      source_model_revision: commit,
      tokenizer_name: 'acme/words',
      tokenizer_revision: 'b'.repeat(40),
    });
    await rename(path.join(folder, 'components'), path.join(root, 'away'));
    await mkdir(path.join(root, 'acme/words'), { recursive: true });
    await writeFile(path.join(root, 'acme/words/tokenizer.json'), '{}');
    const downloads: string[] = [];
    const cache = path.join(root, 'stored', 'model');
    const hub = (isCached: boolean): HubSnapshots => ({
      cachedSnapshot: async (_, revision) => (isCached ? { folder: cache, commit: revision } : undefined),
      cachedFolder: async (repository) => (isCached ? path.join(root, repository) : undefined),
      downloadSnapshot: async (repository, { revision = '' }) => {
        downloads.push(`${repository}@${revision}`);
        return { folder: cache, commit: revision };
      },
    });
    const found = (await loadModel(folder, { returnType: 'components' }, services({}, hub(true)))) as LoadedComponents;
    assert.deepEqual([found.model.folder, found.tokenizer?.folder], [cache, path.join(root, 'acme/words')]);
    assert.equal(found.model.nameOrPath, 'acme/tiny');
    await assert.rejects(loadModel(folder, {}, services({}, hub(false))), { reason: 'referenceOnly' });
    assert.deepEqual(downloads, []);
    await loadModel(folder, { allowDownload: true }, services({}, hub(false)));
    assert.deepEqual(downloads, [`acme/tiny@${commit}`, `acme/words@${'b'.repeat(40)}`]);
  });

  test('a model without the flavor is refused', async () => {
    const folder = path.join(root, 'sklearn');
    await mkdir(folder);
    await writeFile(path.join(folder, 'MLmodel'), 'flavors:\n  sklearn: {}\n  python_function: {}\n');
    await assert.rejects(load(folder), { reason: 'flavorMissing' });
  });

  test('repositories are recognised where no folder is meant', () => {
    assert.deepEqual(parseHubUri('hf:acme/tiny'), { repository: 'acme/tiny', revision: undefined, isExplicit: true });
    assert.deepEqual(parseHubUri('hf:/acme/tiny@v1'), { repository: 'acme/tiny', revision: 'v1', isExplicit: true });
    assert.deepEqual(parseHubUri('acme/tiny'), { repository: 'acme/tiny', revision: undefined, isExplicit: false });
    for (const uri of ['src/core', 'models:/m', 'runs:/a/b', '/a/b', './a/b', 'file:///a', 'name', 'a/b/c'])
      assert.equal(parseHubUri(uri), undefined, uri);
    for (const uri of ['hf:', 'hf:../x', 'hf:a/b/c', 'hf:acme/tiny@'])
      assert.throws(() => parseHubUri(uri), { errorCode: 'INVALID_PARAMETER_VALUE' });
  });

  test('a bare name that is not cached is a path that does not exist', async () => {
    await refused(load('acme/unknown'), 'RESOURCE_DOES_NOT_EXIST', /No such artifact/);
  });

  test('generateSignatureOutput answers as the saved model would', async () => {
    const pipeline = await load(await modelFolder('output'));
    const output = await generateSignatureOutput(pipeline, 'text', {
      modelConfig: { function_to_apply: 'none' },
      params: { batch_size: 2 },
    });
    assert.deepEqual(output, [{ label: 'A', score: 0.5 }]);
    assert.deepEqual(called?.keywords, { function_to_apply: 'none', batch_size: 2 });
    assert.deepEqual(
      inferSignature('text', output).toDict().outputs,
      '[{"type": "string", "name": "label", "required": true}, {"type": "double", "name": "score", "required": true}]',
    );
    await refused(
      generateSignatureOutput({ model: 'x' }, 'text'),
      'INVALID_PARAMETER_VALUE',
      'The pipeline type submitted is not a valid transformers Pipeline. The type dict is not supported.',
    );
  });
});
