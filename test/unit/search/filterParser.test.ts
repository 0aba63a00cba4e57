import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import { floatRepr } from '../../../src/core/serialization/pythonRepr.js';
import type { Clause } from '../../../src/core/tracking/search/clause.js';
import {
  experimentGrammar,
  loggedModelGrammar,
  modelVersionGrammar,
  registeredModelGrammar,
  runGrammar,
  type FilterGrammar,
} from '../../../src/core/tracking/search/filterGrammar.js';
import { parseSearchFilter } from '../../../src/core/tracking/search/filterParser.js';
import {
  parseModelVersionOrderBy,
  parseRunOrderBy,
  parseSqlRegisteredModelOrderBy,
} from '../../../src/core/tracking/search/orderByParser.js';
import { parseLoggedModelFilter } from '../../../src/core/tracking/search/sqlLoggedModelFilter.js';

type Outcome = unknown[] | { error: string; message: string };

interface Row {
  text: string;
  filters: Record<string, Outcome>;
  sqlLoggedModels: Outcome;
  orders: Record<string, Outcome>;
}

const rows = JSON.parse(readFileSync(new URL('../../fixtures/search/filters.json', import.meta.url), 'utf8')) as Row[];
const grammars: Record<string, FilterGrammar> = {
  runs: runGrammar,
  experiments: experimentGrammar,
  registeredModels: registeredModelGrammar,
  modelVersions: modelVersionGrammar,
  loggedModels: loggedModelGrammar,
};

describe('filters and orders as real MLflow takes them apart', () => {
  for (const [kind, grammar] of Object.entries(grammars)) {
    it(`AB1 AB10 ${rows.length} filters of ${kind}`, () => {
      assert.deepEqual(
        rows.map(({ text }) => [text, outcome(() => parseSearchFilter(text, grammar).map(clauseView))]),
        rows.map(({ text, filters }) => [text, expected(filters[kind])]),
      );
    });
  }

  it('the filters of logged models in a SQL store', () => {
    const ours = rows.map(({ text }) => [
      text,
      outcome(() =>
        parseLoggedModelFilter(text).map(({ entity, key, comparator, value }) => {
          const isNumeric = entity === 'metrics' || /_timestamp(_ms)?$/.test(key);
          return [entity, key, comparator, isNumeric ? { float: floatRepr(Number(value)) } : value];
        }),
      ),
    ]);
    assert.deepEqual(
      ours,
      rows.map(({ text, sqlLoggedModels }) => [text, expected(sqlLoggedModels, 'INTERNAL_ERROR')]),
    );
  });

  it('orders', () => {
    const parsers: [string, (text: string) => unknown[]][] = [
      ['runs', (text) => Object.values(pick(parseRunOrderBy(text)))],
      ['modelVersions', (text) => Object.values(pick(parseModelVersionOrderBy(text)))],
      ['sqlRegisteredModels', (text) => Object.values(pick(parseSqlRegisteredModelOrderBy(text))).slice(1)],
    ];
    for (const [kind, parse] of parsers) {
      assert.deepEqual(
        rows.map(({ text }) => [text, outcome(() => parse(text))]),
        rows.map(({ text, orders }) => [text, expected(orders[kind])]),
      );
    }
  });
});

function pick({ entity, key, ascending }: ReturnType<typeof parseRunOrderBy>): Record<string, unknown> {
  return { entity, key, ascending };
}

function clauseView({ entity, key, comparator, value }: Clause): unknown[] {
  switch (value.type) {
    case 'none':
      return [entity, key, comparator, null];
    case 'text':
      return [entity, key, comparator, value.text];
    case 'list':
      return [entity, key, comparator, value.items];
    case 'float':
      return [entity, key, comparator, { float: floatRepr(value.number) }];
    case 'integer':
      return entity === 'metric'
        ? [entity, key, comparator, { float: floatRepr(Number(value.integer)) }]
        : [entity, key, comparator, { int: value.integer.toString() }];
  }
}

function outcome(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    assert.ok(MlflowError.is(error), String(error));
    return { error: error.errorCode, message: plain(error.message) };
  }
}

/** Sets print in any order; Python's bare exceptions have no code. */
function expected(found: Outcome | undefined, codeOfBareErrors = 'INVALID_PARAMETER_VALUE'): unknown {
  if (found === undefined || Array.isArray(found)) return found;
  return { error: found.error === 'bare' ? codeOfBareErrors : found.error, message: plain(found.message) };
}

function plain(message: string): string {
  return message
    .replace(/\{([^{}]*)\}/g, (_, items: string) => `{${items.split(', ').sort().join(', ')}}`)
    .replace(/malformed node or string.*$/s, 'malformed node or string');
}
