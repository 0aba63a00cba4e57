import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { MlflowError } from '../../src/core/errors.js';
import { Model } from '../../src/core/mlmodel/model.js';
import { InferenceEngine } from '../../src/worker/engine/inferenceEngine.js';
import { PyfuncSession, type PyfuncAnswer } from '../helpers/pyfuncSession.js';

const checkpoints = [
  'text-classification-bert',
  'token-classification-bert',
  'fill-mask-bert',
  'feature-extraction-bert',
  'zero-shot-bert',
  'text-generation-gpt2',
  'image-classification-vit',
  'question-answering-bert',
  'summarization-bart',
  'text2text-t5',
];
const greedy = { do_sample: false, max_new_tokens: 5 };
const frame = (columns: (string | number)[], ...data: unknown[][]) => ({ $frame: { columns, data } });
type Rows = Record<string, unknown>[];
const rowsOf = ({ predictions }: PyfuncAnswer): Rows => predictions as Rows;

for (const generation of ['new', 'old'] as const) {
  const root = await mkdtemp(path.join(tmpdir(), 'pyfunc-tasks-'));
  const session = new PyfuncSession(generation, root, checkpoints);
  after(async () => {
    session.close();
    await rm(root, { recursive: true, force: true });
  });

  describe(`mlflow.pyfunc of the ${generation} Python and here, task by task`, () => {
    it('zero-shot has a row for each sequence and label, also for one text (N7)', async () => {
      const model = await session.save('zero-shot-bert');
      const labels = ['sports', 'politics', 'food'];
      const rest = { candidate_labels: labels, hypothesis_template: 'This is {}.' };
      const [one, two] = await session.ask(model, [
        { data: { sequences: 'the quick fox', ...rest } },
        { data: { sequences: ['the quick fox', 'a lazy dog'], ...rest } },
      ]);
      assert.deepEqual(one!.columns, ['sequence', 'labels', 'scores']);
      assert.deepEqual(
        rowsOf(one!).map(({ sequence }) => sequence),
        Array(3).fill('the quick fox'),
      );
      assert.deepEqual(
        rowsOf(one!)
          .map(({ labels: label }) => label as string)
          .sort(),
        [...labels].sort(),
      );
      assert.equal(rowsOf(two!).length, 6);
    });

    it('text classification is a frame of labels and scores for a text, a list, and a dict with text_pair (N8)', async () => {
      const plain = await session.save('text-classification-bert');
      const [text, list] = await session.ask(plain, [{ data: 'the quick fox' }, { data: ['the quick fox', 'a dog'] }]);
      assert.deepEqual([text!.kind, text!.columns], ['DataFrame', ['label', 'score']]);
      assert.deepEqual([rowsOf(text!).length, rowsOf(list!).length], [1, 2]);
      const pair = { text: 'the quick fox', text_pair: 'a lazy dog' };
      const paired = await session.save('text-classification-bert', { input_example: [pair] });
      const [one, two] = await session.ask(paired, [{ data: pair }, { data: [pair, pair] }]);
      assert.deepEqual([one!.columns, rowsOf(one!).length, rowsOf(two!).length], [['label', 'score'], 1, 2]);
      assert.notDeepEqual(rowsOf(one!)[0], rowsOf(text!)[0]);
    });

    it('entities of a frame are those of the same list (N9)', async () => {
      const texts = ['my name is Wolfgang', 'hello world , I live in Berlin'];
      for (const aggregation_strategy of ['none', 'simple']) {
        const model = await session.save('token-classification-bert', { model_config: { aggregation_strategy } });
        const [list, unnamed, named] = await session.ask(model, [
          { data: texts },
          { data: frame([0], ...texts.map((text) => [text])) },
          { data: frame(['text'], ...texts.map((text) => [text])) },
        ]);
        assert.equal((list!.predictions as string[]).length, 2);
        assert.deepEqual(unnamed!.predictions, list!.predictions);
        assert.deepEqual(named!.predictions, list!.predictions);
      }
    });

    it("features of one text are its token matrix, of several the first text's only (N11)", async () => {
      const model = await session.save('feature-extraction-bert');
      const [text, list, several] = await session.ask(model, [
        { data: 'hello world' },
        { data: ['hello world'] },
        { data: ['hello world', 'the quick brown fox'] },
      ]);
      assert.equal(text!.kind, 'ndarray');
      const matrix = text!.predictions as number[][];
      assert.ok(matrix.length > 2 && matrix.every((row) => row.length === 32));
      assert.deepEqual(list!.predictions, matrix);
      assert.deepEqual(several!.predictions, matrix);
    });

    it('fill-mask gives the best token of each mask (N13)', async () => {
      const model = await session.save('fill-mask-bert');
      const [one, list, twice] = await session.ask(model, [
        { data: 'the [MASK] fox' },
        { data: ['the [MASK] fox', '[MASK] dog'] },
        { data: ['the [MASK] [MASK] fox'] },
      ]);
      assert.equal((one!.predictions as string[]).length, 1);
      assert.equal((list!.predictions as string[]).length, 2);
      assert.ok((list!.predictions as unknown[]).every((token) => typeof token === 'string'));
      assert.equal((twice!.predictions as unknown[]).flat().length, 2);
    });

    it('images come out in nested cells of the columns 0 to k-1, even a single one (N18)', async () => {
      const image = `${root}/image.png`;
      for (const [options, width] of [
        [{}, 3],
        [{ model_config: { top_k: 2 } }, 2],
      ] as const) {
        const model = await session.save('image-classification-vit', options);
        const [one, two] = await session.ask(model, [{ data: image }, { data: [image, image] }]);
        assert.deepEqual(
          one!.columns,
          Array.from({ length: width }, (_, i) => String(i)),
        );
        assert.deepEqual(Object.keys(rowsOf(one!)[0]!['0'] as object).sort(), ['label', 'score']);
        assert.deepEqual([rowsOf(one!).length, rowsOf(two!).length], [1, 2]);
      }
    });

    it('text classification with top_k null in the config has nested cells of all labels (N19)', async () => {
      const model = await session.save('text-classification-bert', { model_config: { top_k: null } });
      const [one, two] = await session.ask(model, [{ data: 'the fox' }, { data: ['the fox', 'a dog'] }]);
      assert.deepEqual(one!.columns, ['0', '1', '2']);
      assert.deepEqual([rowsOf(one!).length, rowsOf(two!).length], [1, 2]);
      const scores = ['0', '1', '2'].map((name) => (rowsOf(one!)[0]![name] as { score: number }).score);
      assert.deepEqual(
        scores,
        [...scores].sort((a, b) => b - a),
      );
    });

    it('params go over the saved config, and only those that the signature names (O1, O6)', async () => {
      const pair = { $pair: ['the quick', { max_new_tokens: 3 }] };
      const declared = await session.save('text-generation-gpt2', { model_config: greedy, input_example: pair });
      const [own, given, unknown] = await session.ask(declared, [
        { data: 'the quick' },
        { data: 'the quick', params: { max_new_tokens: 9 } },
        { data: 'the quick', params: { max_new_tokens: 9, min_new_tokens: 7 } },
      ]);
      const length = ({ predictions }: PyfuncAnswer): number => (predictions as string[])[0]!.length;
      assert.ok(length(own!) < length(given!));
      assert.deepEqual(unknown!.predictions, given!.predictions);
      const undeclared = await session.save('text-generation-gpt2', { model_config: greedy });
      const [saved, dropped] = await session.ask(undeclared, [
        { data: 'the quick' },
        { data: 'the quick', params: { max_new_tokens: 20 } },
      ]);
      assert.deepEqual(dropped!.predictions, saved!.predictions);
    });

    it('params of a wrong type are refused (O3), unknown generation options name the pipeline class (O2)', async () => {
      const pair = { $pair: ['the quick', { max_new_tokens: 3 }] };
      const declared = await session.save('text-generation-gpt2', { model_config: greedy, input_example: pair });
      const [wrong] = await session.ask(declared, [{ data: 'the quick', params: { max_new_tokens: 2.5 } }]);
      assert.match(wrong!.error?.message ?? '', /^Invalid parameters found: /);
      const odd = await session.save('text-generation-gpt2', { model_config: { ...greedy, not_an_option: 1 } });
      const [refused] = await session.ask(odd, [{ data: 'the quick' }]);
      assert.match(refused!.error?.message ?? '', /are not valid for pipeline TextGenerationPipeline\.$/);
    });

    it('params reach the pipeline when the model is served (O5)', async () => {
      const image = `${root}/image.png`;
      const model = await session.save('image-classification-vit', {
        input_example: { $pair: [image, { top_k: 1 }] },
      });
      const [one, two] = await session.ask(model, [
        { serve: { inputs: [image] } },
        { serve: { inputs: [image], params: { top_k: 2 } } },
      ]);
      const widths = [one!, two!].map(
        ({ body }) => Object.keys((body as { predictions: Rows }).predictions[0]!).length,
      );
      assert.deepEqual(widths, [1, 2]);
    });

    if (generation === 'old') {
      it('answers, summaries and translations are lists of texts (N12)', async () => {
        const asked = { question: 'where do I live ?', context: 'my name is Wolfgang and I live in Berlin' };
        const answering = await session.save('question-answering-bert');
        const short = { model_config: { max_new_tokens: 5 } };
        const summing = await session.save('summarization-bart', short);
        const translating = await session.save('text2text-t5', short, 'translation_en_to_de');
        for (const [model, one, two] of [
          [answering, asked, [asked, { question: 'who ?', context: 'Angela lives in Berlin' }]],
          [summing, 'the quick brown fox', ['the quick brown fox', 'hello world']],
          [translating, 'the quick brown fox', ['the quick brown fox', 'hello world']],
        ] as const) {
          const [single, list] = await session.ask(model, [{ data: one }, { data: two }]);
          for (const [answer, count] of [
            [single!, 1],
            [list!, 2],
          ] as const) {
            assert.equal(answer.kind, 'list');
            assert.equal((answer.predictions as unknown[]).length, count);
            assert.ok((answer.predictions as unknown[]).every((item) => typeof item === 'string'));
          }
        }
      });

      it('text2text takes its config, and params over it (O1)', async () => {
        const pair = { $pair: ['the quick brown fox', { max_new_tokens: 3 }] };
        const model = await session.save('text2text-t5', { model_config: { max_new_tokens: 4 }, input_example: pair });
        const [own, given] = await session.ask(model, [
          { data: 'hello world' },
          { data: 'hello world', params: { max_new_tokens: 12 } },
        ]);
        assert.notDeepEqual(own!.predictions, given!.predictions);
      });

      it('extra fields of a question pass through when it is served (O5)', async () => {
        const example = { question: 'where ?', context: 'in Berlin' };
        const model = await session.save('question-answering-bert', {
          input_example: { $pair: [example, { top_k: 1 }] },
        });
        const [one, three] = await session.ask(model, [
          { serve: { inputs: example } },
          { serve: { inputs: example, params: { top_k: 3 } } },
        ]);
        const counts = [one!, three!].map(({ body }) => (body as { predictions: unknown[] }).predictions.length);
        assert.ok(counts[0] === 1 && counts[1]! > 1, String(counts));
      });
    }

    it('a pipeline that pyfunc does not know has the flavor and no signature, and predict is refused (N20)', async () => {
      const model = await session.save('image-classification-vit', {}, 'image-feature-extraction');
      const data = `${root}/image.png`;
      const [answer] = await session.askPython(model, [{ data }]);
      assert.deepEqual(answer?.error, {
        type: 'MlflowException',
        code: 'BAD_REQUEST',
        message:
          'The loaded pipeline type ImageFeatureExtractionPipeline is not enabled for pyfunc predict functionality.',
      });
      const document = await Model.load(model);
      assert.ok(document.pythonFunctionFlavor);
      assert.equal(document.signature, null);
      const engine = new InferenceEngine();
      const ours = engine
        .load({ modelPath: model, modelUri: model, device: 'cpu', precision: 'fp32' })
        .then(({ handle }) => engine.predict({ handle, data }));
      await assert.rejects(
        ours,
        (error) =>
          MlflowError.is(error) && (error.reason === 'taskUnsupported' || error.message === answer.error?.message),
      );
    });
  });
}
