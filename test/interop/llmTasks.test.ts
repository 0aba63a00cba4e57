import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/ports.js';
import { PyfuncSession, type PyfuncAnswer } from '../helpers/pyfuncSession.js';

interface Completion {
  id: string;
  object: string;
  model: string;
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
  choices: { index: number; finish_reason: string; text?: string; message?: { role: string; content: string } }[];
}

const checkpoints = ['text-generation-gpt2', 'text-generation-neox', 'feature-extraction-bert'];
const greedy = { do_sample: false };
const messages = [{ role: 'user', content: 'where do I live ?' }];
const completionsOf = ({ predictions, body }: PyfuncAnswer): Completion[] => (predictions ?? body) as Completion[];
/** What the clock and chance decide. */
const arbitrary = ['id', 'created'];
const frame = (columns: string[], ...data: unknown[][]) => ({ $frame: { columns, data } });

for (const generation of ['new', 'old'] as const) {
  const root = await mkdtemp(path.join(tmpdir(), 'llm-tasks-'));
  const session = new PyfuncSession(generation, root, checkpoints);
  after(async () => {
    session.close();
    await rm(root, { recursive: true, force: true });
  });

  describe(`llm/v1 tasks of the ${generation} Python and here`, () => {
    it('a completion has its own id, and a text, usage and reason that agree with each other (P7, P8)', async () => {
      const options = { task: 'llm/v1/completions', model_config: { ...greedy, max_new_tokens: 6 } };
      const model = await session.save('text-generation-gpt2', options);
      const prompts = ['hello world', 'the quick brown'];
      const [one, two] = await session.ask(
        model,
        [{ data: { prompt: prompts[0]! } }, { data: frame(['prompt'], ...prompts.map((prompt) => [prompt])) }],
        arbitrary,
      );
      assert.equal(completionsOf(one!).length, 1);
      const all = [...completionsOf(one!), ...completionsOf(two!)];
      assert.equal(new Set(all.map(({ id }) => id)).size, 3);
      for (const { object, usage, choices } of all) {
        assert.equal(object, 'text_completion');
        assert.equal(usage.prompt_tokens + usage.completion_tokens, usage.total_tokens);
        assert.equal(choices[0]!.finish_reason, usage.completion_tokens === 6 ? 'length' : 'stop');
        assert.ok(prompts.every((prompt) => !choices[0]!.text!.startsWith(prompt)));
      }
    });

    it('max_tokens stands in the config, and in the request over it (P10)', async () => {
      for (const task of ['llm/v1/completions', 'llm/v1/chat']) {
        const input: JsonObject = task.endsWith('chat') ? { messages } : { prompt: 'hello world' };
        const model = await session.save('text-generation-gpt2', { task, model_config: { ...greedy, max_tokens: 4 } });
        const [saved, given] = await session.ask(
          model,
          [{ data: input }, { data: { ...input, max_tokens: 9 } }],
          arbitrary,
        );
        const counts = [saved!, given!].map((answer) => completionsOf(answer)[0]!.usage.completion_tokens);
        assert.deepEqual(counts, [4, 9]);
      }
    });

    it('embeddings: a text is one vector, a list or a frame of n are n, with tokens counted; served wrapped and bare (P12)', async () => {
      const model = await session.save('feature-extraction-bert', { task: 'llm/v1/embeddings' });
      const texts = ['hello world', 'the quick brown fox', 'dog'];
      const [text, list, rows, wrapped, bare] = await session.ask(model, [
        { data: { input: texts[0]! } },
        { data: { input: texts } },
        { data: frame(['input'], ...texts.map((item) => [item])) },
        { serve: { inputs: { input: texts } } },
        { serve: { input: texts } },
      ]);
      type Embeddings = {
        object: string;
        data: { index: number; embedding: number[] }[];
        usage: Record<string, number>;
      };
      const answers = [text!, list!, rows!].map(({ predictions }) => predictions as Embeddings);
      assert.deepEqual(
        answers.map(({ data }) => data.length),
        [1, 3, 3],
      );
      assert.deepEqual(answers[2], answers[1]);
      assert.deepEqual(answers[0]!.data[0]!.embedding, answers[1]!.data[0]!.embedding);
      assert.ok(answers[1]!.usage['prompt_tokens']! > answers[0]!.usage['prompt_tokens']!);
      assert.deepEqual((wrapped!.body as { predictions: Embeddings }).predictions.data, answers[1]!.data);
      assert.deepEqual((bare!.body as Embeddings).data, answers[1]!.data);
    });

    it('of a chat body `n` is refused and a temperature of 0.7 passes (P13)', async () => {
      const options = { task: 'llm/v1/chat', model_config: { top_k: 1, max_new_tokens: 4 } };
      const model = await session.save('text-generation-gpt2', options);
      const [n, warm] = await session.ask(
        model,
        [{ data: { messages, n: 2 } }, { data: { messages, temperature: 0.7 } }],
        arbitrary,
      );
      assert.equal(n!.error?.code, 'INVALID_PARAMETER_VALUE');
      assert.match(n!.error?.message ?? '', /are not valid for pipeline TextGenerationPipeline\.$/);
      assert.equal(completionsOf(warm!)[0]!.usage.completion_tokens, 4);
    });

    it('a stop word ends the answer of a model whose tokenizer has a slow class (P13)', async () => {
      const options = { task: 'llm/v1/completions', model_config: { ...greedy, max_new_tokens: 8 } };
      const model = await session.save('text-generation-gpt2', options);
      const data = { prompt: 'hello world' };
      const [free] = await session.ask(model, [{ data }], arbitrary);
      const text = completionsOf(free!)[0]!.choices[0]!.text!;
      const stops = [[text.slice(0, 2)], [text.slice(0, 4)], ['none such'], ['none such', text.slice(0, 2)], []];
      const answers = await session.ask(
        model,
        stops.map((stop) => ({ data: { ...data, stop } })),
        arbitrary,
      );
      const reasons = answers.map((answer) => completionsOf(answer)[0]!.choices[0]!.finish_reason);
      assert.deepEqual(reasons, ['stop', 'stop', 'length', 'stop', 'length']);
    });

    it('a stop word ends the answer of a fast-only tokenizer too, where Python of MLflow 2.16 fails (P13)', async () => {
      const options = { task: 'llm/v1/completions', model_config: { ...greedy, max_new_tokens: 8 } };
      const model = await session.save('text-generation-neox', options);
      const data = { prompt: 'hello world' };
      const [free] = await session.ask(model, [{ data }], arbitrary);
      const stop = [...completionsOf(free!)[0]!.choices[0]!.text!].filter((letter) => /[!-~]/.test(letter));
      const stopped = { data: { ...data, stop } };
      if (generation === 'new') await session.ask(model, [stopped], arbitrary);
      else {
        const [refusal] = await session.askPython(model, [stopped]);
        assert.match(refusal!.error?.message ?? '', /^Tokenizer class GPTNeoXTokenizer does not exist/);
      }
      const [predictions] = await session.askHere(model, [stopped]);
      const [choice] = completionsOf({ predictions })[0]!.choices;
      assert.equal(choice!.finish_reason, 'stop');
      assert.ok(stop.includes(choice!.text!.at(-1)!), choice!.text);
    });

    it('a served completion comes wrapped for wrapped inputs; a bare body is answered with the bare list (P11)', async () => {
      const served = [
        { task: 'llm/v1/completions', input: { prompt: 'hello world' } },
        { task: 'llm/v1/chat', input: { messages } },
      ];
      for (const { task, input } of served) {
        const model = await session.save('text-generation-gpt2', {
          task,
          model_config: { ...greedy, max_new_tokens: 4 },
        });
        const [bare, limited, records, wrapped] = await session.ask(
          model,
          [
            { serve: input },
            { serve: { ...input, max_tokens: 2 } },
            { serve: { dataframe_records: [input, input] } },
            { serve: { inputs: input } },
          ],
          arbitrary,
        );
        const list = bare!.body as Completion[];
        assert.ok(Array.isArray(list), task);
        assert.equal(list.length, 1);
        assert.equal((limited!.body as Completion[])[0]!.usage.completion_tokens, 2);
        const rows = (records!.body as { predictions: Completion[] }).predictions;
        assert.deepEqual(
          rows.map(({ choices }) => choices),
          [list[0]!.choices, list[0]!.choices],
        );
        if (task === 'llm/v1/completions') {
          const { predictions } = wrapped!.body as { predictions: Completion[] };
          assert.deepEqual(predictions[0]!.choices, list[0]!.choices);
        } else {
          // The scoring server makes an array of wrapped messages, which the chat then refuses.
          assert.equal(wrapped!.error?.code, 'INVALID_PARAMETER_VALUE');
          assert.match(wrapped!.error.message, /^Input messages should be list of dictionaries, but got: .*ndarray/);
        }
      }
    });
  });
}
