import { mlmodelProblems } from '../../src/core/mlmodel/mlmodelProblems.js';
import { Model } from '../../src/core/mlmodel/model.js';

/** The shape of a model that MLflow 3 logged. */
function mlmodelText(index: number): string {
  const id = `m-${index.toString(16).padStart(32, '0')}`;
  return new Model({
    artifactPath: `/data/mlruns/1/models/${id}/artifacts`,
    flavors: {
      python_function: {
        config: { top_k: 2, temperature: 0.5 },
        env: { conda: 'conda.yaml', virtualenv: 'python_env.yaml' },
        loader_module: 'mlflow.transformers',
        python_version: '3.11.7',
      },
      transformers: {
        code: null,
        components: ['tokenizer'],
        instance_type: 'TextClassificationPipeline',
        model_binary: 'model',
        pipeline_model_type: 'BertForSequenceClassification',
        source_model_name: `acme/tiny-bert-${index}`,
        task: 'text-classification',
        tokenizer_type: 'TokenizersBackend',
        torch_dtype: 'torch.float32',
        transformers_version: '5.23.0',
      },
    },
    metadata: {
      team: 'search',
      note: 'A text that is long enough to be folded when it is written, as descriptions are.',
    },
    modelId: id,
    modelUuid: id,
    modelSizeBytes: 20979 + index,
    runId: index.toString(16).padStart(32, '0'),
    savedInputExampleInfo: {
      artifact_path: 'input_example.json',
      serving_input_path: 'serving_input_example.json',
      type: 'json_object',
    },
    signature: {
      inputs: '[{"type": "string", "required": true}]',
      outputs:
        '[{"type": "string", "name": "label", "required": true}, {"type": "double", "name": "score", "required": true}]',
      params: null,
    },
    utcTimeCreated: '2026-11-24 07:47:37.509684',
  }).toYaml();
}

/** Time to parse and validate MLmodel texts in a cold process. Budget: 1,000 in 500 ms. */
export function benchMlmodelParsing(files = 1000): { files: number; milliseconds: number } {
  const texts = Array.from({ length: files }, (_, index) => mlmodelText(index));
  const start = performance.now();
  for (const text of texts) {
    if (mlmodelProblems(text).some(({ severity }) => severity === 'error'))
      throw new Error('A good model has problems.');
  }
  return { files, milliseconds: performance.now() - start };
}
