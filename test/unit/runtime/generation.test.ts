import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import { GraphBuilder } from '../../../src/core/graph/graphBuilder.js';
import { encodeOnnxModel } from '../../../src/core/graph/onnxModel.js';
import type { JsonObject } from '../../../src/core/ports.js';
import { TransformersVersion } from '../../../src/core/transformers/transformersVersion.js';
import {
  generationDefaults,
  pipelineGenerationConfig,
  readGenerationOptions,
} from '../../../src/worker/runtime/generation/generationOptions.js';
import { largest } from '../../../src/worker/runtime/generation/sampling.js';
import type { RuntimeModel } from '../../../src/worker/runtime/model.js';
import { openModel } from '../../../src/worker/runtime/openModel.js';

const vocabulary = 16;

/** An exported model that answers each token with the next one, and a little with all others. */
function nextTokenModel(): Uint8Array {
  const b = new GraphBuilder();
  const ids = b.input('input_ids', 'int64', ['batch_size', 'sequence_length']);
  const table = new Float32Array(vocabulary * vocabulary);
  for (let row = 0; row < vocabulary; row++) {
    for (let column = 0; column < vocabulary; column++)
      table[row * vocabulary + column] = -Math.abs(row + 1 - column) / 2;
  }
  const logits = b.gather(b.floats(table, [vocabulary, vocabulary]), ids);
  b.output('logits', logits, ['batch_size', 'sequence_length', vocabulary]);
  return encodeOnnxModel(b.build(), (file) => file);
}

