import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { MlflowClient } from '../../src/core/client/mlflowClient.js';
import { pythonExecutable, testEnvironmentFolder } from '../helpers/environment.js';
import { median, milliseconds, offlinePython, runProcess, type Measurement } from './measure.js';

const make = `
import sys, random, mlflow, sqlalchemy, uuid
uri = "sqlite:///" + sys.argv[1]
client = mlflow.MlflowClient(uri)
experiment = client.create_experiment("ten thousand")
random.seed(1)
rows = {"runs": [], "params": [], "tags": [], "metrics": [], "latest_metrics": []}
for i in range(10000):
    run = uuid.UUID(int=random.getrandbits(128)).hex
    rows["runs"].append(dict(run_uuid=run, name=f"run-{i}", source_type="UNKNOWN", source_name="", entry_point_name="", user_id="bench", status="FINISHED", start_time=1700000000000 + i * 1000, end_time=1700000000500 + i * 1000, source_version="", lifecycle_stage="active", artifact_uri=f"/bench/{run}/artifacts", experiment_id=int(experiment)))
    rows["params"] += [dict(key=f"p{k}", value=str(random.random()), run_uuid=run) for k in range(8)]
    rows["tags"] += [dict(key=f"t{k}", value=str(k), run_uuid=run) for k in range(5)] + [dict(key="mlflow.runName", value=f"run-{i}", run_uuid=run)]
    for k in range(6):
        points = [dict(key=f"m{k}", value=random.random(), timestamp=1700000000000 + s, run_uuid=run, step=s, is_nan=False) for s in range(20)]
        rows["metrics"] += points
        rows["latest_metrics"].append(points[-1])
engine = sqlalchemy.create_engine(uri)
meta = sqlalchemy.MetaData(); meta.reflect(engine)
with engine.begin() as connection:
    for table, values in rows.items():
        connection.execute(meta.tables[table].insert(), values)
`;

const search = `
import sys, time, json, mlflow
client = mlflow.MlflowClient("sqlite:///" + sys.argv[1])
experiment = client.get_experiment_by_name("ten thousand").experiment_id
def timed(**options):
    times = []
    for _ in range(3):
        start = time.perf_counter(); client.search_runs([experiment], max_results=200, **options); times.append((time.perf_counter() - start) * 1000)
    return sorted(times)[1]
print(json.dumps([timed(), timed(filter_string="metrics.m0 > 0.5", order_by=["metrics.m1 DESC"])]))
`;

/** The newest 200 of 10,000 runs, and 200 filtered by a metric and ordered by another, against \`MlflowClient.search_runs\`. */
export async function benchListRuns(): Promise<Measurement[]> {
  const file = path.join(testEnvironmentFolder, 'bench-runs', 'mlflow.db');
  if (!existsSync(file)) {
    await mkdir(path.dirname(file), { recursive: true });
    await runProcess(pythonExecutable('new'), ['-c', make, file], offlinePython);
  }
  const client = new MlflowClient({ trackingUri: `sqlite:///${file}` });
  const experiment = await client.getExperimentByName({ name: 'ten thousand' });
  const timed = (options: { filterString?: string; orderBy?: string[] }) =>
    median(5, async () => {
      const started = performance.now();
      await client.searchRuns({ experimentIds: [experiment!.experimentId], maxResults: 200, ...options });
      return performance.now() - started;
    });
  const ours = [await timed({}), await timed({ filterString: 'metrics.m0 > 0.5', orderBy: ['metrics.m1 DESC'] })];
  const { stdout } = await runProcess(pythonExecutable('new'), ['-c', search, file], offlinePython);
  const theirs = JSON.parse(stdout.trim().split('\n').at(-1)!) as number[];
  return ['newest 200 of 10,000 runs (SQLite)', '200 of 10,000 runs filtered and ordered by metrics'].map(
    (name, index) => ({
      name,
      ours: milliseconds(ours[index]!),
      peer: `MlflowClient ${milliseconds(theirs[index]!)}`,
      ratio: theirs[index]! / ours[index]!,
      budget: '300 ms',
      isMet: ours[index]! <= 300,
    }),
  );
}
