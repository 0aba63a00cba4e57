import type { JsonObject } from '../../core/ports.js';
import type { Pipeline, PipelineCallOptions } from '../../core/pyfunc/pipeline.js';
import { PyfuncWrapper } from '../../core/pyfunc/pyfuncWrapper.js';
import { toServingJson } from '../../core/pyfunc/servingJson.js';
import { prepareInput } from '../../core/signature/prepareInput.js';
import type { LoadedModel, LoadRequest, PredictEvent, Prediction } from '../../protocol/inference.js';
import type { GenerateResult } from '../runtime/model.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { GenerationMeter } from './generationMeter.js';
import { readModelFolder, type ModelFolder } from './modelFolder.js';
import { openPipeline, type OpenedPipeline } from './openPipeline.js';
import { anonymousMemoryBytes } from './processMemory.js';

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
    private readonly opened: OpenedPipeline,
    private readonly loadMs: number,
    warn: { current: (message: string) => void },
  ) {
    warn.current = (message) => this.warnings.push(message);
    this.wrapper = new PyfuncWrapper({
      pipeline: opened.pipeline,
      flavorConfig: folder.flavorConfig,
      modelConfig: folder.modelConfig,
      promptTemplate: folder.promptTemplate,
      compatibility: folder.mlmodel.compatibility,
    });
  }

  /** @throws MlflowError as readModelFolder and openPipeline. */
  static async load(handle: string, request: LoadRequest, options: LoadPipelineOptions): Promise<LoadedPipeline> {
    const startedAt = performance.now();
    const { modelUri, modelConfig } = request;
    const folder = await readModelFolder(request.modelPath, {
      modelUri,
      modelConfig,
      isPyfunc: true,
      onWarning: options.onWarning,
    });
    const warn = { current: options.onWarning };
    const opened = await openPipeline(folder, {
      ...request,
      ...options,
      onWarning: (message) => warn.current(message),
    });
    return new LoadedPipeline(handle, request, folder, opened, performance.now() - startedAt, warn);
  }

  describe(): LoadedModel {
    const { folder } = this;
    const { model, tokenizer } = this.opened;
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
      contextLength: contextLength(model.config, tokenizer),
      hasChatTemplate: tokenizer?.chatTemplate.exists ?? false,
    };
  }

  onUpgraded(listener: () => void): void {
    this.opened.model.onUpgraded(listener);
  }

  async ready(): Promise<LoadedModel> {
    await this.opened.model.ready();
    return this.describe();
  }

  /** Calls run one after the other. @throws MlflowError with Python's code and text. */
  predict(
    data: unknown,
    params: Readonly<Record<string, unknown>> | undefined,
    options: { signal?: AbortSignal | undefined; onEvent?: ((event: PredictEvent) => void) | undefined },
  ): Promise<Prediction> {
    const result = this.queue.then(() => this.answer(data, params, options));
    this.queue = result.catch(() => undefined);
    return result;
  }

  async dispose(): Promise<void> {
    await this.queue;
    await this.opened.model.dispose();
  }

  private async answer(
    data: unknown,
    params: Readonly<Record<string, unknown>> | undefined,
    options: { signal?: AbortSignal | undefined; onEvent?: ((event: PredictEvent) => void) | undefined },
  ): Promise<Prediction> {
    const meter = new GenerationMeter();
    const { compatibility } = this.folder.mlmodel;
    const prepared = prepareInput(data, this.folder.signature, params, { compatibility, valuesAsDeclared: true });
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
        device: this.opened.model.device,
        precision: this.opened.model.precision,
        memoryBytes: anonymousMemoryBytes(),
      },
      finishReason: finishReasonOf(this.opened.pipeline),
      warnings: this.warnings,
    };
    options.onEvent?.({ type: 'end', prediction });
    return prediction;
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