describe('generation over an ONNX export', () => {
  let folder: string;
  let model: RuntimeModel;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'export-'));
    await mkdir(path.join(folder, 'onnx'));
    await writeFile(path.join(folder, 'onnx', 'model.onnx'), nextTokenModel());
    const config = { model_type: 'unknown', architectures: ['UnknownForCausalLM'] };
    await writeFile(path.join(folder, 'config.json'), JSON.stringify(config));
    model = await openModel({ checkpointFolder: folder, task: 'text-generation', device: 'cpu', precision: 'auto' });
  });
  after(async () => {
    await model.dispose();
    await rm(folder, { recursive: true });
  });

  const generate = (generation: JsonObject, extra: Partial<Parameters<RuntimeModel['generate']>[0]> = {}) =>
    model.generate({ inputIds: [[2, 3], [5]], generation, ...extra });

  it('opens an architecture that has no generated graph', () => assert.equal(model.canGenerate, true));

  it('follows the most probable token, each row from its own end', async () => {
    const { sequences, finishReason } = await generate({ max_new_tokens: 3 });
    assert.deepEqual(sequences, [
      [2, 3, 4, 5, 6],
      [5, 6, 7, 8],
    ]);
    assert.equal(finishReason, 'length');
  });

  it('ends each row at any of the end tokens', async () => {
    const { sequences, finishReason } = await generate({ max_new_tokens: 9, eos_token_id: [6, 9] });
    assert.deepEqual(sequences, [
      [2, 3, 4, 5, 6],
      [5, 6],
    ]);
    assert.equal(finishReason, 'stop');
  });

  it('ends at a stop sequence', async () => {
    const { sequences } = await generate({ max_new_tokens: 9 }, { inputIds: [[2]], stopSequences: [[4, 5]] });
    assert.deepEqual(sequences, [[2, 3, 4, 5]]);
  });

  it('counts the default length of 20 from the prompt in transformers 5 and from the beginning in 4', async () => {
    const lengthOf = async (transformersMajor: 4 | 5) =>
      (await generate({}, { inputIds: [[2, 3, 4]], transformersMajor })).sequences[0]?.length;
    assert.equal(await lengthOf(5), 23);
    assert.equal(await lengthOf(4), 20);
  });

  it('gives the same sample for the same seed and another for another', async () => {
    const sample = async (seed: number) =>
      (await generate({ do_sample: true, temperature: 3, max_new_tokens: 12, seed })).sequences.join('|');
    assert.equal(await sample(1), await sample(1));
    assert.notEqual(await sample(1), await sample(2));
  });

  it('keeps only the most probable with top_k 1 or a tiny top_p', async () => {
    const greedy = (await generate({ max_new_tokens: 5 })).sequences;
    for (const filter of [{ top_k: 1 }, { top_p: 0.01 }, { min_p: 0.9 }] as JsonObject[]) {
      assert.deepEqual((await generate({ do_sample: true, max_new_tokens: 5, ...filter })).sequences, greedy);
    }
  });

  it('returns several sequences a prompt', async () => {
    const { sequences } = await generate({ do_sample: true, num_return_sequences: 3, max_new_tokens: 2 });
    assert.deepEqual(
      sequences.map((sequence) => sequence[0]),
      [2, 2, 2, 5, 5, 5],
    );
  });

  it('stops between two tokens when it is cancelled and keeps what it has', async () => {
    const controller = new AbortController();
    let tokens = 0;
    const result = await generate(
      { max_new_tokens: 500 },
      { inputIds: [[2]], signal: controller.signal, onToken: () => ++tokens === 3 && controller.abort() },
    );
    assert.equal(result.finishReason, 'cancelled');
    assert.deepEqual(result.sequences, [[2, 3, 4, 5]]);
  });

  const refused: [JsonObject, RegExp][] = [
    [
      { do_sample: true, temperature: 0 },
      /`temperature` \(=0\.0\) has to be a strictly positive float.*do_sample=False/,
    ],
    [{ do_sample: true, top_k: -1 }, /`top_k` has to be a strictly positive integer, but is -1/],
    [{ do_sample: true, top_p: -0.5 }, /`top_p` has to be a float > 0 and < 1, but is -0\.5/],
    [{ repetition_penalty: -1 }, /`penalty` has to be a strictly positive float, but is -1/],
    [{ max_new_tokens: 0 }, /`max_new_tokens` must be greater than 0, but is 0\./],
    [{ max_length: 1 }, /Input length of input_ids is 2, but `max_length` is set to 1\./],
    [{ num_return_sequences: 2 }, /Greedy methods \(do_sample != True\).*\(got 2\)/],
    [
      { num_beams: 2, num_return_sequences: 3 },
      /`num_return_sequences` \(3\) has to be smaller or equal to `num_beams` \(2\)\./,
    ],
    [
      { guidance_scale: 2, negative_prompt_ids: [[3]] },
      /ones_like\(\): argument 'input' \(position 1\) must be Tensor, not list/,
    ],
    [{ bad_words_ids: [[99]] }, /vocabulary size is 16, but the following tokens were being biased: \[99\]/],
  ];
  for (const [options, text] of refused) {
    it(`refuses ${JSON.stringify(options)} in transformers' words`, () =>
      assert.rejects(
        generate({ max_new_tokens: 2, ...('max_length' in options ? { max_new_tokens: null } : {}), ...options }),
        (error: unknown) => {
          assert.ok(MlflowError.is(error, 'INVALID_PARAMETER_VALUE'));
          assert.match(error.message, text);
          return true;
        },
      ));
  }

  it('refuses what only Python does, naming the option', () =>
    assert.rejects(
      generate({ dola_layers: 'low' }, { version: new TransformersVersion('4.43.4') }),
      /dola_layers.*python engine/,
    ));

  it('an export without hidden states refuses contrastive search, saying why', () =>
    assert.rejects(generate({ penalty_alpha: 0.6, top_k: 4 }, { version: new TransformersVersion('4.43.4') }), {
      errorCode: 'NOT_IMPLEMENTED',
      message: /penalty_alpha.*hidden states, which this ONNX export does not give/,
    }));

  for (const [options, title, repository, since] of [
    [{ penalty_alpha: 0.6, top_k: 4 }, 'Contrastive Search', 'contrastive-search', '4.56.0'],
    [{ dola_layers: 'low' }, 'Dola Generation', 'dola', '4.56.0'],
    [{ num_beams: 2, num_beam_groups: 2 }, 'Group Beam Search', 'group-beam-search', '5.23.0'],
    [{ force_words_ids: [[3]], num_beams: 2 }, 'Constrained Beam Search', 'constrained-beam-search', '4.57.1'],
  ] as const) {
    it(`${title} is code on the Hub for models of ${since}, which is never executed`, () =>
      assert.rejects(generate(options as JsonObject, { version: new TransformersVersion(since) }), {
        errorCode: 'INVALID_PARAMETER_VALUE',
        message:
          `${title} requires \`trust_remote_code=True\` in your \`generate\` call, since it loads ` +
          `https://hf.co/transformers-community/${repository}.`,
      }));
  }

  it('groups of beams keep apart: each begins with another token', async () => {
    const options = { num_beams: 4, num_beam_groups: 4, diversity_penalty: 50, num_return_sequences: 4 };
    const version = new TransformersVersion('4.43.4');
    const { sequences } = await generate({ ...options, max_new_tokens: 1 }, { inputIds: [[5]], version });
    assert.equal(new Set(sequences.map((sequence) => sequence[1])).size, 4);
  });

  it('a cancelled search with hypotheses gives what runs', async () => {
    const controller = new AbortController();
    controller.abort();
    const version = new TransformersVersion('4.43.4');
    const result = await generate({ num_beams: 2 }, { inputIds: [[2]], version, signal: controller.signal });
    assert.deepEqual(result, { sequences: [[2]], finishReason: 'cancelled' });
  });
});

