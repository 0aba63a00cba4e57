import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import { restoreTypes, toPlain } from '../../../src/core/serialization/plainValue.js';
import { dumpPythonJson, parsePythonJson } from '../../../src/core/serialization/pythonJson.js';
import { floatRepr, pythonRepr } from '../../../src/core/serialization/pythonRepr.js';
import { compareCodePoints, PyDateTime, PyFloat } from '../../../src/core/serialization/pyValue.js';
import { dumpPyYaml, parsePyYaml } from '../../../src/core/serialization/pyYaml.js';
import { PyYamlDocument } from '../../../src/core/serialization/pyYamlDocument.js';

function refused(action: () => unknown): MlflowError {
  try {
    action();
  } catch (error) {
    assert.ok(MlflowError.is(error, 'INVALID_PARAMETER_VALUE'));
    return error;
  }
  return assert.fail('nothing was thrown');
}

describe('YAML as PyYAML writes it', () => {
  it('AA1 keys are sorted at every level, lists are not indented, quotes doubled, newlines become empty lines', () => {
    assert.equal(
      dumpPyYaml({ b: [{ z: 1, a: "it's: x" }], B: 'a\nb', a: {} }),
      "B: 'a\n\n  b'\na: {}\nb:\n- a: 'it''s: x'\n  z: 1\n",
    );
    assert.equal(
      dumpPyYaml({ signature: { inputs: `[${'"long", '.repeat(12)}]` } }),
      `signature:\n  inputs: '[${'"long", '.repeat(8)}"long",\n    ${'"long", '.repeat(3)}]'\n`,
    );
  });

  it('AA2 characters beyond ASCII are escaped in double quotes, keys too', () => {
    assert.equal(dumpPyYaml({ ünï: 'é中 😀' }), '"\\xFCn\\xEF": "\\xE9\\u4E2D \\U0001F600"\n');
    assert.equal(dumpPyYaml({ ünï: 'é中' }, { allowUnicode: true }), 'ünï: é中\n');
  });

  it('AA3 texts that look like other types are quoted', () => {
    assert.equal(
      dumpPyYaml(['1.10', 'yes', '2024-01-01', new PyFloat(1), null, [], {}, '1e-5', 1e-5, 1e16, -0]),
      "- '1.10'\n- 'yes'\n- '2024-01-01'\n- 1.0\n- null\n- []\n- {}\n- 1e-5\n- 1.0e-05\n- 1.0e+16\n- -0.0\n",
    );
  });

  it('a shared collection is anchored, one that contains itself refused', () => {
    const shared = [1];
    assert.equal(dumpPyYaml({ a: shared, b: shared }), 'a: &id001\n- 1\nb: *id001\n');
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    assert.match(refused(() => dumpPyYaml(cycle as never)).message, /contains itself/);
  });

  it('is read back with YAML 1.1 types', () => {
    assert.deepEqual(parsePyYaml('a: 1_000\nb: 0o17\nc: 017\nd: 1:30\ne: on\nf: 1e-5\ng: 1.0\nh: ~\n'), {
      a: 1000,
      b: '0o17',
      c: 15,
      d: 90,
      e: true,
      f: '1e-5',
      g: 1,
      h: null,
    });
    assert.deepEqual(parsePyYaml('a: 1.0\nb: 2024-01-02\n', { keepTypes: true }), {
      a: new PyFloat(1),
      b: new PyDateTime('2024-01-02'),
    });
  });

  it('the last of several equal keys wins, merge keys are followed', () => {
    assert.deepEqual(parsePyYaml('a: 1\na: 2\n'), { a: 2 });
    assert.deepEqual(parsePyYaml('x: &x {a: 1, b: 1}\ny:\n  <<: *x\n  b: 2\n'), {
      x: { a: 1, b: 1 },
      y: { a: 1, b: 2 },
    });
  });

  it('keys that could reach prototypes are ordinary keys', () => {
    const value = parsePyYaml('__proto__:\n  polluted: true\n') as Record<string, unknown>;
    assert.ok(Object.hasOwn(value, '__proto__'));
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  it('errors say where: bad syntax, tags, several documents, impossible dates, deep nesting', () => {
    for (const [text, expected, line] of [
      ['a: 1\nb: [1\n', /line/, undefined],
      ['a: 1\nb: !!python/name:os.system x\n', /could not determine a constructor for the tag/, 2],
      ['a: 1\n---\nb: 2\n', /expected a single document/, 2],
      ['a: 1\nb: 2024-13-45\n', /looks like a date/, 2],
      ['['.repeat(300) + ']'.repeat(300), /nested more than/, 1],
      ['a: *b\n', /alias/i, 1],
    ] as const) {
      const error = refused(() => parsePyYaml(text));
      assert.match(error.message, expected);
      if (line !== undefined) assert.equal(error.details?.['line'], line, text);
    }
  });

  it('positions lead to keys, values and items', () => {
    const document = new PyYamlDocument('a:\n  b:\n  - x\n  - c: 1\n');
    assert.deepEqual(document.positionOf(['a', 'b', 1, 'c']), { line: 4, column: 5 });
    assert.deepEqual(document.positionOf(['a', 'b', 1, 'c'], 'value'), { line: 4, column: 8 });
    assert.deepEqual(document.positionOf(['a', 'gone']), { line: 1, column: 1 });
  });
});

describe('JSON and repr as Python writes them', () => {
  it('compact and indented', () => {
    const value = { a: [1, new PyFloat(2), NaN, -Infinity, null, true], é: {}, l: [] };
    assert.equal(dumpPythonJson(value), '{"a": [1, 2.0, NaN, -Infinity, null, true], "\\u00e9": {}, "l": []}');
    assert.equal(dumpPythonJson({ a: [1], b: {} }, { indent: 2 }), '{\n  "a": [\n    1\n  ],\n  "b": {}\n}');
    assert.equal(
      dumpPythonJson({ b: 1, a: 'é' }, { sortKeys: true, ensureAscii: false, separators: [',', ':'] }),
      '{"a":"é","b":1}',
    );
    assert.equal(
      refused(() => dumpPythonJson(new Date(0))).message,
      'Object of type datetime is not JSON serializable',
    );
  });

  it('NaN and Infinity are read; types are kept on request (V8)', () => {
    assert.deepEqual(parsePythonJson('[NaN, Infinity, -Infinity, 1.0]'), [NaN, Infinity, -Infinity, 1]);
    assert.deepEqual(parsePythonJson('[1.0, 12345678901234567890, {"1": 2, "0": 3}]', { keepTypes: true }), [
      new PyFloat(1),
      12345678901234567890n,
      new Map([
        ['1', 2],
        ['0', 3],
      ]),
    ]);
  });

  it("errors are Python's", () => {
    for (const [text, message] of [
      ['', 'Expecting value: line 1 column 1 (char 0)'],
      ['{"a": 1,}', 'Expecting property name enclosed in double quotes: line 1 column 9 (char 8)'],
      ['[1\n 2]', "Expecting ',' delimiter: line 2 column 2 (char 4)"],
      ['{"a" 1}', "Expecting ':' delimiter: line 1 column 6 (char 5)"],
      ['"a', 'Unterminated string starting at: line 1 column 1 (char 0)'],
      ['1 2', 'Extra data: line 1 column 3 (char 2)'],
    ]) {
      assert.equal(refused(() => parsePythonJson(text ?? '')).message, message);
    }
  });

  it('repr of floats and containers', () => {
    assert.deepEqual([1e16, 1e15, 1e-4, 1e-5, 0.1, 123456.789, -0, 5e-324].map(floatRepr), [
      '1e+16',
      '1000000000000000.0',
      '0.0001',
      '1e-05',
      '0.1',
      '123456.789',
      '-0.0',
      '5e-324',
    ]);
    assert.equal(
      pythonRepr({ a: ["it's", 'x"', true, null, new PyFloat(1)] }),
      `{'a': ["it's", 'x"', True, None, 1.0]}`,
    );
  });
});

describe('plain values', () => {
  it('unchanged parts get their types back, changed ones do not', () => {
    const original = new Map<unknown, unknown>([
      [1, new PyFloat(2)],
      ['n', 12345678901234567890n],
    ]) as never;
    const plain = toPlain(original) as Record<string, number>;
    assert.deepEqual(plain, { '1': 2, n: 12345678901234567000 });
    assert.deepEqual(restoreTypes(plain, original), original);
    plain['1'] = 3;
    assert.deepEqual((restoreTypes(plain, original) as unknown as Map<unknown, unknown>).get(1), 3);
  });

  it('texts are ordered by code point', () => {
    assert.deepEqual(['\u{1f600}', '\uffee', 'b', 'a', ''].sort(compareCodePoints), [
      '',
      'a',
      'b',
      '\uffee',
      '\u{1f600}',
    ]);
  });
});
