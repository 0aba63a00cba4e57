import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import type { Pipeline, PipelineCallOptions } from '../../core/pyfunc/pipeline.js';
import type { TransformersVersion } from '../../core/transformers/transformersVersion.js';
import type { TransformersGeneration } from '../tokenizer/generation.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import type { RuntimeModel } from '../runtime/model.js';

/** What every pipeline stands on. */
export interface PipelineContext {
  readonly model: RuntimeModel;
  readonly tokenizer: Tokenizer;
  readonly version: TransformersVersion;
  readonly generation: TransformersGeneration;
  readonly task: string;
  readonly instanceType: string;
  readonly warn: (message: string) => void;
}

/** What pipelines stand on that load what reads their input themselves: images, sounds, tables. */
export interface MediaPipelineContext {
  readonly model: RuntimeModel;
  /** Only where the task writes text. */
  readonly tokenizer: Tokenizer | undefined;
  readonly version: TransformersVersion;
  readonly generation: TransformersGeneration;
  readonly task: string;
  readonly instanceType: string;
  /** Folder of the image processor, the feature extractor or the tokenizer that reads the input. */
  readonly processorFolder: string;
  /** Python's class of that part, where MLmodel names it. */
  readonly processorType: string | undefined;
  readonly warn: (message: string) => void;
}

/** The common part of text pipelines: inputs one by one, as Python's pipelines with their batch size of 1. */
export abstract class TextPipeline implements Pipeline {
  readonly task: string;
  readonly instanceType: string;
  protected readonly model: RuntimeModel;
  protected readonly version: TransformersVersion;
  protected readonly generation: TransformersGeneration;
  protected readonly warn: (message: string) => void;

  constructor(context: PipelineContext) {
    this.task = context.task;
    this.instanceType = context.instanceType;
    this.model = context.model;
    this.version = context.version;
    this.generation = context.generation;
    this.warn = context.warn;
    this.tokenizer = context.tokenizer;
  }

  readonly tokenizer: Tokenizer;

  /** Whether a cancelled list of inputs gives the answers that are there, as generation does. */
  protected get keepsPartialAnswers(): boolean {
    return false;
  }

  get generationConfig(): JsonObject {
    return this.model.generationConfig;
  }

  call(input: unknown, kwargs: JsonObject, options: PipelineCallOptions = {}): Promise<unknown> {
    const own = { ...kwargs };
    for (const name of ['batch_size', 'num_workers']) delete own[name];
    const isEmpty = Array.isArray(input) && input.length === 0;
    if (isEmpty && this.generation === 5) throw new MlflowError('list index out of range');
    return this.run(input, own, options);
  }

  protected abstract run(input: unknown, kwargs: JsonObject, options: PipelineCallOptions): Promise<unknown>;

  /** `one` for each item of a list, else for the input itself. */
  protected async each<T>(
    input: unknown,
    options: PipelineCallOptions,
    one: (item: unknown) => Promise<T>,
  ): Promise<T | T[]> {
    if (!Array.isArray(input)) return one(input);
    const results: T[] = [];
    for (const item of input as unknown[]) {
      if (options.signal?.aborted) {
        if (this.keepsPartialAnswers && results.length > 0) break;
        throw MlflowError.cancelled();
      }
      results.push(await one(item));
    }
    return results;
  }

  /** @throws MlflowError for keyword arguments that are none of `known`, as Python's TypeError. */
  protected refuseUnknown(kwargs: JsonObject, known: readonly string[]): void {
    const unknown = Object.keys(kwargs).find((name) => !known.includes(name));
    if (unknown === undefined) return;
    throw MlflowError.invalidParameter(
      `${this.instanceType}._sanitize_parameters() got an unexpected keyword argument '${unknown}'`,
    );
  }
}