describe('pipeline defaults', () => {
  it('are added by transformers 5 where nothing is set', () => {
    assert.deepEqual(generationDefaults('text-generation', new TransformersVersion('5.23.0'), {}), {
      max_new_tokens: 256,
      do_sample: true,
      temperature: 0.7,
    });
    assert.deepEqual(generationDefaults('text-generation', new TransformersVersion('5.23.0'), { do_sample: false }), {
      max_new_tokens: 256,
    });
    assert.deepEqual(
      generationDefaults('text-generation', new TransformersVersion('5.23.0'), { max_length: 9, do_sample: false }),
      {},
    );
  });
  it('are unknown to transformers before 4.47', () =>
    assert.deepEqual(generationDefaults('text-generation', new TransformersVersion('4.43.4'), {}), {}));
  it('begin after the prompt from 4.47, and win over the model from 4.52 to 4.57, except over its length', () => {
    const at = (text: string) => new TransformersVersion(text);
    assert.deepEqual(generationDefaults('summarization', at('4.46.3'), {}), {});
    assert.deepEqual(generationDefaults('summarization', at('4.47.1'), {}), { max_new_tokens: 20 });
    assert.deepEqual(generationDefaults('summarization', at('4.47.1'), { max_length: 9 }), {});
    assert.deepEqual(generationDefaults('summarization', at('4.52.4'), {}), {});
    const model = { num_beams: 2, top_k: 3 };
    assert.deepEqual(pipelineGenerationConfig('translation_en_to_de', at('4.51.3'), model), model);
    const changed = { num_beams: 4, top_k: 3, max_new_tokens: 256 };
    assert.deepEqual(pipelineGenerationConfig('translation_en_to_de', at('4.57.1'), model), changed);
    const ofLength = pipelineGenerationConfig('summarization', at('4.52.4'), { max_length: 60, max_new_tokens: 5 });
    assert.deepEqual(ofLength, { max_length: 60, max_new_tokens: null, num_beams: 4 });
    assert.deepEqual(pipelineGenerationConfig('text-generation', at('5.0.0'), model), model);
  });
  it('never reach beyond the positions of the model', () => {
    const context = { promptLength: 10, isEncoderDecoder: false, maxPositions: 16, transformersMajor: 5 } as const;
    assert.equal(readGenerationOptions({}, context).maxLength, 16);
  });
});

describe('largest', () => {
  it('sorts by value and prefers the first of equals', () => {
    assert.deepEqual(largest(Float32Array.of(1, 5, 5, -2, 9), 3), [4, 1, 2]);
  });
});
