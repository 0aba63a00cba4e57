import type { JsonObject, JsonValue } from '../ports.js';
import type { Pipeline, PipelineCallOptions } from '../pyfunc/pipeline.js';
import type { ComponentHandle, LoadedComponents } from './loadModel.js';
import type { OpenedPipeline } from './loadOptions.js';
import type { ModelSource } from './modelSource.js';

/**
 * A loaded pipeline: called with Python's input and keyword arguments (`top_k` or `topK`), it answers what Python's pipeline
 * answers. `saveModel` and `logModel` take it.
 */
export interface CallablePipeline {
  (input: unknown, keywords?: JsonObject, options?: PipelineCallOptions): Promise<unknown>;
  readonly task: string;
  /** Python's class of the pipeline. */
  readonly instanceType: string;
  readonly model: ComponentHandle & { adapterFolder?: string };
  readonly tokenizer: ComponentHandle | undefined;
  readonly featureExtractor: ComponentHandle | undefined;
  readonly imageProcessor: ComponentHandle | undefined;
  readonly device: number | string | undefined;
  readonly torchDtype: string | undefined;
  readonly source: ModelSource;
  /** What the pyfunc wrapper stands on. */
  readonly runner: Pipeline;
  /** Frees the memory of the model. */
  dispose(): Promise<void>;
}

/** @param keywords arguments of every call, as Python's `pipeline(**kwargs)` keeps them. */
export function callablePipeline(
  { pipeline, dispose }: OpenedPipeline,
  components: LoadedComponents,
  source: ModelSource,
  keywords: JsonObject,
): CallablePipeline {
  const runner: Pipeline = {
    task: pipeline.task,
    instanceType: pipeline.instanceType,
    tokenizer: pipeline.tokenizer,
    generationConfig: pipeline.generationConfig,
    call: (input, own, options) => pipeline.call(input, { ...keywords, ...own }, options),
  };
  const call = async (input: unknown, own: JsonObject = {}, options?: PipelineCallOptions): Promise<unknown> => {
    const named = pythonNames(own);
    if (!isTextPair(pipeline, input)) return runner.call(input, named, options);
    return ((await runner.call([input], named, options)) as unknown[])[0];
  };
  return Object.assign(call, {
    task: pipeline.task,
    instanceType: pipeline.instanceType,
    model: components.model,
    tokenizer: components.tokenizer,
    featureExtractor: components.featureExtractor,
    imageProcessor: components.imageProcessor,
    device: components.device,
    torchDtype: components.torchDtype,
    source,
    runner,
    dispose,
  });
}

/** A text with its pair is one input; to other pipelines, and to MLflow's wrapper, an object holds keyword arguments. */
function isTextPair({ task }: Pipeline, input: unknown): boolean {
  return task === 'text-classification' && typeof input === 'object' && input !== null && !Array.isArray(input);
}

function pythonNames(keywords: JsonObject): JsonObject {
  const named: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(keywords))
    named[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] = value;
  return named;
}
