import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { RuntimeModel, Tensor } from '../../src/worker/runtime/model.js';
import { openModel } from '../../src/worker/runtime/openModel.js';
import type { PythonGeneration } from '../helpers/environment.js';
import { runPython } from '../helpers/python.js';
import type { ModelSpec } from './graphModels.js';

interface FlatTensor {
  dims: number[];
  data: number[];
}

/** What PyTorch answers for one model. */
export interface PythonAnswer {
  error?: string;
  inputs?: Record<string, number[][]>;
  features?: Record<string, FlatTensor>;
  outputs?: Record<string, FlatTensor>;
  sources?: number[][];
  prompts?: number[][];
  single?: Record<string, FlatTensor>;
  generated?: { options: Record<string, unknown>; sequences: number[][] }[];
}

/** Makes the checkpoints below a folder and asks PyTorch about them. */
export async function makeModels(
  generation: PythonGeneration,
  folder: string,
  specs: readonly ModelSpec[],
): Promise<Record<string, PythonAnswer>> {
  const script = await readFile(new URL('../fixtures/graph/tinyModels.py', import.meta.url), 'utf8');
  const models = specs.map(({ options, ...spec }) => ({ ...spec, generations: options }));
  return runPython(generation, script, { folder, models });
}

/** @throws AssertionError where the runtime answers otherwise, MlflowError where it refuses. */
export async function compareWithPython(
  generation: PythonGeneration,
  folder: string,
  spec: ModelSpec,
  answer: PythonAnswer,
): Promise<void> {
  const model = await openModel({
    checkpointFolder: path.join(folder, spec.name),
    adapterFolder: spec.lora ? path.join(folder, `${spec.name}-adapter`) : undefined,
    task: spec.task,
    modelClass: spec.modelClass,
    device: 'cpu',
    precision: 'fp32',
  });
  try {
    await compareForward(model, spec, answer);
    await compareGenerated(model, answer, spec, generation === 'new' ? 5 : 4);
  } finally {
    await model.dispose();
  }
}

async function compareForward(model: RuntimeModel, spec: ModelSpec, answer: PythonAnswer): Promise<void> {
  const tolerance = spec.tolerance ?? 1e-4;
  if (answer.outputs) {
    const inputs: Record<string, Tensor> = Object.fromEntries(
      Object.entries(answer.inputs ?? {}).map(([name, rows]) => [name, tensorOf(rows)]),
    );
    for (const [name, { dims, data }] of Object.entries(answer.features ?? {})) {
      inputs[name] = { dims, data: Float32Array.from(data) };
    }
    const mask = spec.kind === 'encoder' ? answer.inputs?.['attention_mask'] : undefined;
    compareOutputs(await model.forward(inputs), answer.outputs, tolerance, mask);
  }
  if (answer.single) {
    const outputs = await model.forward({ input_ids: tensorOf([answer.prompts?.[2] ?? []]) });
    compareOutputs(outputs, answer.single, tolerance, undefined);
  }
}

async function compareGenerated(
  model: RuntimeModel,
  answer: PythonAnswer,
  spec: ModelSpec,
  transformersMajor: 4 | 5,
): Promise<void> {
  for (const { options, sequences } of answer.generated ?? []) {
    const generation = { ...model.generationConfig, ...(options as Record<string, never>) };
    const inputIds = answer.prompts ?? answer.sources ?? [];
    const batches = spec.isAlone ? inputIds.map((row) => [row]) : [inputIds];
    const generated: number[][] = [];
    for (const batch of batches) {
      const result = await model.generate({ inputIds: batch, generation, transformersMajor });
      generated.push(...result.sequences);
    }
    const perPrompt = sequences.length / inputIds.length;
    const longest = Math.max(...inputIds.map((prompt) => prompt.length));
    const expected = sequences.map((sequence, index) => {
      const prompt = inputIds[Math.floor(index / perPrompt)] ?? [];
      return answer.prompts && !spec.isAlone ? sequence.slice(longest - prompt.length) : sequence;
    });
    for (const [index, sequence] of generated.entries()) {
      const rest = (expected[index] ?? []).slice(sequence.length);
      assert.deepEqual(sequence, (expected[index] ?? []).slice(0, sequence.length), JSON.stringify(options));
      // Beam search fills with the end token where the padding id is 0.
      const fillers = [generation['pad_token_id'] ?? 0, generation['eos_token_id'] ?? 3].flat();
      assert.ok(
        rest.every((id) => fillers.includes(id)),
        `ended early: ${JSON.stringify({ options, rest })}`,
      );
    }
    assert.equal(generated.length, expected.length);
  }
}

function tensorOf(rows: number[][]): Tensor {
  return { dims: [rows.length, rows[0]?.length ?? 0], data: BigInt64Array.from(rows.flat(), BigInt) };
}

/**
 * Differences are measured against the largest value. Positions that are padding are not compared: what stands there means
 * nothing.
 */
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
    let scale = 1;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < length; column++) {
        if (isByToken && mask[row]?.[column] === 0) continue;
        for (let index = (row * length + column) * width, end = index + width; index < end; index++) {
          const wanted = tensor.data[index] as number;
          const difference = Math.abs(Number(output.data[index]) - wanted);
          if (!(difference <= largest)) largest = difference;
          if (Math.abs(wanted) > scale) scale = Math.abs(wanted);
        }
      }
    }
    assert.ok(largest <= tolerance * scale, `${name} differs by ${largest}, the largest value being ${scale}`);
  }
}
