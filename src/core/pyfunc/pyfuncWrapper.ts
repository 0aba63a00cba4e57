import { MlflowError } from '../errors.js';
import type { JsonObject } from '../ports.js';
import type { Compatibility } from '../signature/compatibility.js';
import { toPlain } from '../signature/pythonValue.js';
import {
  areDicts,
  arraysToLists,
  asDict,
  isDict,
  toRawInput,
  validateDict,
  validateTexts,
  type Dict,
} from './inputShapes.js';
import {
  completionObjects,
  embeddingInput,
  embeddingObject,
  llmInput,
  messagesToPrompt,
  type LlmTask,
} from './llmTasks.js';
import { audioInput, imageInput } from './mediaInputs.js';
import {
  bestValues,
  featureArray,
  firstTokenVectors,
  generatedResponses,
  joinedEntities,
  labelFrame,
  sanitize,
  transcriptJson,
  valuesOfKey,
  zeroShotFrame,
  type ResponseOptions,
} from './outputShapes.js';
import type { Pipeline, PipelineCallOptions } from './pipeline.js';
import { pipelineKind, type PipelineKind } from './pipelineKind.js';
import { applyPromptTemplate } from './promptTemplate.js';
import {
  decodeJsonList,
  decodeTable,
  featureExtractionInput,
  parseRawInput,
  questionAnsweringInput,
  text2textInput,
} from './taskInputs.js';

export interface PyfuncWrapperOptions {
  pipeline: Pipeline;
  /** `flavors.transformers` of the MLmodel. */
  flavorConfig?: JsonObject | undefined;
  /** The inference settings saved with the model, as overridden at load. */
  modelConfig?: JsonObject | undefined;
  promptTemplate?: string | undefined;
  /** Whose MLflow: frames and errors differ between the two. */
  compatibility?: Compatibility | undefined;
  onWarning?: ((message: string) => void) | undefined;
}

export interface PyfuncOutput {
  /** What Python's `predict` returns: a frame, an array, a list, a dict. */
  output: unknown;
  /** What the pipeline answered. */
  raw: unknown;
}

/** MLflow's `_TransformersWrapper`: shapes the input for the pipeline and its output for pyfunc, step by step as Python. */
export class PyfuncWrapper {
  private readonly pipeline: Pipeline;
  private readonly flavorConfig: JsonObject;
  private readonly kind: PipelineKind;
  private readonly llmTask: LlmTask | undefined;
  private readonly compatibility: Compatibility;
  private readonly conversation: JsonObject[] = [];

  constructor(private readonly options: PyfuncWrapperOptions) {
    this.pipeline = options.pipeline;
    this.flavorConfig = options.flavorConfig ?? {};
    this.kind = pipelineKind(options.pipeline);
    this.llmTask = (this.flavorConfig['inference_task'] as LlmTask | undefined) ?? undefined;
    this.compatibility = options.compatibility ?? '3';
  }

  /**
   * @param data a DataFrame (after the signature), or what Python's wrapper takes itself.
   * @param params already checked against the signature's params schema.
   * @throws MlflowError with Python's code and text.
   */
  async predict(data: unknown, params?: JsonObject, callOptions?: PipelineCallOptions): Promise<PyfuncOutput> {
    const config = { ...structuredClone(this.options.modelConfig ?? {}), ...params };
    if (params && Object.keys(params).length > 0) {
      this.options.onWarning?.(
        'params provided to the `predict` method will override the inference ' +
          'configuration saved with the model. If the params provided are not ' +
          'valid for the pipeline, MlflowException will be raised.',
      );
    }
    const prepared = this.preprocessLlm(data, config);
    const parsed = parseRawInput(toRawInput(prepared.data, this.kind), this.kind);
    if (isDict(parsed)) validateDict(asDict(parsed));
    else if (areDicts(parsed) && parsed[0]) validateDict(asDict(parsed[0])); // Python's all() ends at the first record too.
    return this.run(parsed, prepared.params, callOptions);
  }

