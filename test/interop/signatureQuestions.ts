import assert from 'node:assert/strict';
import { MlflowError } from '../../src/core/errors.js';
import type { Compatibility } from '../../src/core/signature/compatibility.js';
import { enforceParams } from '../../src/core/signature/enforceParams.js';
import { inferSignature } from '../../src/core/signature/inferSignature.js';
import { llmSignature } from '../../src/core/signature/llmSchemas.js';
import { ModelSignature, type SignatureDict } from '../../src/core/signature/modelSignature.js';
import { enforceOrExplain, plainInput } from '../../src/core/signature/prepareInput.js';
import type { Schema } from '../../src/core/signature/schema.js';
import { castServingInput } from '../../src/core/signature/servingInput.js';
import * as cases from './signatureCases.js';
import { decode, encode } from './signatureCodec.js';
import { damaged } from './signatureDamage.js';
import type { Answer, Question } from './signaturePython.js';

function answerHere(question: Question, compatibility: Compatibility): Answer {
  try {
    return { value: valueHere(question, compatibility) };
  } catch (error) {
    const { message, errorCode } = MlflowError.from(error);
    return { error: message, code: errorCode };
  }
}

function valueHere({ op, args }: Question, compatibility: Compatibility): unknown {
  const options = { compatibility };
  const read = (json: unknown) => ModelSignature.fromDict(json as SignatureDict, options);
  if (op === 'infer') {
    const [input, output, params] = decode(args, compatibility) as unknown[];
    return inferSignature(input, output, params, options).toDict(options);
  }
  if (op === 'read') {
    const signature = read(args[0]);
    return [signature.toDict(options), String(signature)];
  }
  const signature = args[1] === null ? null : read(args[1]);
  if (op === 'enforce')
    return encode(plainInput(enforceOrExplain(decode(args[0], compatibility), signature?.inputs as Schema, options)));
  if (op === 'params')
    return encode(enforceParams(decode(args[0], compatibility), signature?.params ?? null, options).params);
  const request = castServingInput(args[0], signature, options);
  const data = signature?.inputs ? enforceOrExplain(request.data, signature.inputs, options) : request.data;
  const { params } = enforceParams(request.params, signature?.params ?? null, options);
  return [encode(plainInput(data)), encode(params), request.isUnifiedLlmInput];
}

