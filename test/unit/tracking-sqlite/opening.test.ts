import assert from 'node:assert/strict';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { MlflowError, type ErrorReason } from '../../../src/core/errors.js';
import { openSqliteStores } from '../../../src/core/tracking/sqlite/openSqliteStores.js';
import { openSqliteDatabase, sqliteDriver } from '../../../src/core/tracking/sqlite/sqliteDatabase.js';
import { sqliteFileOfUri } from '../../../src/core/tracking/sqlite/sqliteUri.js';

const folder = mkdtempSync(path.join(tmpdir(), 'sqlite-open-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const oneX = new URL('../../fixtures/sqlite/mlflow-1.x/', import.meta.url);

async function reasonOf(uri: string, busyTimeoutMs = 100): Promise<ErrorReason | undefined> {
  try {
    await openSqliteStores(uri, { cwd: folder, busyTimeoutMs });
  } catch (error) {
    assert.ok(MlflowError.is(error), String(error));
    assert.match(error.message, /\.$/);
    return error.reason;
  }
  return assert.fail(`${uri} was opened`);
}

describe('opening a SQLite store', () => {
  it('finds the file of every kind of URI', () => {
    assert.equal(sqliteFileOfUri('sqlite:///mlflow.db', '/srv'), '/srv/mlflow.db');
    assert.equal(sqliteFileOfUri('sqlite:///./a/../b c.db', '/srv'), '/srv/b c.db');
    assert.equal(sqliteFileOfUri('sqlite:////abs/ü%20.db', '/srv'), '/abs/ü%20.db');
    assert.equal(sqliteFileOfUri('sqlite:////abs/x.db?timeout=5&mode=rw', '/srv'), '/abs/x.db');
    assert.equal(sqliteFileOfUri('sqlite+pysqlite:///x.db', '/srv'), '/srv/x.db');
    assert.equal(sqliteFileOfUri('sqlite:///file:/abs/x.db?mode=ro&uri=true', '/srv'), '/abs/x.db');
    for (const uri of ['sqlite://', 'sqlite:///', 'sqlite:///:memory:', 'mysql://x/y', 'sqlite:x.db']) {
      assert.throws(() => sqliteFileOfUri(uri, '/srv'), MlflowError);
    }
  });

  it('says what is wrong with what it cannot open, and creates nothing', async () => {
    writeFileSync(path.join(folder, 'text.db'), 'This is not a database, however long the text may be. '.repeat(50));
    writeFileSync(path.join(folder, 'empty.db'), '');
    mkdirSync(path.join(folder, 'folder.db'));
    const driver = await sqliteDriver();
    const connection = driver.open(path.join(folder, 'foreign.db'), { mode: 'create' });
    connection.exec('CREATE TABLE customers (id INTEGER)');
    connection.close();
    const before = readdirSync(folder).sort();
    assert.equal(await reasonOf('sqlite:///missing.db'), 'storeMissing');
    assert.equal(await reasonOf('sqlite:///no/such/folder/x.db'), 'storeMissing');
    assert.equal(await reasonOf('sqlite:///folder.db'), 'storeMissing');
    assert.equal(await reasonOf('sqlite:///text.db'), 'storeForeign');
    assert.equal(await reasonOf('sqlite:///empty.db'), 'storeForeign');
    assert.equal(await reasonOf('sqlite:///foreign.db'), 'storeForeign');
    assert.deepEqual(readdirSync(folder).sort(), before);
  });

  it('makes a new store once, also in a folder that is not there yet', async () => {
    const uri = 'sqlite:///new/deep/mlflow.db';
    const first = await openSqliteStores(uri, { cwd: folder, create: true });
    await first.tracking.createExperiment({ name: 'kept' });
    const second = await openSqliteStores(uri, { cwd: folder, create: true });
    assert.equal((await second.tracking.getExperimentByName({ name: 'kept' }))?.experimentId, '1');
    assert.deepEqual(readdirSync(path.join(folder, 'new/deep')), ['mlflow.db']);
    for (const { tracking, registry } of [first, second]) await Promise.all([tracking.close(), registry.close()]);
  });

  it('reads a database of MLflow 1.x and leaves it alone', async () => {
    const file = path.join(folder, 'one.db');
    copyFileSync(new URL('mlflow.db', oneX), file);
    const bytes = readFileSync(file);
    const { tracking, registry } = await openSqliteStores(`sqlite:///${file}`);
    const experiments = (await tracking.searchExperiments({ viewType: 'ALL' })).items;
    assert.ok(experiments.length > 0);
    assert.equal(experiments[0]?.creationTime, null);
    const experimentIds = experiments.map(({ experimentId }) => experimentId);
    const runs = (await tracking.searchRuns({ experimentIds, runViewType: 'ALL' })).items;
    const expected = JSON.parse(readFileSync(new URL('expectedLatestMetrics.json', oneX), 'utf8')) as Record<
      string,
      unknown
    >;
    assert.equal(runs.length, 26);
    for (const [runId, metrics] of Object.entries(expected)) {
      assert.deepEqual(runs.find(({ info }) => info.runId === runId)?.data.metrics, metrics);
    }
    const ordered = await tracking.searchRuns({
      experimentIds,
      filterString: 'metrics.metric_0 > 0',
      orderBy: ['metrics.metric_0 DESC'],
    });
    const values = ordered.items.map(({ data }) => data.metrics['metric_0'] ?? 0);
    assert.deepEqual(
      values,
      [...values].sort((left, right) => right - left),
    );
    assert.deepEqual((await tracking.searchLoggedModels({ experimentIds })).items, []);
    assert.deepEqual((await registry.searchRegisteredModels()).items, []);
    await assert.rejects(
      tracking.createExperiment({ name: 'x' }),
      (error) =>
        MlflowError.is(error) && error.reason === 'storeSchemaUnknown' && /mlflow db upgrade/.test(error.message),
    );
    await tracking.close();
    await registry.close();
    assert.deepEqual(readFileSync(file), bytes);
    assert.ok(!existsSync(`${file}-journal`) && !existsSync(`${file}-wal`));
  });

  it('reads an idle database in write-ahead-log mode without making files', async () => {
    const { tracking, registry } = await openSqliteStores('sqlite:///wal.db', { cwd: folder, create: true });
    await Promise.all([tracking.close(), registry.close()]);
    const file = path.join(folder, 'wal.db');
    const descriptor = openSync(file, 'r+');
    writeSync(descriptor, Buffer.from([2, 2]), 0, 2, 18);
    closeSync(descriptor);
    const again = await openSqliteStores('sqlite:///wal.db', { cwd: folder });
    assert.equal((await again.tracking.searchExperiments()).items.length, 1);
    await Promise.all([again.tracking.close(), again.registry.close()]);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('wal.db')),
      ['wal.db'],
    );
  });
});