  private preprocessLlm(data: unknown, params: JsonObject): { data: unknown; params: JsonObject } {
    switch (this.llmTask) {
      case 'llm/v1/chat': {
        const input = llmInput(data, params, this.llmTask, this.flavorConfig['source_model_name']);
        const prompts = (input.data as unknown[]).map((messages) =>
          messagesToPrompt(messages, this.pipeline.tokenizer),
        );
        return { data: prompts, params: input.params };
      }
      case 'llm/v1/completions':
        return llmInput(data, params, this.llmTask, this.flavorConfig['source_model_name']);
      case 'llm/v1/embeddings':
        return embeddingInput(data);
      default:
        return { data, params };
    }
  }

  private async run(parsed: unknown, params: JsonObject, callOptions?: PipelineCallOptions): Promise<PyfuncOutput> {
    const taskData = arraysToLists(this.taskInput(parsed));
    const { include_prompt: includePrompt = true, collapse_whitespace: collapses = false, ...config } = params;
    if (this.kind === 'conversational') return this.converse(taskData as string, callOptions);
    if (this.llmTask) this.askForTensors(config);
    const raw = await this.call(taskData, config, callOptions);
    const output = this.output(taskData, raw, config, {
      includePrompt: Boolean(includePrompt),
      collapseWhitespace: Boolean(collapses),
      isInstructionPipeline: this.flavorConfig['instance_type'] === 'InstructionTextGenerationPipeline',
    });
    return { output, raw };
  }

  private askForTensors(config: JsonObject): void {
    config['return_tensors'] = true;
    if (config['return_full_text'] === undefined || config['return_full_text'] === null) return;
    this.options.onWarning?.(
      'The `return_full_text` parameter is mutually exclusive with the ' +
        '`return_tensors` parameter set when a MLflow inference task is provided. ' +
        'The `return_full_text` parameter will be ignored.',
    );
    config['return_full_text'] = null;
  }

  /** What the task's branch makes of the data before the pipeline sees it. */
  private taskInput(data: unknown): unknown {
    const templated = (value: unknown): unknown =>
      applyPromptTemplate(this.options.promptTemplate, this.pipeline.task, value);
    switch (this.kind) {
      case 'translation':
      case 'instruction':
        validateTexts(data);
        return data;
      case 'summarization':
      case 'text-generation':
      case 'fill-mask':
        validateTexts(data);
        return templated(data);
      case 'text2text-generation':
        return templated(text2textInput(data));
      case 'question-answering':
        return questionAnsweringInput(data);
      case 'image-classification':
        return imageInput(data);
      case 'zero-shot-classification':
        return decodeJsonList(data, 'candidate_labels');
      case 'table-question-answering':
        return decodeTable(data, 'table');
      case 'feature-extraction':
        return templated(featureExtractionInput(data));
      case 'automatic-speech-recognition':
      case 'audio-classification':
        return audioInput(data);
      case 'text-classification':
      case 'token-classification':
      case 'conversational':
        return data;
      case 'other':
        throw new MlflowError(
          `The loaded pipeline type ${this.pipeline.instanceType} is not enabled for pyfunc predict functionality.`,
          'BAD_REQUEST',
        );
    }
  }

