import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { MlflowError } from '../../src/core/errors.js';
import { frameFromRecords } from '../../src/core/signature/frameConstruction.js';
import { InferenceEngine } from '../../src/worker/engine/inferenceEngine.js';
import { openModel } from '../../src/worker/runtime/openModel.js';
import { TapasTable } from '../../src/worker/tokenizer/tables/tapasEncoding.js';
import { TapasTokenizer } from '../../src/worker/tokenizer/tables/tapasTokenizer.js';
import { tapexText } from '../../src/worker/tokenizer/tables/tapexText.js';
import { Tokenizer } from '../../src/worker/tokenizer/tokenizer.js';
import { difference } from '../helpers/closeValues.js';
import { runPython } from '../helpers/python.js';

interface PythonErrorAnswer {
  type: string;
  code: string | null;
  message: string;
}

interface PythonPrediction {
  data: unknown;
  isFrame: boolean;
  predictions?: unknown;
  error?: PythonErrorAnswer;
}

/** What PyTorch makes of one padded batch. */
interface PythonScores {
  input_ids: number[][];
  attention_mask: number[][];
  token_type_ids: number[][][];
  logits: number[][];
  logits_aggregation: number[][] | null;
}

interface PythonModel {
  name: string;
  path: string;
  predictions: PythonPrediction[];
  scores: PythonScores[];
  raw?: unknown;
}

interface PythonEncoding {
  folder: string;
  setting: unknown;
  table: [string, string[]][];
  queries: string[];
  truncation: string;
  ids?: number[][];
  types?: number[][][];
  error?: PythonErrorAnswer;
}

/** A table and a question as TAPEX reads them. */
interface PythonText {
  folder: string;
  table: [string, string[]][];
  query: string;
  truncation: boolean;
  ids: number[];
}

interface PythonAnswers {
  models: PythonModel[];
  encodings: PythonEncoding[];
  texts: PythonText[];
}

const script = await readFile(new URL('./scripts/tableModels.py', import.meta.url), 'utf8');
const engine = new InferenceEngine();
const queries = (models: readonly PythonModel[]): string[] =>
  (models[0]?.predictions[1]?.data as { query: string[] }).query;
const actors = (models: readonly PythonModel[]): string => (models[0]?.predictions[0]?.data as { table: string }).table;

for (const generation of ['new', 'old'] as const) {
  const folder = await mkdtemp(path.join(tmpdir(), 'tables-'));
  const { models, encodings, texts } = await runPython<PythonAnswers>(generation, script, { folder });
  const transformersGeneration = generation === 'new' ? 5 : 4;
  describe(`questions about tables, ${generation} Python`, () => {
    after(() => rm(folder, { recursive: true, force: true }));

    for (const model of models) {
      it(`${model.name}: one answer or one a query, from dicts and frames, as mlflow.pyfunc gives them (N10)`, async () => {
        const { handle } = await load(model.path);
        for (const prediction of model.predictions) await check(handle, prediction);
        await engine.unload({ handle });
      });

      if (model.raw !== undefined) {
        it(`${model.name}: coordinates, cells and aggregators are the pipeline's`, async () => {
          const { handle } = await load(model.path);
          const { raw } = await engine.predict({ handle, data: { query: queries(models), table: actors(models) } });
          await engine.unload({ handle });
          assert.deepEqual(raw, model.raw);
        });
      }

      if (model.scores.length > 0) {
        it(`${model.name}: the scores of cells and aggregations are PyTorch's`, () => compareScores(model));
      }
    }

    it('the words, numbers, dates, ranks and relations of a table are those of the Python tokenizer', async () => {
      const tokenizers = new Map<string, TapasTokenizer>();
      for (const encoding of encodings) {
        const known = tokenizers.get(encoding.folder);
        const tokenizer = known ?? (await TapasTokenizer.load(encoding.folder, transformersGeneration));
        tokenizers.set(encoding.folder, tokenizer);
        compareEncoding(tokenizer, encoding);
      }
      assert.equal(encodings.length, 700);
    });

    if (generation === 'new') return;
    it('a table as text is that of the Python tokenizer', async () => {
      for (const { folder: tokenizerFolder, table, query, truncation, ids } of texts) {
        const tokenizer = await Tokenizer.load(tokenizerFolder, 4);
        const text = tapexText(tableOf(table), query, tokenizer);
        assert.deepEqual(
          tokenizer.encode(text, { truncation }),
          ids,
          JSON.stringify({ tokenizerFolder, table, query }),
        );
      }
      assert.equal(texts.length, 200);
    });
  });
}

