import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import type { Pipeline, PipelineCallOptions, PipelineTokenizer } from '../../core/pyfunc/pipeline.js';
import { loadFeatureExtractor, type FeatureExtractor } from '../media/featureExtractor.js';
import { loadAudio } from '../media/loadAudio.js';
import type { RuntimeModel } from '../runtime/model.js';
import type { TransformersGeneration } from '../tokenizer/generation.js';
import { forward, labelOf } from './modelInputs.js';
import { sigmoid, softmax, topIndices } from './numeric.js';
import type { MediaPipelineContext } from './pipelineContext.js';

const functions = ['softmax', 'sigmoid', 'none'];

/** transformers' AudioClassificationPipeline. */
export class AudioClassificationPipeline implements Pipeline {
  readonly task: string;
  readonly instanceType: string;
  readonly tokenizer: PipelineTokenizer | undefined = undefined;
  private readonly model: RuntimeModel;
  private readonly generation: TransformersGeneration;

  private constructor(
    context: MediaPipelineContext,
    private readonly extractor: FeatureExtractor,
  ) {
    this.task = context.task;
    this.instanceType = context.instanceType;
    this.model = context.model;
    this.generation = context.generation;
  }

  static async load(context: MediaPipelineContext): Promise<AudioClassificationPipeline> {
    return new AudioClassificationPipeline(context, await loadFeatureExtractor(context.processorFolder));
  }

  get generationConfig(): JsonObject {
    return this.model.generationConfig;
  }

  async call(input: unknown, kwargs: JsonObject, options: PipelineCallOptions = {}): Promise<unknown> {
    if (!Array.isArray(input)) return this.classify(input, kwargs, options);
    const results: JsonObject[][] = [];
    for (const item of input as unknown[]) results.push(await this.classify(item, kwargs, options));
    return results;
  }

  private async classify(source: unknown, kwargs: JsonObject, options: PipelineCallOptions): Promise<JsonObject[]> {
    const { samples } = await loadAudio(source, {
      samplingRate: this.extractor.samplingRate,
      pipeline: 'AudioClassificationPipeline',
      generation: this.generation,
      signal: options.signal,
    });
    const features = this.extractor.extract(samples);
    const { data } = await forward(this.model, { [this.extractor.inputName]: features }, 'logits');
    const scores = this.activate(Array.from(data), kwargs['function_to_apply']);
    const { top_k: wanted } = kwargs;
    const fallback = this.generation === 4 ? 5 : scores.length;
    const topK = Math.min(typeof wanted === 'number' ? wanted : fallback, scores.length);
    return topIndices(scores, topK).map((i) => ({ score: scores[i]!, label: labelOf(this.model.config, i) }));
  }

  private activate(logits: number[], wanted: unknown): number[] {
    if (this.generation === 4) return softmax(logits);
    if (typeof wanted === 'string' && !functions.includes(wanted)) {
      throw MlflowError.invalidParameter(
        `Invalid value for \`function_to_apply\`: ${wanted}. Valid options are ['softmax', 'sigmoid', 'none']`,
      );
    }
    const problem = this.model.config['problem_type'];
    const byProblem =
      problem === 'regression' ? 'none' : problem === 'multi_label_classification' ? 'sigmoid' : 'softmax';
    const name = typeof wanted === 'string' ? wanted : byProblem;
    if (name === 'sigmoid') return sigmoid(logits);
    return name === 'softmax' ? softmax(logits) : logits;
  }
}
