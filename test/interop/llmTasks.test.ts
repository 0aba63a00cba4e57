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

const checkpoints = ['text-generation-gpt2', 'feature-extraction-bert'];
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
  });
}
