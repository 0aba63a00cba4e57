import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/ports.js';
import { TransformersVersion } from '../../src/core/transformers/transformersVersion.js';
import { readGenerationOptions } from '../../src/worker/runtime/generation/generationOptions.js';
import { logitsProcessors } from '../../src/worker/runtime/generation/logitsProcessors.js';
import { openModel } from '../../src/worker/runtime/openModel.js';
import { runPython } from '../helpers/python.js';

interface ScoredRows {
  options: JsonObject;
  isPair: boolean;
  promptLength: number;
  encoderIds: number[][];
  ids: number[][];
  scores: number[][];
  /** `null` for NaN. */
  result?: (number | null)[][];
  error?: string;
}

interface PythonModel {
  name: string;
  folder: string;
  version: string;
  calls: {
    prompts: number[][];
    options: JsonObject;
    negativePrompts?: number[][];
    sequences?: number[][];
    error?: string;
  }[];
}

const script = await readFile(new URL('./scripts/generationOptions.py', import.meta.url), 'utf8');
const padId = 1;

for (const generation of ['old', 'new'] as const) {
  const folder = await mkdtemp(path.join(tmpdir(), 'options-'));
  const { scored, models } = await runPython<{ scored: ScoredRows[]; models: PythonModel[] }>(generation, script, {
    folder,
    scored: 200,
  });
  const major = generation === 'old' ? 4 : 5;
  const version = new TransformersVersion(models[0]!.version);

  describe(`generation options, ${generation} Python`, () => {
    after(() => rm(folder, { recursive: true }));

    it('makes of random scores what the logits processors of transformers make of them', () => {
      for (const rows of scored) {
        const shown = JSON.stringify({ ...rows, scores: undefined, result: undefined });
        if (rows.error === undefined) assertClose(processed(rows, major, version), rows.result!, shown);
        else assert.throws(() => processed(rows, major, version), { message: rows.error }, shown);
      }
    });

    for (const { name, folder: checkpointFolder, calls } of models) {
      it(`${name}: forced words, guidance, watermarks and biases find the tokens that Python finds`, async () => {
        const model = await openModel({
          checkpointFolder,
          task: 'text-generation',
          device: 'cpu',
          precision: 'fp32',
        });
        for (const { prompts, options, negativePrompts, sequences, error } of calls) {
          const shown = JSON.stringify({ prompts, options, negativePrompts });
          const answer = model.generate({
            inputIds: prompts,
            generation: { ...model.generationConfig, ...options },
            negativePromptIds: negativePrompts,
            transformersMajor: major,
            version,
          });
          if (error === undefined) {
            assert.deepEqual((await answer).sequences.map(withoutPadding), sequences?.map(withoutPadding), shown);
          } else await assert.rejects(answer, { message: error }, shown);
        }
        await model.dispose();
      });
    }
  });
}

function processed(rows: ScoredRows, transformersMajor: 4 | 5, version: TransformersVersion): number[][] {
  const { promptLength, encoderIds, ids, isPair } = rows;
  const json = { bos_token_id: 0, pad_token_id: padId, eos_token_id: 2, ...rows.options };
  const options = readGenerationOptions(json, {
    promptLength,
    isEncoderDecoder: isPair,
    maxPositions: null,
    transformersMajor,
    version,
  });
  const vocabularySize = rows.scores[0]!.length;
  const processors = logitsProcessors(options, { promptLength, encoderIds, vocabularySize });
  return rows.scores.map((row, index) => {
    const scores = Float32Array.from(row);
    const place = { padding: 0, row: index, rows: ids.length, runRow: index };
    for (const process of processors) process(ids[index]!, scores, place);
    return [...scores];
  });
}

function assertClose(actual: number[][], expected: (number | null)[][], shown: string): void {
  for (const [row, values] of expected.entries()) {
    for (const [id, value] of values.entries()) {
      const own = actual[row]![id]!;
      const isClose =
        value === null ? Number.isNaN(own) : own === value || Math.abs(own - value) <= 1e-5 * (1 + Math.abs(value));
      assert.ok(isClose, `${shown}: row ${row}, token ${id}: ${own} for ${value}`);
    }
  }
}

/** Shorter sequences of a batch are filled up. */
function withoutPadding(ids: readonly number[]): number[] {
  const end = ids.findLastIndex((id) => id !== padId);
  return ids.slice(0, end + 1);
}
