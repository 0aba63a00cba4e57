import type { FlavorSettings } from '../mlmodel/model.js';
import type { JsonObject } from '../ports.js';
import { toPlain } from '../serialization/plainValue.js';
import type { PyRecord, PyValue } from '../serialization/pyValue.js';
import { signatureOfExample } from './exampleSignature.js';
import type { Save } from './saveContext.js';
import type { SaveModelOptions } from './saveOptions.js';
import { defaultOrNone } from './saveSignature.js';
import { ShapePipeline } from './shapePipeline.js';
import { hasPyfunc } from './tasks.js';
import { hasChatTemplate } from './tokenizerClass.js';

/**
 * Adds the `python_function` flavor with a signature where the pipeline can have one, else warns as Python does.
 * Source: the end of mlflow.transformers.save_model; mlflow.transformers._should_add_pyfunc_to_model.
 */
export async function addPyfunc(
  save: Save,
  flavor: FlavorSettings,
  example: SaveModelOptions['inputExample'],
  code: string | null,
): Promise<void> {
  const { model, source, task, options, log } = save;
  const isCheckpoint = source.kind === 'checkpoint';
  if (!isCheckpoint && !hasPyfunc(task.instanceType, String(flavor['pipeline_model_type']))) {
    const reason =
      options.processor === undefined
        ? 'the model is not a language-based model and requires a complex input type that is currently not supported.'
        : "the model has been saved with a 'processor' argument supplied.";
    log.warn(
      `This model is unable to be used for pyfunc prediction because ${reason} The pyfunc flavor will not be added to the Model.`,
    );
    return;
  }
  const { inferenceConfig } = options;
  // Generation 2 keeps the deprecated settings in a file of their own.
  let modelConfig: PyRecord = { ...(save.generation === '2' ? {} : inferenceConfig), ...options.modelConfig };
  const inferred = Object.keys(modelConfig).length > 0 ? modelConfig : (inferenceConfig ?? {});
  if (model.signature === null) {
    const signature =
      example === undefined || isCheckpoint
        ? null
        : await signatureOfExample(example, {
            pipeline: await shapePipelineOf(save),
            flavorConfig: toPlain(flavor as Record<string, PyValue>) as JsonObject,
            modelConfig: toPlain(inferred) as JsonObject,
            compatibility: save.generation,
            environment: save.services.environment,
            log,
          });
    model.signature =
      (signature ?? defaultOrNone(task.pipelineTask, log))?.toDict({ compatibility: save.generation }) ?? null;
  }
  if (
    options.promptTemplate !== undefined &&
    task.pipelineTask === 'text-generation' &&
    !('return_full_text' in modelConfig)
  ) {
    modelConfig = { ...modelConfig, return_full_text: false };
    log.info(
      'text-generation pipelines saved with prompt templates have the `return_full_text` pipeline kwarg set to False by default. ' +
        'To override this behavior, provide a `model_config` dict with `return_full_text` set to `True` when saving the model.',
    );
  }
  model.addFlavor('python_function', {
    loader_module: 'mlflow.transformers',
    python_version: save.versions.pythonVersion,
    env: { conda: 'conda.yaml', virtualenv: 'python_env.yaml' },
    ...(code === null ? {} : { code }),
    ...(Object.keys(modelConfig).length === 0 ? {} : { config: modelConfig }),
  });
}

/** A pipeline that answers in the shape of the saved one. */
export async function shapePipelineOf({ source, task, versions }: Save): Promise<ShapePipeline> {
  const tokenizerFolder = source.components.tokenizer?.folder ?? source.modelFolder;
  return new ShapePipeline(task.pipelineTask, task.instanceType, source.config, versions.transformersVersion, {
    hasChatTemplate: await hasChatTemplate(tokenizerFolder),
  });
}