describe('a SQLite database', () => {
  it('stores all of a transaction or nothing', async () => {
    const file = path.join(folder, 'transactions.db');
    const driver = await sqliteDriver();
    const connection = driver.open(file, { mode: 'create' });
    connection.exec('CREATE TABLE t (a INTEGER PRIMARY KEY, b REAL, c TEXT)');
    connection.close();
    const database = await openSqliteDatabase(file);
    await assert.rejects(
      database.write((writer) => {
        writer.run('INSERT INTO t VALUES (?, ?, ?)', [1, 0.5, 'x']);
        throw new Error('stop');
      }),
      /stop/,
    );
    await database.write((writer) => writer.run('INSERT INTO t VALUES (?, ?, ?)', [2n ** 60n, 3, 'ü😀']));
    const rows = await database.read((reader) => reader.all('SELECT a, b, c FROM t'));
    assert.deepEqual(
      rows.map((row) => ({ ...row })),
      [{ a: 2n ** 60n, b: 3, c: 'ü😀' }],
    );
    await database.close();
    assert.equal(existsSync(`${file}.lock`), false);
    assert.equal(existsSync(`${file}-journal`), false);
  });

  it('gives another token after every commit, and the same one without', async () => {
    const { tracking, registry } = await openSqliteStores('sqlite:///tokens.db', { cwd: folder, create: true });
    const tokens = new Set<string>();
    for (let index = 0; index < 20; index++) {
      tokens.add(await tracking.changeToken());
      tokens.add(await tracking.changeToken());
      await tracking.setExperimentTag({ experimentId: '0', key: 'k', value: String(index) });
    }
    assert.equal(tokens.size, 20);
    const mtime = statSync(path.join(folder, 'tokens.db')).mtimeMs;
    await tracking.changeToken();
    assert.equal(statSync(path.join(folder, 'tokens.db')).mtimeMs, mtime);
    await Promise.all([tracking.close(), registry.close()]);
  });
});