/** Sets have no stable order in Python: their items are sorted. */
function normalized(answer: Answer, { op, args }: Question): unknown {
  if (!('error' in answer)) return answer.value;
  // Which column comes first is arbitrary in Python when one tensor is cast to them all.
  const isOneTensor = op === 'serve' && JSON.stringify(args[1]).includes('[{\\"type\\":\\"tensor\\"');
  const failedColumn = /^(.* Failed to convert column ).*$/s;
  if (isOneTensor && failedColumn.test(answer.error)) return answer.error.replace(failedColumn, '$1');
  const sorted = (items: string, separator: RegExp | string) => items.split(separator).sort().join(', ');
  return answer.error
    .replace(/\{([^{}:]*)\}/g, (_, items: string) => `{${sorted(items, ', ')}}`)
    .replace(/(extra inputs: )\[(.*?)\]/g, (_, head: string, items: string) => `${head}[${sorted(items, ', ')}]`)
    .replace(
      /^(Invalid parameters found: )\{\((.*)\)\}$/s,
      (_, head: string, items: string) => head + sorted(items.replace(/^'/, ''), "), ('"),
    );
}

const ownErrors = /is not a function|not iterable \(|of undefined|of null|Cannot (?!interpret)/;

function assertSame(question: Question, ours: Answer, theirs: Answer): void {
  // Python reads a missing date among the defaults, and cannot write it.
  if ('error' in theirs && theirs.error.endsWith("no attribute 'isoformat'")) return;
  if ('error' in theirs && 'error' in ours && question.op === 'read' && !/^[A-Z_]+$/.test(theirs.code)) {
    // Where Python stumbles over broken JSON in words of its own, it is enough to refuse with better ones.
    assert.doesNotMatch(ours.error, ownErrors);
    return;
  }
  assert.deepEqual(normalized(ours, question), normalized(theirs, question));
  if ('error' in theirs && /^[A-Z_]+$/.test(theirs.code)) assert.equal((ours as typeof theirs).code, theirs.code);
}

/** Each question that the two answer differently, with both answers. */
export function differences(
  questions: readonly Question[],
  theirs: readonly Answer[],
  compatibility: Compatibility,
): string[] {
  return questions.flatMap((question, i) => {
    const ours = answerHere(question, compatibility);
    try {
      assertSame(question, ours, theirs[i] as Answer);
      return [];
    } catch {
      const show = (answer: Answer) => JSON.stringify(answer);
      return [
        `${JSON.stringify(question)}
  Python: ${show(theirs[i] as Answer)}
  here:   ${show(ours)}`,
      ];
    }
  });
}

function many<T>(count: number, seed: number, make: (random: cases.Random) => T): T[] {
  const random = new cases.Random(seed);
  return Array.from({ length: count }, () => make(random));
}

/** The questions of each test; another seed asks others. One Python process answers all of them. */
export function questionsOf(hasAny: boolean, seed: number): Record<string, Question[]> {
  return {
    'infers the same signature of hundreds of values': many(600, seed + 11, (random) => ({
      op: 'infer',
      args: [cases.anyData(random), cases.anyData(random), null],
    })),
    'infers the same params': many(400, seed + 12, (random) => ({
      op: 'infer',
      args: [
        'x',
        null,
        cases.dict([
          ['p', cases.value(random, 2)],
          ['q', cases.scalar(random)],
        ]),
      ],
    })),
    'reads and writes the same JSON': many(300, seed + 13, (random) => ({
      op: 'read',
      args: [
        {
          inputs: JSON.stringify(cases.schemaJson(random, hasAny)),
          outputs: JSON.stringify(cases.schemaJson(random, hasAny)),
          params: JSON.stringify(cases.paramSchemaJson(random, hasAny)),
        },
      ],
    })),
    'refuses the same broken JSON with the same message': many(400, seed + 17, (random) => {
      const isParams = random.chance(0.3);
      const text = damaged(random, isParams ? cases.paramSchemaJson(random, hasAny) : cases.schemaJson(random, hasAny));
      return { op: 'read', args: [isParams ? { params: text } : { inputs: text }] };
    }),
    'enforces schemas with the same result or message': many(900, seed + 14, (random) => {
      const schema = cases.schemaJson(random, hasAny);
      return { op: 'enforce', args: [cases.dataFor(random, schema), { inputs: JSON.stringify(schema) }] };
    }),
    'enforces params with the same result or message': many(500, seed + 15, (random) => {
      const schema = cases.paramSchemaJson(random, hasAny);
      const signature = schema.length === 0 ? null : { params: JSON.stringify(schema) };
      return { op: 'params', args: [cases.paramsFor(random, schema), signature] };
    }),
    'reads scoring requests with the same result or message': many(900, seed + 18, (random) => {
      const schema = cases.schemaJson(random, hasAny);
      const format = random.pick(['inputs', 'inputs', 'instances', 'dataframe_records', 'dataframe_split']);
      const data = cases.dataFor(random, schema);
      const body = format === 'dataframe_split' ? cases.splitOf(data) : data;
      const text = `{"${format}": ${cases.toJsonText(body)}}`;
      return { op: 'serve', args: [text, random.chance(0.1) ? null : { inputs: JSON.stringify(schema) }] };
    }),
  };
}

/** Requests of the unified LLM form, which nothing casts, and payloads with params. */
export function llmQuestions(compatibility: Compatibility): Question[] {
  const params = JSON.stringify([{ name: 'top_k', type: 'long', default: 2, shape: null }]);
  const chat = { ...llmSignature('llm/v1/chat', compatibility).toDict(), params };
  const completions = llmSignature('llm/v1/completions').toDict();
  const embeddings = llmSignature('llm/v1/embeddings').toDict();
  const text = { inputs: '[{"type": "string", "required": true}]', params };
  const hi = '"messages": [{"role": "user", "content": "hi"}]';
  const requests: [string, unknown][] = [
    ...['0', '1', '2', '2.0', '0.7', 'null', '"x"'].map((value): [string, unknown] => [
      `{${hi}, "temperature": ${value}}`,
      chat,
    ]),
    [`{${hi}, "top_k": 5, "stop": ["a", "b"], "n": 1, "stream": false}`, chat],
    [`{${hi}, "top_k": 2.5}`, chat],
    ['{"messages": "hi"}', chat],
    ['{"messages": [{"content": "hi"}]}', chat],
    ['{"messages": [{"role": "user", "content": null}]}', chat],
    ['{"messages": [{"role": "user", "content": "hi", "foo": 1}]}', chat],
    ['{"prompt": "hi", "max_tokens": 5}', completions],
    ['{"prompt": ["a", "b"]}', completions],
    ['{"prompt": "hi", "max_tokens": 5.0}', completions],
    ['{"input": "hi"}', embeddings],
    ['{"input": ["a", "b"]}', embeddings],
    ['{"input": ["a", 1]}', embeddings],
    ['{"inputs": ["a"], "params": {"top_k": 3, "foo": 1}}', text],
    ['{"inputs": "a", "params": {"top_k": "x"}}', text],
    ['{"inputs": "a", "params": [1]}', text],
    ['{"inputs": 5}', text],
    ['{"inputs": {"a": 1}}', text],
    ['{"params": {}}', text],
    ['[1]', text],
    ['3', text],
    ['{"inputs": ["a"], "params": {"top_k": 3}}', null],
  ];
  return requests.map((args) => ({ op: 'serve', args }));
}
