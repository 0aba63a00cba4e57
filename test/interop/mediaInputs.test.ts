import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/ports.js';
import { isBase64Image } from '../../src/core/pyfunc/mediaInputs.js';
import { InferenceEngine } from '../../src/worker/engine/inferenceEngine.js';
import { difference } from '../helpers/closeValues.js';
import { runPython } from '../helpers/python.js';

interface MediaCall {
  what: string;
  data: unknown;
  params: JsonObject | null;
  predictions?: unknown;
  error?: { type: string; code: string | null; message: string };
}

interface MediaAnswers {
  models: { name: string; path: string; calls: MediaCall[] }[];
  /** Texts, and whether MLflow takes them for base64. */
  table: [string, boolean | string][];
}

/** Lines of the catalogue that a model's answers hold. */
const catalogueLines: Readonly<Record<string, string>> = {
  whisper: 'N15, M11',
  'whisper-files': 'N15, M11',
  'whisper-arrays': 'N15',
  'whisper-words': 'N16',
  classification: 'N17',
  images: 'M9, M11',
};

const script = await readFile(new URL('./scripts/mediaInputs.py', import.meta.url), 'utf8');
const engine = new InferenceEngine();

for (const generation of ['new', 'old'] as const) {
  const folder = await mkdtemp(path.join(tmpdir(), 'media-inputs-'));
  const server = createServer((request, response) => {
    readFile(path.join(folder, path.basename(request.url ?? ''))).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end('There is no such file.'),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { models, table } = await runPython<MediaAnswers>(generation, script, { folder, server: url });
  // What the script puts in place of an ffmpeg that is not installed serves both sides.
  process.env['PATH'] = `${process.env['PATH']}${path.delimiter}${path.join(folder, 'bin')}`;

  describe(`inputs of sounds and images, ${generation} Python`, () => {
    after(async () => {
      server.close();
      await rm(folder, { recursive: true, force: true });
    });

    it('texts are taken for base64 where MLflow takes them for it (M10)', () => {
      const found = table.map(([text]) => {
        try {
          return isBase64Image(text);
        } catch (error) {
          return (error as Error).message;
        }
      });
      const expected = table.map(([, detected]) =>
        typeof detected === 'string' ? detected.replace(/^\w+: /, '') : detected,
      );
      assert.deepEqual(found, expected);
    });

    for (const { name, path: modelPath, calls } of models) {
      const line = catalogueLines[name];
      it(`${name}: predictions and errors are those of mlflow.pyfunc${line ? ` (${line})` : ''}`, async () => {
        const { handle } = await engine.load({ modelPath, modelUri: modelPath, device: 'cpu', precision: 'fp32' });
        for (const call of calls) await check(handle, call);
        await engine.unload({ handle });
      });
    }
  });
}

async function check(handle: string, { what, data, params, predictions, error }: MediaCall): Promise<void> {
  const answer = engine.predict({ handle, data: decoded(data), ...(params ? { params } : {}) });
  if (error) {
    if (what === 'arrays') {
      // A list of numbers is taken for an array here, so that the refusal comes with other words.
      await assert.rejects(answer);
      return;
    }
    const expected = error.message.replace(/ <_io.BytesIO object at 0x[0-9a-f]+>/, '');
    await assert.rejects(
      answer,
      { message: expected, ...(error.code === null ? {} : { errorCode: error.code }) },
      `${what}: ${error.message.slice(0, 200)}`,
    );
    return;
  }
  const found: unknown = JSON.parse(JSON.stringify((await answer).predictions));
  assert.equal(difference(found, predictions), undefined, what);
}

function decoded(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(decoded);
  if (typeof data !== 'object' || data === null) return data;
  const { bytes, floats } = data as { bytes?: string; floats?: string };
  if (bytes !== undefined) return Buffer.from(bytes, 'base64');
  if (floats !== undefined) return new Float32Array(new Uint8Array(Buffer.from(floats, 'base64')).buffer);
  return data;
}
