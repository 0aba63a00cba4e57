import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import { buildFolder } from '../../../src/core/files/atomicFolder.js';
import { requireSpace } from '../../../src/core/files/placeTree.js';
import { saveModel } from '../../../src/core/transformers/saveModel.js';
import { writeTinyCheckpoint } from '../../helpers/tinyCheckpoint.js';

const root = await mkdtemp(path.join(tmpdir(), 'save-bad-'));
after(() => rm(root, { recursive: true, force: true }));
const options = { task: 'text-classification', pipRequirements: ['x'] };
let count = 0;
let folder = '';
let source = '';
let target = '';
beforeEach(async () => {
  folder = path.join(root, String(++count));
  source = await writeTinyCheckpoint(path.join(folder, 'checkpoint'));
  target = path.join(folder, 'out', 'model');
  await mkdir(path.dirname(target));
});

/** Rejects with this message and code, and leaves neither the target nor a temporary folder. */
async function refused(save: Promise<unknown>, message: RegExp, code: string): Promise<void> {
  await assert.rejects(save, (error: unknown) => {
    assert.ok(MlflowError.is(error), String(error));
    assert.match(error.message, message);
    assert.equal(error.errorCode, code);
    return true;
  });
  assert.deepEqual(await readdir(path.dirname(target)), []);
}

describe('a save that cannot succeed', () => {
  it('a full disk is said, and nothing remains', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const save = buildFolder(target, async (temporary) => {
      await writeFile(path.join(temporary, 'half'), 'x');
      throw full;
    });
    await refused(save, /^The disk is full: .*model could not be written\. Free some space/, 'RESOURCE_EXHAUSTED');
    await refused(requireSpace(folder, 2 ** 60), /bytes free, 1152921504606847000 are needed/, 'RESOURCE_EXHAUSTED');
  });
  it('a disk too small for the weights is found before they are copied', async () => {
    await truncate(path.join(source, 'model.safetensors'), 2 ** 43).catch(() => undefined);
    const { size } = await stat(path.join(source, 'model.safetensors'));
    // A file system without such large sparse files cannot show this; the rule itself is tested above.
    if (size === 2 ** 43) await refused(saveModel(source, target, options), /bytes free/, 'RESOURCE_EXHAUSTED');
    await truncate(path.join(source, 'model.safetensors'), 0);
  });
  it('a target inside the source is refused', async () => {
    const inside = path.join(source, 'model');
    await assert.rejects(saveModel(source, inside, options), /lies inside the folder/);
    assert.deepEqual((await readdir(source)).sort(), [
      ...['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'],
    ]);
  });
  it('a read-only folder is said', async (context) => {
    await chmod(path.dirname(target), 0o555);
    try {
      const writable = await writeFile(path.join(path.dirname(target), 'probe'), '').then(
        () => true,
        () => false,
      );
      if (writable) {
        await rm(path.join(path.dirname(target), 'probe'));
        context.diagnostic('this user may write everywhere; the error itself is made by hand');
        const denied = Object.assign(new Error('EACCES'), { code: 'EACCES' });
        const save = buildFolder(target, () => Promise.reject(denied));
        await refused(save, /read-only for this user/, 'PERMISSION_DENIED');
      } else await refused(saveModel(source, target, options), /read-only for this user/, 'PERMISSION_DENIED');
    } finally {
      await chmod(path.dirname(target), 0o755);
    }
  });
  it('weights that change while they are copied or converted are refused', async () => {
    for (const more of [{}, { torchDtype: 'float16' }]) {
      let isTouched = false;
      const save = saveModel(source, target, {
        ...options,
        ...more,
        onProgress: ({ message }) => {
          if (isTouched || !message.includes('model.safetensors')) return;
          isTouched = true;
          // Synchronously, so that the change falls into the copy.
          touch(path.join(source, 'model.safetensors'));
        },
      });
      await refused(save, /changed while (it was|they were) being/, 'INVALID_STATE');
    }
  });
  it('pickled weights alone are refused with the reason and the remedy', async () => {
    await rm(path.join(source, 'model.safetensors'));
    for (const name of ['pytorch_model.bin', 'model.pt', 'model.pkl']) {
      await writeFile(path.join(source, name), 'x');
      await refused(
        saveModel(source, target, options),
        /can run code when it is read.*safetensors/,
        'INVALID_PARAMETER_VALUE',
      );
      await rm(path.join(source, name));
    }
  });
  it('links in a circle are refused', async () => {
    await symlink(source, path.join(source, 'loop'));
    await refused(saveModel(source, target, options), /leads back to/, 'INVALID_PARAMETER_VALUE');
  });
  it('an index that names files outside is refused', async () => {
    await rm(path.join(source, 'model.safetensors'));
    const index = { metadata: {}, weight_map: { a: '../../x.safetensors' } };
    await writeFile(path.join(source, 'model.safetensors.index.json'), JSON.stringify(index));
    await writeFile(path.join(source, 'model-00001-of-00001.safetensors'), 'x');
    const save = saveModel(source, target, { ...options, maxShardSize: '1MB' });
    await refused(save, /\.\.\/\.\.\/x\.safetensors/, 'INVALID_PARAMETER_VALUE');
  });
  it('a repository id with path tricks never reaches the Hub', async () => {
    const asked: string[] = [];
    const spy = (name: string): Promise<never> => {
      asked.push(name);
      return Promise.reject(new Error('asked'));
    };
    const hub = { latestCommit: spy, modelCard: spy, listFiles: spy, downloadFile: spy, downloadSnapshot: spy };
    for (const id of ['../../etc/x', 'a/../b', 'owner/..', 'a//b', 'https://x/y'])
      await refused(
        saveModel(id, target, options, { hub }),
        /does not contain a config\.json/,
        'INVALID_PARAMETER_VALUE',
      );
    assert.deepEqual(asked, []);
  });
  it('yaml in a circle, or many aliases, in conda_env is refused', async () => {
    const file = path.join(folder, 'env.yaml');
    await writeFile(file, 'a: &a\n  dependencies: *a\n');
    await assert.rejects(saveModel(source, target, { task: options.task, condaEnv: file }), MlflowError);
    const circle: Record<string, unknown> = { name: 'x', dependencies: [] };
    circle['self'] = circle;
    await assert.rejects(saveModel(source, target, { task: options.task, condaEnv: circle as never }), MlflowError);
    assert.deepEqual(await readdir(path.dirname(target)), []);
  });
  it('a template with two placeholders is refused', async () => {
    await writeTinyCheckpoint(source, { config: { architectures: ['GPT2LMHeadModel'], model_type: 'gpt2' } });
    const save = saveModel(source, target, {
      ...options,
      task: 'text-generation',
      promptTemplate: '{prompt} {prompt}',
    });
    await refused(save, /single format arg, 'prompt'/, 'INVALID_PARAMETER_VALUE');
  });
  it('a signature of 10 MB is written and read again', async () => {
    const inputs = JSON.stringify(
      Array.from({ length: 160_000 }, (_, index) => ({ type: 'string', name: `column ${index}`, required: true })),
    );
    assert.ok(inputs.length > 9e6);
    const { model } = await saveModel(source, target, {
      ...options,
      signature: { inputs, outputs: null, params: null },
    });
    assert.ok((await stat(path.join(target, 'MLmodel'))).size > 9e6);
    assert.ok(model.signature!.inputs!.length > 9e6);
  });
});

