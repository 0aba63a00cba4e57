import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerView } from '../../../src/host/panel/answerView.js';
import { embeddingSummary } from '../../../src/host/panel/embedding.js';
import { jsonText, shownJson } from '../../../src/host/panel/rawText.js';
import { cosineSimilarity } from '../../../src/protocol/similarity.js';
import { prediction } from './fakes.js';

function viewOf(
  task: string,
  data: unknown,
  raw: unknown,
  predictions: unknown = null,
  inferenceTask: string | null = null,
) {
  return answerView({ task, inferenceTask }, data, prediction(predictions, raw));
}

test('labels are sorted by score, one group an input', () => {
  const one = viewOf('text-classification', 'x', [
    { label: 'NEG', score: 0.2 },
    { label: 'POS', score: 0.8 },
  ]);
  assert.deepEqual(one, {
    kind: 'labels',
    groups: [
      {
        title: null,
        labels: [
          { label: 'POS', score: 0.8 },
          { label: 'NEG', score: 0.2 },
        ],
      },
    ],
  });
  const two = viewOf(
    'text-classification',
    ['a', 'b'],
    [
      { label: 'POS', score: 0.9 },
      { label: 'NEG', score: 0.7 },
    ],
  );
  assert.deepEqual(two.kind === 'labels' && two.groups.map(({ title, labels }) => [title, labels.length]), [
    ['a', 1],
    ['b', 1],
  ]);
});

test('zero-shot scores keep their order', () => {
  const view = viewOf('zero-shot-classification', {}, { sequence: 's', labels: ['a', 'b'], scores: [0.7, 0.3] });
  assert.deepEqual(view.kind === 'labels' && view.groups[0]?.labels[0], { label: 'a', score: 0.7 });
});

test('entities are marked at Python offsets, which count code points', () => {
  const text = 'Wolf 🐺 lives in Berlin';
  const view = viewOf('token-classification', text, [
    { entity_group: 'LOC', score: 0.9, word: 'Berlin', start: 16, end: 22 },
  ]);
  assert.ok(view.kind === 'entities');
  assert.deepEqual(view.texts[0]?.pieces, [
    { text: 'Wolf 🐺 lives in ', label: null, score: null },
    { text: 'Berlin', label: 'LOC', score: 0.9 },
  ]);
  assert.equal(view.texts[0]?.pieces.map((piece) => piece.text).join(''), text);
});

test('an answer is marked in its context; offsets out of range are not trusted', () => {
  const data = { question: 'q', context: 'I live in Berlin.' };
  const view = viewOf('question-answering', data, { answer: 'Berlin', score: 0.9, start: 10, end: 16 });
  assert.deepEqual(view.kind === 'span' && view.answers[0]?.context, {
    before: 'I live in ',
    marked: 'Berlin',
    after: '.',
  });
  const wrong = viewOf('question-answering', data, { answer: 'x', score: 0.9, start: 10, end: 900 });
  assert.equal(wrong.kind === 'span' && wrong.answers[0]?.context, null);
});

test('fills of several masks are groups', () => {
  const fill = { token_str: 'x', score: 0.5, sequence: 'x' };
  const one = viewOf('fill-mask', 'a', [fill]);
  const two = viewOf('fill-mask', 'a', [[fill], [fill]]);
  assert.deepEqual([one.kind === 'fills' && one.masks.length, two.kind === 'fills' && two.masks.length], [1, 2]);
});

test('chat and embedding envelopes are shown as what they hold', () => {
  const chat = [{ object: 'chat.completion', choices: [{ message: { role: 'assistant', content: 'hi' } }] }];
  assert.deepEqual(viewOf('text-generation', {}, null, chat, 'llm/v1/chat'), { kind: 'text', texts: ['hi'] });
  const embedding = { object: 'list', data: [{ object: 'embedding', index: 0, embedding: [3, 4] }] };
  const view = viewOf('feature-extraction', {}, null, embedding, 'llm/v1/embeddings');
  assert.equal(view.kind === 'embedding' && view.embedding.norm, 5);
});

test('a frame is a table, anything else JSON', () => {
  assert.deepEqual(viewOf('table-question-answering', {}, null, [{ a: 1, b: 'x' }, { a: NaN }]), {
    kind: 'table',
    columns: ['a', 'b'],
    rows: [
      ['1', 'x'],
      ['NaN', ''],
    ],
    rowCount: 2,
  });
  for (const odd of [null, 5, [], {}, [[1]], [null], { labels: 'x' }]) {
    assert.equal(viewOf('something', {}, odd, odd).kind, 'json', JSON.stringify(odd));
  }
});

test('raw answers of unexpected shapes are never refused', () => {
  const odd = [
    null,
    undefined,
    5,
    'x',
    [],
    {},
    [[]],
    [[[]]],
    [{ label: 1 }],
    { labels: 1, scores: [] },
    [{ start: 5 }],
    [NaN],
  ];
  const tasks = [
    'text-classification',
    'zero-shot-classification',
    'token-classification',
    'question-answering',
    'fill-mask',
    'feature-extraction',
    'automatic-speech-recognition',
    'text-generation',
    'image-classification',
    'nothing',
  ];
  for (const task of tasks)
    for (const raw of odd) for (const data of odd) assert.doesNotThrow(() => viewOf(task, data, raw, raw));
});

test('an embedding is the mean of its token vectors', () => {
  const summary = embeddingSummary([
    [
      [1, 3],
      [3, 5],
    ],
  ]);
  assert.deepEqual([summary?.rowCount, summary?.dimensions, summary?.vector], [2, 2, [2, 4]]);
  assert.equal(
    summary?.histogram.reduce((sum, count) => sum + count, 0),
    2,
  );
  assert.deepEqual(embeddingSummary(Float32Array.of(3, 4))?.norm, 5);
  assert.equal(embeddingSummary([[1], [1, 2]]), null);
});

test('cosine similarity of equal, opposite, orthogonal and unequal vectors', () => {
  assert.equal(cosineSimilarity([1, 0], [2, 0]), 1);
  assert.equal(cosineSimilarity([1, 0], [-1, 0]), -1);
  assert.equal(cosineSimilarity([1, 0], [0, 1]), 0);
  assert.equal(cosineSimilarity([1, 0], [1]), null);
  assert.equal(cosineSimilarity([0, 0], [1, 0]), null);
});

test('raw JSON keeps NaN readable, puts numbers on a line, and is cut', () => {
  assert.equal(
    jsonText({ a: NaN, b: 10n, c: Uint8Array.of(1) }),
    '{\n  "a": "NaN",\n  "b": "10",\n  "c": "1 bytes"\n}',
  );
  assert.equal(shownJson([1, 2, 3.5]).raw, '[1, 2, 3.5]');
  assert.equal(shownJson('x'.repeat(30_000)).isRawCut, true);
});
