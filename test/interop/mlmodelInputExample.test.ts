import assert from 'node:assert/strict';
import { describe, it, before } from 'node:test';
import {
  exampleWithParams,
  SparseExample,
  tensorExample,
  type InputExample,
} from '../../src/core/mlmodel/exampleTypes.js';
import { inputExampleDocument } from '../../src/core/mlmodel/inputExample.js';
import { dumpPythonJson } from '../../src/core/serialization/pythonJson.js';
import { PyDateTime, PyFloat } from '../../src/core/serialization/pyValue.js';
import { runPython } from '../helpers/python.js';

interface Answer {
  info?: string;
  files?: Record<string, string>;
  error?: string;
  code?: string | null;
}

/** The same example in both languages. */
const examples: [python: string, ours: InputExample][] = [
  ['"hello"', 'hello'],
  ['"üñï 😀\\n\\x00"', 'üñï 😀\n\0'],
  ['["a", "b"]', ['a', 'b']],
  ['[]', []],
  ['{}', {}],
  ['1', 1],
  ['1.5', 1.5],
  ['2.0', new PyFloat(2)],
  ['True', true],
  ['10**30', 10n ** 30n],
  ['float("nan")', NaN],
  ['{"question": "q", "context": "c"}', { question: 'q', context: 'c' }],
  ['{"a": ["x", "y"], "b": "z", "n": None}', { a: ['x', 'y'], b: 'z', n: null }],
  ['[{"a": "x", "b": 1}, {"a": "y"}]', [{ a: 'x', b: 1 }, { a: 'y' }]],
  [
    '{"messages": [{"role": "user", "content": "hi"}], "temperature": 0.5}',
    { messages: [{ role: 'user', content: 'hi' }], temperature: 0.5 },
  ],
  ['{"prompt": "p", "max_tokens": 3}', { prompt: 'p', max_tokens: 3 }],
  ['{"input": ["a"]}', { input: ['a'] }],
  ['({"prompt": "p"}, {"temperature": 0.1})', exampleWithParams({ prompt: 'p' }, { temperature: 0.1 })],
  ['("a", {"k": 1, "s": "x"})', exampleWithParams('a', { k: 1, s: 'x' })],
  ['("a", {})', exampleWithParams('a', {})],
  [
    '(pd.DataFrame({"a": ["x"]}), {"k": 2.0})',
    exampleWithParams({ columns: ['a'], data: [['x']] }, { k: new PyFloat(2) }),
  ],
  ['(np.array([1, 2]), {"k": True})', exampleWithParams(tensorExample([1, 2]), { k: true })],
  [
    'pd.DataFrame({"a": ["x", "y"], "b": [1, 2]})',
    {
      columns: ['a', 'b'],
      data: [
        ['x', 1],
        ['y', 2],
      ],
    },
  ],
  ['pd.DataFrame([["x"], ["y"]])', { columns: [0], data: [['x'], ['y']] }],
  [
    'pd.DataFrame({"a": [1, 2.5], "b": [None, 3], "c": ["x", None], "d": [True, None], "e": [None, None]})',
    {
      columns: ['a', 'b', 'c', 'd', 'e'],
      data: [
        [1, null, 'x', true, null],
        [2.5, 3, null, null, null],
      ],
    },
  ],
  [
    'pd.DataFrame({"a": [[1, 2], [3]], "b": [{"x": 1}, {"x": 2.5}]})',
    {
      columns: ['a', 'b'],
      data: [
        [[1, 2], { x: 1 }],
        [[3], { x: 2.5 }],
      ],
    },
  ],
  [
    'pd.DataFrame({"a": [b"abc"], "t": [datetime(2024, 1, 2, 3, 4, 5)]})',
    { columns: ['a', 't'], data: [[new Uint8Array([97, 98, 99]), new PyDateTime('2024-01-02T03:04:05')]] },
  ],
  ['pd.DataFrame({0: [1], 2: [2]})', { columns: [0, 2], data: [[1, 2]] }],
  ['pd.DataFrame({"a": [], "b": []})', { columns: ['a', 'b'], data: [] }],
  ['pd.DataFrame({"x": [1.0, float("nan")]})', { columns: ['x'], data: [[new PyFloat(1)], [NaN]] }],
  [
    'np.array([[1, 2], [3, 4]])',
    tensorExample([
      [1, 2],
      [3, 4],
    ]),
  ],
  [
    'np.array([[1.0, float("nan")], [0.1, float("inf")]])',
    tensorExample(
      [
        [1, NaN],
        [0.1, Infinity],
      ],
      { dtype: 'float64' },
    ),
  ],
  ['np.array([0.1, 2], dtype=np.float32)', tensorExample([0.1, 2], { dtype: 'float32' })],
  [
    'np.array([0.1, 2, 3, 4], dtype=np.float32).reshape(2, 2)',
    tensorExample(new Float32Array([0.1, 2, 3, 4]), { shape: [2, 2] }),
  ],
  ['np.array([1, 2], dtype=np.float32)', new Float32Array([1, 2])],
  ['np.array([True, False])', tensorExample([true, false])],
  ['np.array(["a", "b"])', tensorExample(['a', 'b'])],
  ['np.array([1, 2, 255], dtype=np.uint8)', tensorExample(new Uint8Array([1, 2, 255]))],
  ['{"x": np.array([1.5]), "y": np.array([[1], [2]])}', { x: tensorExample([1.5]), y: tensorExample([[1], [2]]) }],
  ['{"x": np.array([1.5]), "y": 1}', { x: tensorExample([1.5]), y: 1 } as unknown as InputExample],
  ['[np.array([1.5])]', [tensorExample([1.5])] as unknown as InputExample],
  ['[{"a": [np.array([1.5])]}]', [{ a: [tensorExample([1.5])] }] as unknown as InputExample],
  ['b"abc"', new Uint8Array([97, 98, 99])],
  ['bytes(range(200))', new Uint8Array(Array.from({ length: 200 }, (_, index) => index))],
  ['[b"abc", "x"]', [new Uint8Array([97, 98, 99]), 'x']],
  ['datetime(2024, 1, 2, 3, 4, 5)', new Date(Date.UTC(2024, 0, 2, 3, 4, 5))],
  ['datetime(2024, 1, 2, 3, 4, 5, 120000)', new Date(Date.UTC(2024, 0, 2, 3, 4, 5, 120))],
  ['date(2024, 1, 2)', new PyDateTime('2024-01-02')],
  [
    '{"when": datetime(2024, 1, 2), "day": date(2024, 1, 2)}',
    { when: new PyDateTime('2024-01-02T00:00:00'), day: new PyDateTime('2024-01-02') },
  ],
  [
    'csr_matrix(np.array([[1.0, 0, 2], [0, 0, 3]]))',
    new SparseExample({ format: 'csr', data: [1, 2, 3], indices: [0, 2, 2], indptr: [0, 2, 3], shape: [2, 3] }),
  ],
  [
    'csc_matrix(np.array([[1.0, 0, 2], [0, 0, 3]]))',
    new SparseExample({ format: 'csc', data: [1, 2, 3], indices: [0, 0, 1], indptr: [0, 1, 1, 3], shape: [2, 3] }),
  ],
  ['{1, 2}', new Set([1, 2]) as unknown as InputExample],
  ['[{1, 2}]', [new Set([1, 2])] as unknown as InputExample],
];

