import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import { MlflowError } from '../../src/core/errors.js';
import type { Pipeline } from '../../src/core/pyfunc/pipeline.js';
import { PyfuncWrapper } from '../../src/core/pyfunc/pyfuncWrapper.js';
import { toServingJson } from '../../src/core/pyfunc/servingJson.js';
import type { Compatibility } from '../../src/core/signature/compatibility.js';
import { NdArray } from '../../src/core/signature/ndArray.js';
import { dictEntries, toPlain } from '../../src/core/signature/pythonValue.js';
import { runPython } from '../helpers/python.js';
import { Random } from './signatureCases.js';
import { decode } from './signatureCodec.js';
import { llmQuestion, wrapperQuestion, type WrapperQuestion } from './wrapperCases.js';

interface Answer {
  input?: unknown;
  kwargs?: unknown;
  predictions?: unknown;
  error?: string | undefined;
  code?: string | null | undefined;
}

const script = await readFile(new URL('./scripts/wrapperCalls.py', import.meta.url), 'utf8');
/** Another value asks other questions: a way to look for differences beyond the fixed ones. */
const seed = 31 + Number(process.env['WRAPPER_SEED'] ?? 0);

/** Values as wrapperCalls.py encodes them. */
function encode(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $: 'bytes', v: Buffer.from(value).toString('base64') };
  if (value instanceof NdArray) return { $: 'array', v: encode(value.toList()) };
  if (Array.isArray(value) || value instanceof Set) return Array.from(value, encode);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value).toLowerCase();
  if (typeof value !== 'object' || value === null) return value ?? null;
  return { $: 'dict', v: dictEntries(value).map(([key, item]) => [encode(key), encode(item)]) };
}

async function answerHere(question: WrapperQuestion, compatibility: Compatibility): Promise<Answer> {
  const answer: Answer = {};
  const pipeline: Pipeline = {
    task: question.task,
    instanceType: question.instanceType,
    generationConfig: {},
    tokenizer: {
      encode: (text) => Array.from(text, (character) => character.codePointAt(0)!),
      decode: (ids) => String.fromCodePoint(...ids),
      applyChatTemplate: (messages) => messages.map(({ role, content }) => `${role}:${content};`).join(''),
    },
    call: async (input, kwargs) => {
      answer.input = encode(toPlain(input));
      answer.kwargs = encode(kwargs);
      const reply = toPlain(decode(question.reply, compatibility));
      const failure = (reply as { raise?: string } | null)?.raise;
      if (failure !== undefined) throw MlflowError.invalidParameter(failure);
      return reply;
    },
  };
  const wrapper = new PyfuncWrapper({
    pipeline,
    flavorConfig: question.flavorConfig,
    modelConfig: question.modelConfig ?? undefined,
    promptTemplate: question.promptTemplate ?? undefined,
    compatibility,
  });
  try {
    const { output } = await wrapper.predict(decode(question.data, compatibility), question.params ?? undefined);
    answer.predictions = JSON.parse(JSON.stringify(toServingJson(output)));
  } catch (error) {
    const { message, errorCode } = MlflowError.from(error);
    return { ...answer, error: message, code: errorCode };
  }
  return answer;
}

/** Sets have no order in Python, dicts of keyword arguments none that matters, ids and times are arbitrary. */
function comparable({ input, kwargs, predictions, error, code }: Answer): Answer {
  const entries = (kwargs as { v: [unknown, unknown][] } | undefined)?.v;
  const sorted = entries && { $: 'dict', v: [...entries].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)) };
  const withoutSets = error?.replace(
    /\{('[^{}:]*')\}/g,
    (_, items: string) => `{${items.split(', ').sort().join(', ')}}`,
  );
  return { input, kwargs: sorted, predictions: withoutArbitrary(predictions), error: withoutSets, code };
}

function withoutArbitrary(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutArbitrary);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === 'id' || key === 'created' ? null : withoutArbitrary(item),
    ]),
  );
}

for (const [generation, compatibility] of [
  ['new', '3'],
  ['old', '2'],
] as const) {
  describe(`the wrapper of MLflow ${compatibility}, step by step with the same stand-ins`, () => {
    const random = new Random(seed);
    const groups = {
      'hands the same input and keywords to the pipeline and shapes its answer alike, or refuses in the same words':
        Array.from({ length: 1500 }, () => wrapperQuestion(random, generation === 'new')),
      'reads and answers llm/v1 requests alike': Array.from({ length: 500 }, () => llmQuestion(random)),
    };
    let answers: Answer[];
    before(async () => {
      answers = await runPython<Answer[]>(generation, script, Object.values(groups).flat());
    });

    for (const [name, questions] of Object.entries(groups)) {
      it(name, async () => {
        const theirs = answers.splice(0, questions.length);
        const differences: string[] = [];
        for (const [i, question] of questions.entries()) {
          const wanted = comparable(theirs[i]!);
          const found = comparable(await answerHere(question, compatibility));
          if (wanted.code === null) found.code = null;
          try {
            assert.deepEqual(JSON.parse(JSON.stringify(found)), JSON.parse(JSON.stringify(wanted)));
          } catch {
            const show = (value: unknown): string => JSON.stringify(value);
            differences.push(`${show(question)}\n  Python: ${show(wanted)}\n  here:   ${show(found)}`);
          }
        }
        const shown = differences.slice(0, Number(process.env['SHOW'] ?? 10)).join('\n');
        assert.equal(differences.length, 0, `${differences.length} of ${questions.length} differ:\n${shown}`);
      });
    }
  });
}
