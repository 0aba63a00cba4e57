import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dumpMeta, parseFlat, parseMeta } from '../../../src/core/tracking/file/metaYaml.js';
import { parsePyYaml } from '../../../src/core/serialization/pyYaml.js';

const values = [
  ...['null', '~', '[]', '{}', "''", "'0'", "'it''s'", '"a\\n"', 'plain text', 'file:///a b/ü', 'file:///a/b', '/abs'],
  ...[
    'yes',
    'no',
    'true',
    'True',
    'on',
    'Off',
    '0',
    '007',
    '1770000000000',
    '12345678901234567890',
    '-5',
    '+5',
    '1_000',
  ],
  ...['0x1f', '1e5', '1.5', '.5', '.inf', '-.inf', '.nan', '12:30', '2024-01-02', '2024-01-02 03:04:05', '- a', '? b'],
  ...[
    'a: b',
    'a #b',
    '#b',
    'a:',
    ':a',
    '@a',
    '`a',
    '%a',
    '&a x',
    '*a',
    '!a',
    '|',
    '>',
    "'open",
    'a\tb',
    'm-1f',
    '1.2.3',
    '',
  ],
  ...[
    '7af0085c9ac34a1ba856ebd258900e97',
    '00000000000000000000000000000000',
    '1e50000000000000000000000000000',
    'None',
  ],
  ...["'ü'", "'a b'", "''''", '[a]', '{a: b}', '=', '<<', '-', '--', '---', '...', 'a\u2028b', '\u{1f600}'],
];

test('the fast reader of flat meta.yaml files agrees with the full parser, or leaves the file to it', () => {
  for (const value of values) {
    for (const text of [
      `name: ${value}\nstatus: 1\n`,
      `status: 1\nname: ${value}`,
      `name: ${value}\r\nstatus: 1\r\n`,
    ]) {
      const fast = parseFlat(text);
      if (fast === undefined) continue;
      assert.deepEqual(fast, parsePyYaml(text), JSON.stringify(text));
    }
  }
});

test('continued lines, nested maps, lists and repeated keys are left to the full parser', () => {
  for (const text of [
    'name: a\n  b\n',
    'tags:\n  a: b\n',
    'tags:\n- a\n',
    'name: a\nname: b\n',
    '---\nname: a\n',
    '# c\nname: a\n',
  ]) {
    assert.equal(parseFlat(text), undefined, text);
  }
  assert.deepEqual(parseMeta('tags:\n  a: b\nname: x\n'), { tags: { a: 'b' }, name: 'x' });
  assert.equal(parseMeta(''), undefined);
  assert.equal(parseMeta('- a\n'), undefined);
});

test('meta.yaml is written with sorted keys, unescaped text and quotes only where YAML needs them', () => {
  assert.equal(
    dumpMeta({ name: 'exp/ü 1', experiment_id: '36', run_id: '1e50', end_time: null, tags: [], source_name: '', n: 5 }),
    "end_time: null\nexperiment_id: '36'\nn: 5\nname: exp/ü 1\nrun_id: 1e50\nsource_name: ''\ntags: []\n",
  );
});
