/** Python: makes a store of every kind of entry at `uri`, given on stdin. Works in both generations. */
export const makeStoreInPython = `
import json, sys, math, mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, Dataset, DatasetInput, InputTag, ViewType
asked = json.load(sys.stdin)
uri = asked["uri"]
mlflow.set_tracking_uri(uri)
client = MlflowClient(uri)
is_new = int(mlflow.__version__.split(".")[0]) >= 3

def make():
    first = client.create_experiment("exp/ü 1", tags={"team": "ä b", "n/x": "multi\\nline"})
    gone = client.create_experiment("gone")
    other = client.create_experiment("other", artifact_location="s3://bucket/path/")
    run = client.create_run(first, tags={"main": "yes", "mlflow.user": "me"}, run_name="run ü")
    rid = run.info.run_id
    for step, value in enumerate([0.5, 1e-07, float("nan"), float("inf"), -1.25]):
        client.log_metric(rid, "loss/train", value, timestamp=1000 + step, step=step)
    client.log_metric(rid, "loss/train", 3, timestamp=900, step=4)
    client.log_batch(rid, metrics=[Metric("acc", 1e22, 5, -3), Metric("acc", 2.0, 5, -3)],
                     params=[Param("lr", "0.1"), Param("opt/beta 1", "x\\r\\ny"), Param("empty", "")],
                     tags=[RunTag("t.a-b_c", "v")])
    client.log_inputs(rid, [DatasetInput(Dataset("iris", "dig1", "local", '{"uri":"x"}', "S", "P"),
                                         [InputTag("mlflow.data.context", "train")])])
    client.log_text(rid, "héllo", "dir/a b.txt")
    client.set_terminated(rid, "FAILED", end_time=2000)
    deleted = client.create_run(first, run_name="deleted")
    client.delete_run(deleted.info.run_id)
    client.create_run(other)
    client.create_run(gone)
    client.delete_experiment(gone)
    client.create_registered_model("reg ü", tags={"k": "v"}, description="d")
    client.create_model_version("reg ü", "file:///somewhere/model", run_id=rid, tags={"vk": "vv"}, description="one")
    client.create_model_version("reg ü", "models:/reg ü/1")
    client.create_model_version("reg ü", "s3://bucket/m")
    client.set_registered_model_alias("reg ü", "champion", "2")
    client.transition_model_version_stage("reg ü", "1", "Production")
    client.delete_model_version("reg ü", "3")
    if is_new:
        from mlflow.entities import LoggedModelOutput, LoggedModelInput
        model = client.create_logged_model(first, "mod", source_run_id=rid, tags={"a": "b"}, params={"p": "1"}, model_type="agent")
        client.log_outputs(rid2(first), [LoggedModelOutput(model.model_id, 3)])
        client.log_metric(rid3(first), "f1", 0.5, model_id=model.model_id)
        client.log_metric(rid3(first), "f1", 0.75, step=2, model_id=model.model_id, dataset_name="iris", dataset_digest="d2")
        client.finalize_logged_model(model.model_id, "READY")
        client.create_model_version("reg ü", f"models:/{model.model_id}", model_id=model.model_id)
        client.delete_logged_model(client.create_logged_model(first, "dropped").model_id)
        client.create_logged_model(first)

def rid2(exp):
    return client.create_run(exp, run_name="outputs").info.run_id
def rid3(exp):
    return client.create_run(exp, run_name="metrics").info.run_id
make()
`;

/** Python: opens the store at `uri` in place of {@link makeStoreInPython}. */
export const openStoreInPython = makeStoreInPython.replace(/\nmake\(\)\n$/, '\n');

