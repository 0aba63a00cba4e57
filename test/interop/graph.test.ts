import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openModel } from '../../src/worker/runtime/openModel.js';
import type { RuntimeModel, Tensor } from '../../src/worker/runtime/model.js';
import { runPython } from '../helpers/python.js';
import { graphModels, type ModelSpec } from './graphModels.js';

interface FlatTensor {
  dims: number[];
  data: number[];
}
interface Answer {
  error?: string;
  inputs?: Record<string, number[][]>;
  features?: Record<string, FlatTensor>;
  outputs?: Record<string, FlatTensor>;
  sources?: number[][];
  prompts?: number[][];
  single?: Record<string, FlatTensor>;
  generated?: { options: Record<string, unknown>; sequences: number[][] }[];
}

const only = process.env['GRAPH_MODELS'];

for (const generation of ['new', 'old'] as const) {
  describe(`graphs against PyTorch, transformers ${generation === 'new' ? 5 : 4}`, () => {
    const specs = graphModels.filter(
      ({ generations, name }) => generations.includes(generation) && (!only || new RegExp(only).test(name)),
    );
    let folder: string;
    let answers: Record<string, Answer>;
    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'graphs-'));
      const script = await readFile(new URL('../fixtures/graph/tinyModels.py', import.meta.url), 'utf8');
      const models = specs.map(({ options, ...spec }) => ({ ...spec, generations: options }));
      answers = await runPython(generation, script, { folder, models });
    });
    after(() => rm(folder, { recursive: true, force: true }));

    for (const spec of specs) {
      it(`${spec.name} answers as PyTorch does`, async () => {
        const answer = answers[spec.name];
        assert.ok(answer);
        assert.equal(answer.error, undefined, answer.error);
        const model = await openModel({
          checkpointFolder: path.join(folder, spec.name),
          adapterFolder: spec.lora ? path.join(folder, `${spec.name}-adapter`) : undefined,
          task: spec.task,
          modelClass: spec.modelClass,
          device: 'cpu',
          precision: 'fp32',
        });
        try {
          await compare(model, spec, answer, generation === 'new' ? 5 : 4);
        } finally {
          await model.dispose();
        }
      });
    }
  });
}

async function compare(model: RuntimeModel, spec: ModelSpec, answer: Answer, transformersMajor: 4 | 5): Promise<void> {
  const tolerance = spec.tolerance ?? 1e-4;
  if (answer.outputs) {
    const inputs: Record<string, Tensor> = Object.fromEntries(
      Object.entries(answer.inputs ?? {}).map(([name, rows]) => [name, tensorOf(rows)]),
    );
    for (const [name, { dims, data }] of Object.entries(answer.features ?? {})) {
      inputs[name] = { dims, data: Float32Array.from(data) };
    }
    const outputs = await model.forward(inputs);
    compareOutputs(
      outputs,
      answer.outputs,
      tolerance,
      spec.kind === 'encoder' ? answer.inputs?.['attention_mask'] : undefined,
    );
  }
  if (answer.single) {
    const outputs = await model.forward({ input_ids: tensorOf([answer.prompts?.[2] ?? []]) });
    compareOutputs(outputs, answer.single, tolerance, undefined);
  }
  for (const { options, sequences } of answer.generated ?? []) {
    const generation = { ...model.generationConfig, ...(options as Record<string, never>) };
    const inputIds = answer.prompts ?? answer.sources ?? [];
    const result = await model.generate({ inputIds, generation, transformersMajor });
    const perPrompt = sequences.length / inputIds.length;
    const longest = Math.max(...inputIds.map((prompt) => prompt.length));
    const expected = sequences.map((sequence, index) => {
      const prompt = inputIds[Math.floor(index / perPrompt)] ?? [];
      return answer.prompts ? sequence.slice(longest - prompt.length) : sequence;
    });
    for (const [index, sequence] of result.sequences.entries()) {
      const rest = (expected[index] ?? []).slice(sequence.length);
      assert.deepEqual(sequence, (expected[index] ?? []).slice(0, sequence.length), JSON.stringify(options));
      // Beam search fills with the end token where the padding id is 0.
      const fillers = [generation['pad_token_id'] ?? 0, 3];
      assert.ok(
        rest.every((id) => fillers.includes(id)),
        `ended early: ${JSON.stringify({ options, rest })}`,
      );
    }
    assert.equal(result.sequences.length, expected.length);
  }
}

function tensorOf(rows: number[][]): Tensor {
  return { dims: [rows.length, rows[0]?.length ?? 0], data: BigInt64Array.from(rows.flat(), BigInt) };
}

/** Positions that are padding are not compared: what stands there means nothing. */
function compareOutputs(
  outputs: Record<string, Tensor>,
  expected: Record<string, FlatTensor>,
  tolerance: number,
  mask: number[][] | undefined,
): void {
  for (const [name, tensor] of Object.entries(expected)) {
    const output = outputs[name];
    assert.ok(output, `${name} is missing; there are ${Object.keys(outputs).join(', ')}`);
    assert.deepEqual([...output.dims], tensor.dims, name);
    const [rows = 1, length = 1, ...rest] = tensor.dims;
    const width = rest.reduce((a, b) => a * b, 1);
    const isByToken = mask !== undefined && length === mask[0]?.length;
    let largest = 0;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < length; column++) {
        if (isByToken && mask[row]?.[column] === 0) continue;
        for (let index = (row * length + column) * width, end = index + width; index < end; index++) {
          const difference = Math.abs(Number(output.data[index]) - (tensor.data[index] as number));
          if (!(difference <= largest)) largest = difference;
        }
      }
    }
    assert.ok(largest <= tolerance, `${name} differs by ${largest}`);
  }
}
