import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { MlflowError } from '../../src/core/errors.js';
import { openSqliteStores } from '../../src/core/tracking/sqlite/openSqliteStores.js';
import type { PythonGeneration } from '../helpers/environment.js';
import { runPython } from '../helpers/python.js';
import {
  loggedModelOperations,
  modelRegistrationOperations,
  registryOperations,
  trackingOperations,
  type Operation,
} from './sqliteOperations.js';

interface Outcome {
  value?: unknown;
  error?: string;
  message?: string;
}

interface Replayed {
  outcomes: Outcome[];
  tables: Record<string, Record<string, unknown>[]>;
  labels: Record<string, string>;
  schema: unknown[][];
}

type Method = (options: Record<string, unknown>) => Promise<unknown>;

const script = readFileSync(new URL('../fixtures/sqlite/replay.py', import.meta.url), 'utf8');
const trackingTables = ['experiments', 'experiment_tags', 'runs', 'tags', 'params', 'metrics', 'latest_metrics'];
const inputTables = ['inputs', 'input_tags', 'datasets'];
const modelTables = ['logged_models', 'logged_model_params', 'logged_model_tags', 'logged_model_metrics'];
const registryTables = [
  ...['registered_models', 'registered_model_tags', 'registered_model_aliases'],
  ...['model_versions', 'model_version_tags'],
];
const oldTables = [...trackingTables, ...inputTables, ...registryTables];

describe('what we write, Python would have written', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sqlite-write-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('in a store of MLflow 3: the same rows, the same refusals, the same schema', async () => {
    const operations = [
      ...trackingOperations,
      ...loggedModelOperations,
      ...registryOperations,
      ...modelRegistrationOperations,
    ];
    const tables = [...oldTables, ...modelTables, 'alembic_version', 'workspaces'];
    const python = await replay('new', 'python.db', operations, tables);
    const file = path.join(folder, 'ours.db');
    const ours = await replayHere(file, operations, true);
    const seen = await replay('new', 'ours.db', [], tables);
    compareOutcomes(operations, ours.outcomes, python.outcomes);
    compareRows(rows(seen.tables, ours.labels), rows(python.tables, python.labels));
    compareRows({ schema: schemaLines(seen.schema) }, { schema: schemaLines(python.schema) });
  });

  it('in a store of MLflow 2.16: the same rows', async () => {
    const operations = [...trackingOperations, ...registryOperations].filter(
      ([name]) => name !== 'deleteExperimentTag',
    );
    await replay('old', 'fresh.db', [], []);
    copyFileSync(path.join(folder, 'fresh.db'), path.join(folder, 'ours-2.db'));
    const ours = await replayHere(path.join(folder, 'ours-2.db'), operations, false);
    const shared = operations.filter((_, index) => ours.outcomes[index]?.error === undefined);
    const python = await replay('old', 'fresh.db', shared.filter(isAlikeInBoth), oldTables);
    assert.deepEqual(
      python.outcomes.filter(({ error }) => error !== undefined),
      [],
    );
    const again = path.join(folder, 'ours-2-shared.db');
    await replay('old', 'ours-2-shared.db', [], []);
    const repeated = await replayHere(again, shared.filter(isAlikeInBoth), false);
    const seen = await replay('old', 'ours-2-shared.db', [], oldTables);
    compareRows(rows(seen.tables, repeated.labels), rows(python.tables, python.labels));
  });

  async function replay(
    generation: PythonGeneration,
    name: string,
    operations: Operation[],
    tables: string[],
  ): Promise<Replayed> {
    return runPython<Replayed>(
      generation,
      script,
      { file: path.join(folder, name), operations, tables },
      { cwd: folder },
    );
  }

  async function replayHere(
    file: string,
    operations: Operation[],
    create: boolean,
  ): Promise<{ outcomes: Outcome[]; labels: Record<string, string> }> {
    const { tracking, registry } = await openSqliteStores(`sqlite:///${file}`, { cwd: folder, create });
    const labels: Record<string, string> = {};
    const outcomes: Outcome[] = [];
    for (const [name, options, label] of operations) {
      const store = (name in tracking ? tracking : registry) as unknown as Record<string, Method>;
      try {
        const value = plainValue(name, await store[name]?.(resolve(options, labels) as Record<string, unknown>));
        if (label !== undefined) labels[label] = String(value);
        outcomes.push({ value });
      } catch (error) {
        const { errorCode, message } = MlflowError.from(error);
        outcomes.push({ error: errorCode, message });
      }
    }
    await tracking.close();
    await registry.close();
    return { outcomes, labels };
  }
});

/** Rules that MLflow 3 changed: longer tags, NaN twice, aliases of deleted versions, one dataset in two experiments. */
function isAlikeInBoth([name, options]: Operation): boolean {
  const text = JSON.stringify(options);
  if (name === 'logInputs' && text.includes('$inS3')) return false;
  if (text.length > 5000 || text.includes('nan')) return false;
  return !(name === 'deleteModelVersion' || /Latest|third|is_prompt/.test(text));
}