/** Python: prints everything that a client finds in the store, in this project's words. Follows {@link makeStoreInPython}. */
export const describeStoreInPython = `
def number(v):
    return v if not isinstance(v, float) or math.isfinite(v) else {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(v)]

def metric_points(run):
    out = []
    for key in sorted(run.data.metrics):
        m = next(m for m in run.data._metric_objs if m.key == key)
        out.append(dict(key=key, value=number(m.value), timestamp=m.timestamp, step=m.step,
                        datasetName=getattr(m, "dataset_name", None), datasetDigest=getattr(m, "dataset_digest", None),
                        modelId=getattr(m, "model_id", None), runId=run.info.run_id))
    return out

def describe_run(r):
    i = r.info
    return dict(
        info=dict(runId=i.run_id, runName=i.run_name, experimentId=i.experiment_id, userId=i.user_id, status=i.status,
                  startTime=i.start_time, endTime=i.end_time, lifecycleStage=i.lifecycle_stage, artifactUri=i.artifact_uri),
        data=dict(metrics={k: number(v) for k, v in r.data.metrics.items()}, metricObjects=metric_points(r),
                  params=r.data.params, tags=r.data.tags),
        inputs=dict(datasetInputs=[dict(dataset=dict(name=d.dataset.name, digest=d.dataset.digest, sourceType=d.dataset.source_type,
                        source=d.dataset.source, schema=d.dataset.schema, profile=d.dataset.profile),
                        tags={t.key: t.value for t in d.tags}) for d in r.inputs.dataset_inputs],
                    modelInputs=[dict(modelId=m.model_id) for m in (getattr(r.inputs, "model_inputs", None) or [])]),
        outputs=dict(modelOutputs=[dict(modelId=m.model_id, step=m.step) for m in
                     ((r.outputs.model_outputs if getattr(r, "outputs", None) else None) or [])]))

def describe_experiment(e):
    return dict(experimentId=e.experiment_id, name=e.name, artifactLocation=e.artifact_location, lifecycleStage=e.lifecycle_stage,
                creationTime=e.creation_time, lastUpdateTime=e.last_update_time, tags=e.tags)

def describe_model(m):
    points = [dict(key=x.key, value=number(x.value), timestamp=x.timestamp, step=x.step, datasetName=x.dataset_name,
                   datasetDigest=x.dataset_digest, modelId=x.model_id, runId=x.run_id) for x in m.metrics or []]
    return dict(modelId=m.model_id, experimentId=m.experiment_id, name=m.name, artifactLocation=m.artifact_location,
                creationTimestamp=m.creation_timestamp, lastUpdatedTimestamp=m.last_updated_timestamp, status=m.status.name,
                statusMessage=m.status_message, modelType=m.model_type, sourceRunId=m.source_run_id, tags=m.tags, params=m.params,
                metrics=points)

def describe_version(v):
    return dict(name=v.name, version=str(v.version), creationTimestamp=v.creation_timestamp,
                lastUpdatedTimestamp=v.last_updated_timestamp, description=v.description, userId=v.user_id,
                currentStage=v.current_stage, source=v.source, runId=v.run_id, runLink=v.run_link, status=v.status,
                statusMessage=v.status_message, tags=v.tags, aliases=list(v.aliases), modelId=getattr(v, "model_id", None))

experiments = client.search_experiments(view_type=ViewType.ALL)
ids = [e.experiment_id for e in experiments]
runs = client.search_runs(ids, run_view_type=ViewType.ALL)
main = next(r for r in runs if r.data.tags.get("main") == "yes")
models = client.search_logged_models(ids) if is_new else []
def artifact_texts(run_id, path=None):
    out = {}
    for f in client.list_artifacts(run_id, path):
        if f.is_dir:
            out.update(artifact_texts(run_id, f.path))
        else:
            out[f.path] = open(client.download_artifacts(run_id, f.path), newline="").read()
    return out

print(json.dumps(dict(
    artifacts=artifact_texts(main.info.run_id),
    experiments=[describe_experiment(e) for e in experiments],
    runs=[describe_run(r) for r in runs],
    history=[dict(value=number(m.value), step=m.step, timestamp=m.timestamp) for m in client.get_metric_history(main.info.run_id, "loss/train")],
    models=sorted([describe_model(m) for m in models], key=lambda m: m["modelId"]),
    registered=[dict(name=m.name, creationTimestamp=m.creation_timestamp, lastUpdatedTimestamp=m.last_updated_timestamp,
                     description=m.description, tags=m.tags, aliases=m.aliases,
                     latest=sorted(str(v.version) for v in m.latest_versions)) for m in client.search_registered_models()],
    versions=sorted([describe_version(v) for v in client.search_model_versions()], key=lambda v: int(v["version"])))))
`;
