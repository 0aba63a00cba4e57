import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/ports.js';
import { toServingJson } from '../../src/core/pyfunc/servingJson.js';
import { readModelFolder } from '../../src/worker/engine/modelFolder.js';
import { openPipeline, type OpenedPipeline } from '../../src/worker/engine/openPipeline.js';
import { difference } from '../helpers/closeValues.js';
import { runPython } from '../helpers/python.js';

interface SpeechCall {
  seed: number;
  seconds: number;
  kwargs: JsonObject;
  answer?: unknown;
  error?: { type: string; message: string };
}

interface SpeechModel {
  name: string;
  path: string;
  calls: SpeechCall[];
}

const script = await readFile(new URL('./scripts/speechModels.py', import.meta.url), 'utf8');

for (const generation of ['new', 'old'] as const) {
  const folder = await mkdtemp(path.join(tmpdir(), 'speech-'));
  const { models } = await runPython<{ models: SpeechModel[] }>(generation, script, { folder });
  describe(`speech recognition, ${generation} Python`, () => {
    after(() => rm(folder, { recursive: true, force: true }));
    for (const model of models) {
      describe(model.name, () => {
        let opened: Promise<OpenedPipeline> | undefined;
        after(async () => (await opened)?.model.dispose());
        for (const call of model.calls) {
          it(`${call.seconds} s with ${JSON.stringify(call.kwargs)}: what transformers' pipeline answers`, async () => {
            opened ??= open(model.path);
            await check((await opened).pipeline, folder, call);
          });
        }
      });
    }
  });
}

async function open(modelPath: string): Promise<OpenedPipeline> {
  const warn = { onWarning: () => undefined };
  const folder = await readModelFolder(modelPath, { modelUri: modelPath, isPyfunc: true, ...warn });
  return openPipeline(folder, { modelUri: modelPath, device: 'cpu', precision: 'fp32', ...warn });
}

async function check(
  pipeline: OpenedPipeline['pipeline'],
  folder: string,
  { seed, seconds, kwargs, answer, error }: SpeechCall,
): Promise<void> {
  const bytes = new Uint8Array(await readFile(path.join(folder, `sound-${seed}-${seconds}.f32`)));
  const called = pipeline.call(new Float32Array(bytes.buffer), kwargs);
  if (error) {
    await assert.rejects(called, { message: error.message });
    return;
  }
  const found: unknown = JSON.parse(JSON.stringify(toServingJson(await called)));
  assert.equal(difference(found, answer), undefined);
}
