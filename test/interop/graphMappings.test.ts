import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MlflowError } from '../../src/core/errors.js';
import { graphFor, supportedArchitectures } from '../../src/core/graph/registry.js';
import type { CheckpointTensors } from '../../src/core/safetensors/checkpoint.js';
import { runPython } from '../helpers/python.js';
import { compareWithPython, makeModels, type PythonAnswer } from './graphComparison.js';
import type { ModelSpec } from './graphModels.js';
import { families, modelOfClass } from './graphSweep/randomModels.js';

interface Mapped {
  task: string;
  modelType: string;
  configClass: string;
  modelClass: string;
}

/** What the Auto classes of the text pipelines choose. */
const script = `
import json, transformers
from transformers.models.auto import modeling_auto
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES
mapped = []
for task, mapping in {
    "text-generation": "CAUSAL_LM", "text-classification": "SEQUENCE_CLASSIFICATION", "fill-mask": "MASKED_LM",
    "token-classification": "TOKEN_CLASSIFICATION", "question-answering": "QUESTION_ANSWERING",
    "text2text-generation": "SEQ_TO_SEQ_CAUSAL_LM",
}.items():
    for model_type, name in getattr(modeling_auto, f"MODEL_FOR_{mapping}_MAPPING_NAMES").items():
        config_class = CONFIG_MAPPING_NAMES.get(model_type)
        if config_class:
            mapped.append({"task": task, "modelType": model_type, "configClass": config_class, "modelClass": name})
print(json.dumps(mapped))
`;

const noTensors: CheckpointTensors = {
  tensors: new Map(),
  files: [],
  parameterCount: 0,
  weightsBytes: 0,
  parametersByDtype: {},
  metadata: {},
};

function isRefusal(error: unknown): boolean {
  return MlflowError.is(error, 'NOT_IMPLEMENTED') && error.reason === 'architectureUnsupported';
}

for (const generation of ['new', 'old'] as const) {
  describe(`classes of the text pipelines, transformers ${generation === 'new' ? 5 : 4}`, () => {
    let folder: string;
    let mapped: Mapped[];
    let specs: ModelSpec[];
    let answers: Record<string, PythonAnswer>;
    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'mappings-'));
      mapped = await runPython(generation, script);
      const byConfig = new Map(Object.entries(families).map(([family, { configClass }]) => [configClass, family]));
      const classes = new Map(mapped.map((entry) => [entry.modelClass, entry]));
      specs = [...classes.values()].flatMap(({ configClass, modelClass, task }) => {
        const family = byConfig.get(configClass);
        return family === undefined ? [] : [modelOfClass(family, modelClass, task)];
      });
      answers = await makeModels(generation, folder, specs);
    });
    after(() => rm(folder, { recursive: true, force: true }));

    it('that no graph is made for are refused by name', () => {
      const unknown = mapped.filter(({ modelType }) => !supportedArchitectures.includes(modelType));
      assert.ok(unknown.length > 100);
      for (const { modelType, modelClass, task } of unknown) {
        const config = { model_type: modelType, architectures: [modelClass] };
        assert.throws(
          () =>
            graphFor({
              config,
              transformersVersion: null,
              modelClass,
              task,
              folder,
              checkpoint: noTensors,
              adapter: null,
              options: { target: 'cpu', quantization: null },
            }),
          (error: unknown) => isRefusal(error) && error instanceof Error && error.message.includes(modelClass),
          `${modelType} ${modelClass}`,
        );
      }
    });

    it('are answered as PyTorch does, or refused', async () => {
      const refused: string[] = [];
      const wrong: string[] = [];
      for (const spec of specs) {
        const answer = answers[spec.name] ?? { error: 'PyTorch was not asked' };
        try {
          await compareWithPython(generation, folder, spec, answer);
          if (answer.error !== undefined) wrong.push(`${spec.name}: ${answer.error}`);
        } catch (error) {
          if (isRefusal(error)) refused.push(spec.modelClass);
          else wrong.push(`${spec.name}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
      assert.deepEqual(wrong, []);
      assert.ok(refused.length < specs.length / 2, refused.join());
    });
  });
}