function load(modelPath: string) {
  return engine.load({ modelPath, modelUri: modelPath, device: 'cpu', precision: 'fp32' });
}

async function check(handle: string, { data, isFrame, predictions, error }: PythonPrediction): Promise<void> {
  const shown = JSON.stringify(data).slice(0, 200);
  const given = isFrame ? frameFromRecords(data as unknown[], '3') : data;
  const answer = engine.predict({ handle, data: given });
  if (!error) {
    assert.deepEqual((await answer).predictions, predictions, shown);
    return;
  }
  await assert.rejects(answer, (thrown: unknown) => {
    assert.ok(MlflowError.is(thrown), `${shown}: ${String(thrown)}`);
    // Texts that are no literal: Python shows an object's address, or its parser's own words.
    const isNoLiteral = error.type === 'SyntaxError' || /<ast\.\w+ object/.test(error.message);
    if (isNoLiteral) assert.match(thrown.message, /^malformed node or string/, shown);
    else assert.equal(thrown.message, error.message, shown);
    if (error.code !== null) assert.equal(thrown.errorCode, error.code, shown);
    return true;
  });
}

async function compareScores({ path: modelPath, scores }: PythonModel): Promise<void> {
  const model = await openModel({
    checkpointFolder: path.join(modelPath, 'model'),
    task: 'table-question-answering',
    device: 'cpu',
    precision: 'fp32',
  });
  const tensor = (values: number[], dims: number[]) => ({ dims, data: BigInt64Array.from(values, BigInt) });
  for (const expected of scores) {
    const dims = [expected.input_ids.length, expected.input_ids[0]?.length ?? 0];
    const { logits, logits_aggregation: aggregation } = await model.forward({
      input_ids: tensor(expected.input_ids.flat(), dims),
      attention_mask: tensor(expected.attention_mask.flat(), dims),
      token_type_ids: tensor(expected.token_type_ids.flat(2), [...dims, 7]),
    });
    assert.equal(difference(Array.from(logits?.data as Float32Array), expected.logits.flat()), undefined);
    const found = aggregation ? Array.from(aggregation.data as Float32Array) : undefined;
    assert.equal(difference(found, expected.logits_aggregation?.flat()), undefined);
  }
  await model.dispose();
}

function tableOf(table: readonly [string, string[]][]) {
  const rowCount = table[0]?.[1].length ?? 0;
  return {
    columns: table.map(([name]) => name),
    rows: Array.from({ length: rowCount }, (_, row) => table.map(([, cells]) => cells[row] ?? '')),
  };
}

function compareEncoding(tokenizer: TapasTokenizer, encoding: PythonEncoding): void {
  const { table, queries: questions, truncation, ids, types, error } = encoding;
  const shown = JSON.stringify({ ...encoding, ids: undefined, types: undefined });
  const encode = () => {
    const text = new TapasTable(tokenizer, tableOf(table));
    return questions.map((question) => text.encode(question, truncation === 'drop_rows_to_fit'));
  };
  if (error) {
    assert.throws(encode, { message: error.message }, shown);
    return;
  }
  const found = encode();
  assert.deepEqual(
    found.map((row) => row.ids),
    ids,
    shown,
  );
  assert.deepEqual(
    found.map((row) => row.types),
    types,
    shown,
  );
}
