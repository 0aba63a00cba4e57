import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { overriddenConfig } from '../../../src/core/pyfunc/modelConfig.js';
import { parseFormat, pythonFormat } from '../../../src/core/pyfunc/pythonFormat.js';
import { literalEval } from '../../../src/core/pyfunc/pythonLiteral.js';
import { collapseWhitespace, pythonSlice, pythonStrip } from '../../../src/core/pyfunc/pythonStrings.js';

describe("Python's str.format", () => {
  for (const [template, expected] of [
    ['{}', 'a"b'],
    ['{0}-{0}', 'a"b-a"b'],
    ['{{{}}}', '{a"b}'],
    ['{!r}', "'a\"b'"],
    ['{:>5}|', '  a"b|'],
    ['{:*^7}|', '**a"b**|'],
    ['{:.2}', 'a"'],
    ['{p:<4}|', 'x   |'],
  ] as const) {
    it(`${template} gives ${expected}`, () => {
      assert.equal(pythonFormat(template, ['a"b'], { p: 'x' }), expected);
    });
  }

  for (const [template, message] of [
    ['{', "Single '{' encountered in format string"],
    ['}', "Single '}' encountered in format string"],
    ['{a', "expected '}' before end of string"],
    ['{1}', 'Replacement index 1 out of range for positional args tuple'],
    ['{missing}', "'missing'"],
  ] as const) {
    it(`${template} is refused`, () => {
      assert.throws(() => pythonFormat(template, ['x']), { message });
    });
  }

  it('is parsed into literals and fields', () => {
    assert.deepEqual(
      parseFormat('{{a}} {prompt!r:>5}b').map(({ literal, expression }) => [literal, expression]),
      [
        ['{a} ', 'prompt'],
        ['b', undefined],
      ],
    );
  });
});

describe("Python's ast.literal_eval", () => {
  for (const [text, expected] of [
    ["'a\\'b\\n'", "a'b\n"],
    ['"x" \'y\'', 'xy'],
    ["'''a\nb'''", 'a\nb'],
    ["r'\\n'", '\\n'],
    ['[1, -2.5, 1e3, 0x1F, None, True]', [1, -2.5, 1000, 31, null, true]],
    ["(1, 'a',)", [1, 'a']],
    ["('a')", 'a'],
    [
      "{'a': [1, {'b': 2}], 3: 'c'}",
      new Map<unknown, unknown>([
        ['a', [1, new Map([['b', 2]])]],
        [3, 'c'],
      ]),
    ],
  ] as const) {
    it(text, () => assert.deepEqual(literalEval(text), expected));
  }

  for (const text of ['a b', 'hello', '', '[1', "{'a'}: 2", '1 +', "'open"]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => literalEval(text)));
  }
});

describe("Python's strings", () => {
  it('strip takes what isspace knows, and no byte order mark', () => {
    assert.equal(pythonStrip('\x1c\u00a0\u2003 a b\u3000\x85\n'), 'a b');
    assert.equal(pythonStrip('\ufeffa\ufeff'), '\ufeffa\ufeff');
  });

  it('slices count code points', () => {
    assert.equal(pythonSlice('a👍b👍', 1, 3), '👍b');
    assert.equal(pythonSlice('abc', -2), 'bc');
  });

  it('whitespace collapses', () => assert.equal(collapseWhitespace(' a \n\t b\x1f'), 'a b'));
});

describe('config at load', () => {
  it('overrides saved keys only', () => {
    const warnings: string[] = [];
    const config = overriddenConfig({ a: 1, b: 2 }, { b: 3, c: 4 }, (message) => warnings.push(message));
    assert.deepEqual(config, { a: 1, b: 3 });
    assert.match(warnings[0] ?? '', /^Argument\(s\) c were ignored .* configuration includes a, b$/);
  });

  it('is ignored where none was saved', () => {
    const warnings: string[] = [];
    assert.equal(
      overriddenConfig({}, { a: 1 }, (message) => warnings.push(message)),
      undefined,
    );
    assert.match(warnings[0] ?? '', /doesn't accept model configuration/);
  });
});