describe('a save that is stopped', () => {
  it('cancel leaves nothing, wherever it comes', async () => {
    for (const word of ['config.json', 'model.safetensors', 'tokenizer.json']) {
      const controller = new AbortController();
      const save = saveModel(source, target, {
        ...options,
        signal: controller.signal,
        onProgress: ({ message }) => {
          if (message.includes(word)) controller.abort();
        },
      });
      await refused(save, /cancelled/, 'CANCELLED');
    }
    await refused(saveModel(source, target, { ...options, signal: AbortSignal.abort() }), /cancelled/, 'CANCELLED');
  });
  it('kill -9 at any point shows nothing under the name, and the next save tidies up', async () => {
    await writeTinyCheckpoint(source, { tensorLength: 20_000_000 });
    const script =
      `import { saveModel } from ${JSON.stringify(path.resolve('src/core/transformers/saveModel.ts'))};\n` +
      `process.stdout.write('ready');\n` +
      `await saveModel(${JSON.stringify(source)}, ${JSON.stringify(target)}, ${JSON.stringify(options)});\n` +
      `await new Promise((resolve) => setTimeout(resolve, 60000));`;
    for (const delayMs of [0, 20, 60]) {
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
      const names = await readdir(path.dirname(target));
      if (names.includes('model')) {
        assert.ok((await readdir(target)).includes('requirements.txt'), 'the name stands for a whole model');
        await rm(target, { recursive: true });
      }
    }
    await saveModel(source, target, options);
    assert.deepEqual(await readdir(path.dirname(target)), ['model']);
  });
});

/** Changes a file's time. */
function touch(file: string): void {
  utimesSync(file, new Date(), new Date(Date.now() + 60_000));
}
