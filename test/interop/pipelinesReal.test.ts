import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { InferenceEngine } from '../../src/worker/engine/inferenceEngine.js';
import { difference } from '../helpers/closeValues.js';
import { realCheckpoints } from '../helpers/environment.js';
import { runPython } from '../helpers/python.js';

const script = `
import json, sys, io
import mlflow, transformers, torch
from mlflow.pyfunc.scoring_server import predictions_to_json

question = json.load(sys.stdin)
answers = {}

def run(name, task, checkpoint, inputs, **save):
    pipe = transformers.pipeline(task, model=checkpoint, tokenizer=checkpoint)
    path = question['folder'] + '/' + name
    mlflow.transformers.save_model(pipe, path, pip_requirements=['x'], **save)
    model = mlflow.pyfunc.load_model(path)
    answers[name] = []
    for data in inputs:
        out = io.StringIO()
        predictions_to_json(model.predict(data), out)
        answers[name].append({'data': data, 'predictions': json.loads(out.getvalue())['predictions']})

run('minilm', 'feature-extraction', question['minilm'], ['hello world, this is MLflow', 'Zürich is nice 👍'])
greedy = {'do_sample': False, 'max_new_tokens': 24}
run('smollm2', 'text-generation', question['smollm2'], ['The capital of France is', ['def fib(n):', 'Once upon a time']], model_config=greedy)
print(json.dumps(answers))
`;

const folder = await mkdtemp(path.join(tmpdir(), 'real-'));
const answers = await runPython<Record<string, { data: unknown; predictions: unknown }[]>>('new', script, {
  folder,
  minilm: realCheckpoints.miniLm,
  smollm2: realCheckpoints.smolLm2Float32,
});
const engine = new InferenceEngine();

describe('real models', () => {
  after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, cases] of Object.entries(answers)) {
    it(`${name} answers as mlflow.pyfunc`, async () => {
      const modelPath = path.join(folder, name);
      const { handle } = await engine.load({ modelPath, modelUri: name, device: 'cpu', precision: 'fp32' });
      for (const { data, predictions } of cases) {
        const found = await engine.predict({ handle, data });
        assert.equal(difference(found.predictions, predictions), undefined);
      }
      await engine.unload({ handle });
    });
  }
});