function resolve(value: unknown, labels: Record<string, string>): unknown {
  if (typeof value === 'string') {
    if (['nan', 'inf', '-inf'].includes(value)) return Number(value.replace('inf', 'Infinity').replace('nan', 'NaN'));
    return Object.entries(labels).reduce((text, [label, known]) => text.replaceAll(`$${label}`, known), value);
  }
  if (Array.isArray(value)) return value.map((item) => resolve(item, labels));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, labels)]));
}

/** The part of a result that the replay prints. */
function plainValue(name: string, value: unknown): unknown {
  if (value === undefined) return null;
  const entity = value as Record<string, unknown> & { info?: { runId: string } };
  if (name === 'createRun' || name === 'getRun') return entity.info?.runId;
  if (name === 'updateRun') return entity['runName'];
  if (/^(create|get)LoggedModel$/.test(name)) return entity['modelId'];
  if (name === 'finalizeLoggedModel') return entity['status'];
  if (/^update(RegisteredModel|ModelVersion)$/.test(name)) return entity['description'];
  if (/RegisteredModel$/.test(name)) return entity['name'];
  if (name === 'getLatestVersions') return (value as { version: string }[]).map(({ version }) => version).sort();
  if (name === 'createModelVersion' || name === 'getModelVersionByAlias') return entity['version'];
  if (name === 'getModelVersion') return entity['source'];
  if (name === 'transitionModelVersionStage') return entity['currentStage'];
  if (name === 'getExperiment') return entity['experimentId'];
  return value;
}

/** Python makes indexes, and constraints within a table, in an order that changes from store to store. */
function schemaLines(schema: unknown[][]): string[] {
  return schema.map((row) =>
    row
      .map((cell) =>
        String(cell)
          .split('\n')
          .map((line) => line.trim().replace(/,$/, ''))
          .sort()
          .join(' '),
      )
      .join(' | '),
  );
}

/** Rows that only one side has, shortened. */
function compareRows(ours: Record<string, string[]>, python: Record<string, string[]>): void {
  const differences: string[] = [];
  for (const [table, expected] of Object.entries(python)) {
    const got = ours[table] ?? [];
    const only = (left: string[], right: string[]): string[] => left.filter((row) => !right.includes(row));
    differences.push(...only(got, expected).map((row) => `${table} only ours: ${row.slice(0, 500)}`));
    differences.push(...only(expected, got).map((row) => `${table} only python: ${row.slice(0, 500)}`));
    if (got.length !== expected.length) differences.push(`${table}: ${got.length} rows, python ${expected.length}`);
  }
  assert.deepEqual(differences, []);
}

function compareOutcomes(operations: Operation[], ours: Outcome[], python: Outcome[]): void {
  const differences: string[] = [];
  for (const [index, [name, options]] of operations.entries()) {
    const left = JSON.stringify(normalized(ours[index]));
    const right = JSON.stringify(normalized(python[index]));
    const shown = JSON.stringify(options).slice(0, 200);
    if (left !== right)
      differences.push(`${name} ${shown}\n  ours   ${left.slice(0, 600)}\n  python ${right.slice(0, 600)}`);
  }
  assert.deepEqual(differences, []);
}

/** Ids differ; SQLAlchemy adds the statement to SQLite's words; Python's plain errors have no code. */
function normalized(outcome: Outcome | undefined): Outcome {
  const mask = (text: string): string =>
    text
      .replace(/[0-9a-f]{32}/g, '<id>')
      .replace(/\(raised as a result of Query-invoked autoflush[^)]*\)\n/, '')
      .replace(/\n\[SQL.*$/s, '')
      .replace(/\(Background on this error.*$/s, '')
      .trim();
  if (outcome?.error === undefined) {
    return { value: typeof outcome?.value === 'string' ? mask(outcome.value) : outcome?.value };
  }
  const code = outcome.error === 'PYTHON' ? 'INVALID_PARAMETER_VALUE' : outcome.error;
  return { error: code, message: mask(outcome.message ?? '') };
}

/** The tables with labels for ids, one word for every time of today, and rows in a fixed order. */
function rows(
  tables: Record<string, Record<string, unknown>[]>,
  labels: Record<string, string>,
): Record<string, string[]> {
  const names = new Map(
    Object.entries(labels)
      .filter(([, id]) => id.length >= 32)
      .map(([label, id]) => [id, label]),
  );
  const mask = (column: string, value: unknown): unknown => {
    if (typeof value === 'number' && value > 1.7e12 && /time|updated/.test(column) && column !== 'timestamp')
      return '<now>';
    if (typeof value !== 'string') return value;
    return value.replace(/(m-)?[0-9a-f]{32}/g, (id) => names.get(id) ?? '<id>');
  };
  const maskedRows = (table: Record<string, unknown>[]): string[] =>
    table
      .map((row) => JSON.stringify(Object.entries(row).map(([column, value]) => [column, mask(column, value)])))
      .sort();
  return Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, maskedRows(table)]));
}
