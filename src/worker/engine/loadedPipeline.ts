import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { JsonObject } from '../../core/ports.js';
import type { Pipeline, PipelineCallOptions } from '../../core/pyfunc/pipeline.js';
import { PyfuncWrapper } from '../../core/pyfunc/pyfuncWrapper.js';
import { toServingJson } from '../../core/pyfunc/servingJson.js';
import { prepareInput } from '../../core/signature/prepareInput.js';
import type { LoadedModel, LoadRequest, PredictEvent, Prediction } from '../../protocol/inference.js';
import { createPipeline } from '../pipelines/createPipeline.js';
import type { GenerateResult, RuntimeModel } from '../runtime/model.js';
import { openModel } from '../runtime/openModel.js';
import { Tokenizer } from '../tokenizer/tokenizer.js';
import { GenerationMeter } from './generationMeter.js';
import { readModelFolder, type ModelFolder } from './modelFolder.js';
import { anonymousMemoryBytes } from './processMemory.js';
import { architectureOrCode, refuseRemoteCode } from './remoteCode.js';

export interface LoadPipelineOptions {
  signal?: AbortSignal | undefined;
  onProgress: (message: string, fraction: number | null) => void;
  onWarning: (message: string) => void;
}

/** A logged model that is ready to answer: its session, its tokenizer, its pipeline, and MLflow's wrapper around them. */
export class LoadedPipeline {
  /** Warnings of the call that runs now. */
  private warnings: string[] = [];
  private queue: Promise<unknown> = Promise.resolve();
  private readonly wrapper: PyfuncWrapper;

  private constructor(
    private readonly handle: string,
    private readonly request: LoadRequest,
    private readonly folder: ModelFolder,
    private readonly model: RuntimeModel,
    private readonly tokenizer: Tokenizer | undefined,
    private readonly pipeline: Pipeline,
    private readonly loadMs: number,
    warn: { current: (message: string) => void },
  ) {
    warn.current = (message) => this.warnings.push(message);
    this.wrapper = new PyfuncWrapper({
      pipeline,
      flavorConfig: folder.flavorConfig,
      modelConfig: folder.modelConfig,
      promptTemplate: folder.promptTemplate,
      compatibility: folder.mlmodel.compatibility,
    });
  }

  /** @throws MlflowError as readModelFolder, openModel and Tokenizer.load; reason `codeExecutionRefused`. */
  static async load(handle: string, request: LoadRequest, options: LoadPipelineOptions): Promise<LoadedPipeline> {
    const startedAt = performance.now();
    const { modelUri } = request;
    const folder = await readModelFolder(request.modelPath, {
      modelUri,
      modelConfig: request.modelConfig,
      onWarning: options.onWarning,
    });
    const config = await readConfig(folder.checkpointFolder);
    refuseRemoteCode(folder, config, modelUri);
    const warn = { current: options.onWarning };
    const [model, tokenizer] = await openBoth(folder, request, options).catch((error: unknown) => {
      throw architectureOrCode(error, folder, config, modelUri);
    });
    const pipeline = await createPipeline({
      model,
      tokenizer,
      generation: folder.generation,
      task: folder.task,
      instanceType: folder.instanceType,
      warn: (message) => warn.current(message),
    });
    const loadMs = performance.now() - startedAt;
    return new LoadedPipeline(handle, request, folder, model, tokenizer, pipeline, loadMs, warn);
  }

  describe(): LoadedModel {
    const { model, folder } = this;
    return {
      handle: this.handle,
      modelUri: this.request.modelUri,
      task: folder.task,
      inferenceTask: folder.flavor.inferenceTask,
      architecture: model.modelClass,
      device: model.device,
      refusedDevices: model.refusedDevices,
      precision: model.precision,
      isUpgrading: model.isUpgrading,
      loadMs: this.loadMs,
      parameterCount: model.parameterCount,
      weightsBytes: model.weightsBytes,
      memoryBytes: anonymousMemoryBytes(),
      contextLength: contextLength(model.config, this.tokenizer),
      hasChatTemplate: this.tokenizer?.chatTemplate.exists ?? false,
    };
  }

