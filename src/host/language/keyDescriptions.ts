import { l10n } from '../../core/l10n.js';

/** What the keys of MLmodel mean, by their path; a path below a flavor counts for every flavor where none of its own is given. */
const descriptions: Readonly<Record<string, () => string>> = {
  artifact_path: () =>
    l10n.t(
      'Where the model lies among the artifacts: relative to its run (MLflow 2) or the artifact URI of the logged model (MLflow 3).',
    ),
  env_vars: () =>
    l10n.t(
      'Names of environment variables that a prediction read while the model was logged. Values are never stored.',
    ),
  flavors: () => l10n.t('The ways to load this model, one mapping each.'),
  'flavors.python_function': () => l10n.t('The flavor that `mlflow.pyfunc.load_model` and scoring servers use.'),
  'flavors.python_function.code': () => l10n.t('Folder with Python modules that are put on the path before loading.'),
  'flavors.python_function.config': () =>
    l10n.t('Inference settings (`model_config`). At load time only keys that stand here can be overridden.'),
  'flavors.python_function.env': () => l10n.t('Files that describe the Python environment.'),
  'flavors.python_function.loader_module': () => l10n.t('Python module whose loader reads the model.'),
  'flavors.python_function.python_version': () => l10n.t('Version of Python that wrote the model.'),
  'flavors.transformers': () => l10n.t('The model as a pipeline of Hugging Face transformers.'),
  'flavors.transformers.code': () =>
    l10n.t('Folder with code that was saved along. It is never executed by this extension.'),
  'flavors.transformers.components': () =>
    l10n.t('Saved parts beside the model, each in its folder below `components/`.'),
  'flavors.transformers.framework': () =>
    l10n.t('Deep learning framework of the pipeline; absent since transformers 5.'),
  'flavors.transformers.inference_task': () =>
    l10n.t('Task of the `llm/v1` kind: the model answers in the form of that API.'),
  'flavors.transformers.instance_type': () => l10n.t('Class of the pipeline.'),
  'flavors.transformers.local_base_model_path': () =>
    l10n.t('Folder of the base model on the machine that saved this adapter.'),
  'flavors.transformers.model_binary': () => l10n.t('Folder with the weights and config.json.'),
  'flavors.transformers.peft_adaptor': () => l10n.t('Folder with a PEFT adapter, applied on the base model.'),
  'flavors.transformers.pipeline_model_type': () =>
    l10n.t('Class of the model, such as `BertForSequenceClassification`.'),
  'flavors.transformers.source_model_name': () =>
    l10n.t('Repository (or path) that the model was loaded from before it was saved.'),
  'flavors.transformers.source_model_revision': () =>
    l10n.t('Commit of the repository. With it the weights are not stored here: they are read from the Hub.'),
  'flavors.transformers.task': () => l10n.t('Pipeline task of Hugging Face.'),
  'flavors.transformers.torch_dtype': () => l10n.t('Type of the weights when the model was saved.'),
  'flavors.transformers.transformers_version': () => l10n.t('Version of transformers that saved the model.'),
  metadata: () => l10n.t('Settings of the user, and the prompt template where there is one.'),
  'metadata.prompt_template': () => l10n.t('Text around every prompt; `{prompt}` is replaced by the input.'),
  'metadata.task': () => l10n.t('Task of the `llm/v1` kind.'),
  mlflow_version: () => l10n.t('Version of MLflow that wrote the file.'),
  model_id: () => l10n.t('Id of the logged model (MLflow 3); null for a model that was only saved.'),
  model_size_bytes: () =>
    l10n.t('Bytes of all files when the model was saved, before this file and the environment files were added.'),
  model_uuid: () => l10n.t('Id of this save; the same as `model_id` for a logged model.'),
  prompts: () => l10n.t('Addresses in the prompt registry that the model uses.'),
  resources: () => l10n.t('Services the model needs where it is served.'),
  run_id: () => l10n.t('Run that logged the model.'),
  saved_input_example_info: () => l10n.t('Where the input example lies and how it is encoded.'),
  signature: () => l10n.t('What the model takes and gives; each part is a JSON text.'),
  'signature.inputs': () => l10n.t('Columns or tensors that the model takes.'),
  'signature.outputs': () => l10n.t('Columns or tensors that it gives.'),
  'signature.params': () => l10n.t('Inference parameters with types and defaults.'),
  utc_time_created: () => l10n.t('When the model was saved, in UTC.'),
};

/** One sentence on a key, in Markdown; `undefined` for keys that MLflow does not know. */
export function describeKey(path: string): string | undefined {
  if (Object.hasOwn(descriptions, path)) return descriptions[path]?.();
  const component =
    /^flavors\.transformers\.(tokenizer|feature_extractor|image_processor|processor)_(type|name|revision)$/.exec(path);
  if (component === null) return undefined;
  const part = (component[1] ?? '').replace('_', ' ');
  if (component[2] === 'type') return l10n.t('Class of the {0}.', part);
  return component[2] === 'name'
    ? l10n.t('Repository that the {0} is read from.', part)
    : l10n.t('Commit of the repository of the {0}.', part);
}