  private async call(data: unknown, config: JsonObject, callOptions?: PipelineCallOptions): Promise<unknown> {
    // Python hands a dict over as keyword arguments.
    if (isDict(data) && [...asDict(data).keys()].some((key) => typeof key !== 'string')) {
      throw MlflowError.invalidParameter('keywords must be strings');
    }
    try {
      // A table's columns keep their order: a plain object would put names that are numbers first.
      const input = this.kind === 'table-question-answering' ? data : plainInput(data);
      return await this.pipeline.call(input, config, callOptions);
    } catch (error) {
      const message = error instanceof Error ? error.message : '';
      if (message.includes('The following `model_kwargs` are not used by the model')) {
        throw MlflowError.invalidParameter(
          `The params provided to the \`predict\` method are not valid for pipeline ${this.pipeline.instanceType}.`,
          { cause: error },
        );
      }
      const isAudio = this.kind === 'automatic-speech-recognition' || this.kind === 'audio-classification';
      if (
        isAudio &&
        /Malformed soundfile|Soundfile is either not in the correct format or is malformed/.test(message)
      ) {
        throw MlflowError.invalidParameter(
          'Failed to process the input audio data. Either the audio file is ' +
            'corrupted or a uri was passed in without overriding the default model ' +
            'signature. If submitting a string uri, please ensure that the model has ' +
            'been saved with a signature that defines a string input type.',
          { cause: error },
        );
      }
      throw error;
    }
  }

  /** One conversation a loaded model; params and settings have no part in it. */
  private async converse(text: string, callOptions?: PipelineCallOptions): Promise<PyfuncOutput> {
    const last = this.conversation.at(-1);
    if (last?.['role'] === 'user') {
      // A text that got no answer is still there, and Python's conversation takes no second one.
      this.options.onWarning?.(
        `User input added while unprocessed input was existing: "${String(last['content'])}" new input ignored: "${text}". ` +
          'Set `overwrite` to True to overwrite unprocessed user input',
      );
    } else this.conversation.push({ role: 'user', content: text });
    const raw = await this.pipeline.call(structuredClone(this.conversation), {}, callOptions);
    const reply = (raw as { generated_responses: string[] }).generated_responses.at(-1) ?? '';
    this.conversation.push({ role: 'assistant', content: reply });
    return { output: reply, raw };
  }

  private output(data: unknown, raw: unknown, config: JsonObject, options: ResponseOptions): unknown {
    const { compatibility, kind } = this;
    switch (kind) {
      case 'zero-shot-classification':
        return zeroShotFrame(raw, this.pipeline.instanceType, compatibility);
      case 'audio-classification':
      case 'text-classification':
      case 'image-classification':
        return labelFrame(raw, compatibility);
      case 'feature-extraction':
        if (!this.llmTask) return featureArray(raw, compatibility);
        return this.finish(
          embeddingObject(data, firstTokenVectors(raw, compatibility), this.pipeline.tokenizer!),
          data,
        );
      default:
        return this.finish(this.texts(data, raw, config, options), data);
    }
  }

  private finish(output: unknown, data: unknown): unknown {
    const sanitized = sanitize(output, data, this.kind === 'token-classification');
    return typeof sanitized === 'string' ? [sanitized] : sanitized;
  }

  private texts(data: unknown, raw: unknown, config: JsonObject, options: ResponseOptions): unknown {
    switch (this.kind) {
      case 'text-generation':
      case 'instruction': {
        if (!this.llmTask) return generatedResponses(data, raw, 'generated_text', options);
        const sequences = generatedResponses(data, raw, 'generated_token_ids', options);
        const { tokenizer } = this.pipeline;
        const name = this.flavorConfig['source_model_name'];
        return completionObjects(data, sequences, tokenizer!, this.llmTask, name, config);
      }
      case 'fill-mask':
        return bestValues(raw, 'token_str');
      case 'token-classification':
        return joinedEntities(raw);
      case 'automatic-speech-recognition':
        if (config['return_timestamps'] === 'word' || config['return_timestamps'] === 'char') {
          return transcriptJson(raw);
        }
        return valuesOfKey(raw, 'text');
      case 'translation':
        return valuesOfKey(raw, 'translation_text');
      case 'summarization':
        return valuesOfKey(raw, 'summary_text');
      case 'text2text-generation':
        return valuesOfKey(raw, 'generated_text');
      default:
        return valuesOfKey(raw, 'answer');
    }
  }
}

/** Maps with text keys as plain objects, as pipelines take them. */
function plainInput(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(plainInput);
  return data instanceof Map ? toPlain(data as Dict) : data;
}