  onUpgraded(listener: () => void): void {
    this.model.onUpgraded(listener);
  }

  async ready(): Promise<LoadedModel> {
    await this.model.ready();
    return this.describe();
  }

  /** Calls run one after the other. @throws MlflowError with Python's code and text. */
  predict(
    data: unknown,
    params: JsonObject | undefined,
    options: { signal?: AbortSignal | undefined; onEvent?: ((event: PredictEvent) => void) | undefined },
  ): Promise<Prediction> {
    const result = this.queue.then(() => this.answer(data, params, options));
    this.queue = result.catch(() => undefined);
    return result;
  }

  async dispose(): Promise<void> {
    await this.queue;
    await this.model.dispose();
  }

  private async answer(
    data: unknown,
    params: JsonObject | undefined,
    options: { signal?: AbortSignal | undefined; onEvent?: ((event: PredictEvent) => void) | undefined },
  ): Promise<Prediction> {
    const meter = new GenerationMeter();
    const { compatibility } = this.folder.mlmodel;
    const prepared = prepareInput(data, this.folder.signature, params, { compatibility });
    this.warnings = [...prepared.warnings];
    const callOptions: PipelineCallOptions = {
      signal: options.signal,
      onEvent: (event) => {
        meter.hear(event);
        options.onEvent?.(event);
      },
    };
    const { output, raw } = await this.wrapper.predict(
      prepared.data,
      prepared.params as JsonObject | undefined,
      callOptions,
    );
    const predictions = toServingJson(output);
    const isFeatures = this.folder.task === 'feature-extraction';
    const prediction: Prediction = {
      predictions,
      raw: isFeatures ? predictions : toServingJson(raw),
      stats: {
        ...meter.stats(),
        device: this.model.device,
        precision: this.model.precision,
        memoryBytes: anonymousMemoryBytes(),
      },
      finishReason: finishReasonOf(this.pipeline),
      warnings: this.warnings,
    };
    options.onEvent?.({ type: 'end', prediction });
    return prediction;
  }
}

async function openBoth(
  folder: ModelFolder,
  request: LoadRequest,
  options: LoadPipelineOptions,
): Promise<[RuntimeModel, Tokenizer]> {
  const tokenizerType = folder.flavorConfig['tokenizer_type'];
  const className = typeof tokenizerType === 'string' ? tokenizerType : undefined;
  const opening = openModel({
    checkpointFolder: folder.checkpointFolder,
    adapterFolder: folder.adapterFolder,
    modelClass: folder.flavor.modelType ?? undefined,
    task: folder.task,
    device: request.device,
    precision: request.precision,
    cacheFolder: request.cacheFolder,
    cacheLimitBytes: request.cacheLimitBytes,
    signal: options.signal,
    onProgress: options.onProgress,
  });
  const reading = Tokenizer.load(folder.componentFolder('tokenizer'), folder.generation, className);
  const [model, tokenizer] = await Promise.allSettled([opening, reading]);
  if (model.status === 'rejected') throw model.reason;
  if (tokenizer.status === 'rejected') {
    await model.value.dispose();
    throw tokenizer.reason;
  }
  return [model.value, tokenizer.value];
}

async function readConfig(folder: string): Promise<JsonObject> {
  try {
    return JSON.parse(await readFile(path.join(folder, 'config.json'), 'utf8')) as JsonObject;
  } catch {
    return {};
  }
}

function contextLength(config: JsonObject, tokenizer: Tokenizer | undefined): number | null {
  const limits = [config['max_position_embeddings'], config['n_positions'], tokenizer?.modelMaxLength];
  const known = limits.filter((limit): limit is number => typeof limit === 'number' && limit > 0 && limit < 1e9);
  return known.length === 0 ? null : Math.min(...known);
}

function finishReasonOf(pipeline: Pipeline): GenerateResult['finishReason'] | null {
  return (pipeline as { finishReason?: GenerateResult['finishReason'] | null }).finishReason ?? null;
}