const script = `
import sys, json, tempfile, os, logging, warnings
warnings.simplefilter("ignore"); logging.disable(logging.CRITICAL)
import numpy as np, pandas as pd
from datetime import datetime, date
from scipy.sparse import csr_matrix, csc_matrix
from mlflow.models import Model
from mlflow.models.utils import _save_example
out = []
for text in json.load(sys.stdin):
    try:
        with tempfile.TemporaryDirectory() as folder:
            model = Model()
            _save_example(model, eval(text), folder)
            files = {n: open(os.path.join(folder, n)).read() for n in os.listdir(folder)}
            out.append(dict(info=json.dumps(model.saved_input_example_info), files=files))
    except Exception as e:
        out.append(dict(error=str(e), code=getattr(e, "error_code", None)))
print(json.dumps(out))
`;

for (const [generation, compatibility] of [
  ['new', '3'],
  ['old', '2'],
] as const) {
  describe(`input examples against MLflow ${compatibility}`, () => {
    let answers: Answer[] = [];
    before(async () => {
      answers = await runPython<Answer[]>(
        generation,
        script,
        examples.map(([python]) => python),
      );
    });

    for (const [index, [python, ours]] of examples.entries()) {
      it(`${python} is stored with the same bytes, or refused with the same text (V6)`, () => {
        const wanted = answers[index];
        if (wanted?.error === undefined) {
          const { info, files } = inputExampleDocument(ours, { compatibility });
          assert.deepEqual({ info: dumpPythonJson(info), files }, wanted);
        } else {
          assert.throws(
            () => inputExampleDocument(ours, { compatibility }),
            (error: Error & { errorCode: string }) => {
              assert.equal(error.message, wanted.error);
              if (wanted.code != null) assert.equal(error.errorCode, wanted.code);
              return true;
            },
          );
        }
      });
    }
  });
}
