import { MlflowError } from '../../core/errors.js';
import { hiddenStatesOutput } from '../../core/graph/decoder.js';
import type { AlignmentHead } from '../../core/graph/generatedGraph.js';
import type { JsonObject } from '../../core/ports.js';
import type { Device, Precision, RefusedDevice } from '../../protocol/inference.js';
import { alignmentOf } from './alignment.js';
import { DecoderRun } from './decoderRun.js';
import { feedsFor } from './feeds.js';
import { generateTokens, padLeft } from './generation/generate.js';
import { GroupDiversity } from './generation/groupDiversity.js';
import { numberOf, readGenerationOptions, type GenerationOptions } from './generation/generationOptions.js';
import { GuidedRun } from './generation/guidedRun.js';
import { logitsProcessors } from './generation/logitsProcessors.js';
import type { GenerateRequest, GenerateResult, RuntimeModel, Tensor } from './model.js';
import { fromOnnxTensor, type Session } from './onnxRuntime.js';
import type { Upgrade } from './safetensorsModel.js';
import { encodeForGeneration } from './sequenceToSequence.js';
import { disposeSessions, type SessionSet } from './sessionSet.js';

/** How long a model waits for its first question before it improves itself. */
const idleBeforeUpgradeMs = 1000;

export interface ModelDescription {
  config: JsonObject;
  generationConfig: JsonObject;
  modelClass: string;
  refusedDevices: RefusedDevice[];
  parameterCount: number;
  weightsBytes: number;
  /** Opens a session for the attention of a decoder's heads; absent where the sessions alone can give it. */
  openAlignment?: (heads: readonly AlignmentHead[]) => Promise<Session>;
}

/** A model over sessions that can be exchanged for better ones between two answers. */
export class SessionModel implements RuntimeModel {
  readonly config: JsonObject;
  readonly generationConfig: JsonObject;
  readonly modelClass: string;
  readonly refusedDevices: RefusedDevice[];
  readonly parameterCount: number;
  readonly weightsBytes: number;
  readonly #openAlignment: ModelDescription['openAlignment'];
  #alignment: Promise<Session> | null = null;
  readonly #listeners: (() => void)[] = [];
  #sessions: SessionSet;
  #retired: SessionSet[] = [];
  #users = 0;
  #planned: Upgrade | null = null;
  #upgrade: Promise<void> | null = null;
  #isBuilding = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #abort = new AbortController();
  #isDisposed = false;

  constructor(description: ModelDescription, sessions: SessionSet) {
    this.config = description.config;
    this.generationConfig = description.generationConfig;
    this.modelClass = description.modelClass;
    this.refusedDevices = description.refusedDevices;
    this.parameterCount = description.parameterCount;
    this.weightsBytes = description.weightsBytes;
    this.#openAlignment = description.openAlignment;
    this.#sessions = sessions;
  }

  get device(): Device {
    return this.#sessions.device;
  }

  get precision(): Precision {
    return this.#sessions.precision;
  }

  get isUpgrading(): boolean {
    return this.#planned !== null || this.#isBuilding;
  }

  get inputNames(): readonly string[] {
    return (this.#sessions.encoder ?? this.#sessions.main).inputNames;
  }

  get canGenerate(): boolean {
    return this.#sessions.main.outputNames.includes('logits') && isGenerative(this.#sessions, this.modelClass);
  }

  async forward(inputs: Record<string, Tensor>): Promise<Record<string, Tensor>> {
    return this.#use(async (sessions) => {
      const session = sessions.main;
      const outputNames = session.outputNames.filter(
        (name) => !name.startsWith('present.') && name !== hiddenStatesOutput,
      );
      const encoded = sessions.encoder ? await encodeForGeneration(sessions.encoder, inputs) : {};
      const ownInputs = sessions.encoder ? decoderInputs(inputs, this.config) : inputs;
      const feeds = { ...feedsFor(session, ownInputs, sessions.rope, Object.keys(encoded)), ...encoded };
      const outputs = await session.run(feeds, outputNames);
      return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, fromOnnxTensor(tensor)]));
    });
  }

  async generate(request: GenerateRequest): Promise<GenerateResult> {
    if (!this.canGenerate) {
      throw MlflowError.invalidParameter(
        `The model class ${this.modelClass} does not generate. Log the model with a class that has a language-model head.`,
      );
    }
    return this.#use((sessions) => this.#generate(sessions, request));
  }

  async alignment(inputs: Record<string, Tensor>, heads: readonly AlignmentHead[]): Promise<Tensor> {
    return this.#use(async (sessions) => {
      const session = this.#openAlignment ? await (this.#alignment ??= this.#openAlignment(heads)) : sessions.main;
      return alignmentOf(session, sessions.encoder, inputs, heads);
    });
  }

  async ready(): Promise<void> {
    this.#startUpgrade();
    await this.#upgrade;
  }

  onUpgraded(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Better sessions are built once the first answer is out, so that it does not wait for them, or after a while.
   * A failure leaves the present sessions in place; `ready()` tells it.
   */
  planUpgrade(upgrade: Upgrade): void {
    this.#planned = upgrade;
    this.#timer = setTimeout(() => this.#startUpgrade(), idleBeforeUpgradeMs);
    this.#timer.unref();
  }

  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#planned = null;
    this.#retired.push(this.#sessions);
    await this.#upgrade?.catch(() => undefined);
    await this.#alignment?.then((session) => session.release()).catch(() => undefined);
    if (this.#users === 0) await this.#releaseRetired();
  }

  #startUpgrade(): void {
    const upgrade = this.#planned;
    if (!upgrade) return;
    this.#planned = null;
    clearTimeout(this.#timer);
    this.#upgrade = upgrade(this.#abort.signal)
      .then((sessions) => this.#exchange(sessions))
      .finally(() => {
        this.#isBuilding = false;
      });
    this.#isBuilding = true;
    this.#upgrade.catch(() => undefined);
  }

  #exchange(sessions: SessionSet): void {
    if (this.#isDisposed) {
      void disposeSessions(sessions);
      return;
    }
    this.#retired.push(this.#sessions);
    this.#sessions = sessions;
    this.#isBuilding = false;
    if (this.#users === 0) void this.#releaseRetired();
    for (const listener of this.#listeners) listener();
  }

  async #use<T>(task: (sessions: SessionSet) => Promise<T>): Promise<T> {
    if (this.#isDisposed) throw new MlflowError('The model has been unloaded. Load it again.', 'INVALID_STATE');
    this.#users += 1;
    try {
      return await task(this.#sessions);
    } finally {
      this.#users -= 1;
      if (this.#users === 0) {
        await this.#releaseRetired();
        setImmediate(() => this.#startUpgrade());
      }
    }
  }

  async #releaseRetired(): Promise<void> {
    for (const sessions of this.#retired.splice(0)) await disposeSessions(sessions);
  }

  async #generate(sessions: SessionSet, request: GenerateRequest): Promise<GenerateResult> {
    const isEncoderDecoder = sessions.encoder !== null;
    const { generation } = request;
    const prompts = isEncoderDecoder ? decoderPrompts(request, this.config) : filledPrompts(request, this.config);
    const context = {
      promptLength: prompts.reduce((longest, prompt) => Math.max(longest, prompt.length), 0),
      isEncoderDecoder,
      rows: prompts.length,
      maxPositions:
        typeof this.config['max_position_embeddings'] === 'number' ? this.config['max_position_embeddings'] : null,
      transformersMajor: request.transformersMajor ?? 5,
      version: request.version,
    };
    const options = readGenerationOptions(generation, context);
    const copies = copiesOf(options);
    const inputs = isEncoderDecoder ? encoderInputs(request) : {};
    const fixedFeeds = sessions.encoder ? await encodeForGeneration(sessions.encoder, inputs, copies) : {};
    const isDiverse = options.groups > 1 && options.diversityPenalty > 0;
    const diversity = isDiverse ? new GroupDiversity(options.diversityPenalty) : undefined;
    const processors = logitsProcessors(options, {
      promptLength: context.promptLength,
      encoderIds: encoderRows(request, prompts, isEncoderDecoder, options.padId),
      vocabularySize: vocabularySize(this.config),
      diversity,
      others: request.processors,
    });
    const run = new DecoderRun(sessions.main, sessions.rope, fixedFeeds, options.mode === 'contrastive');
    const guided = guidedRun(run, sessions, options, request.negativePromptIds ?? null);
    return generateTokens({
      run: guided ?? run,
      prompts,
      options,
      processors: guided ? [guided.process, ...processors] : processors,
      diversity,
      stopSequences: request.stopSequences ?? [],
      wantsLogProbabilities: request.wantsLogProbabilities ?? false,
      signal: request.signal,
      onPrompt: request.onPrompt,
      onToken: request.onToken,
    });
  }
}

function guidedRun(
  run: DecoderRun,
  { main, rope }: SessionSet,
  { json, groups, beams, mode }: GenerationOptions,
  negativePrompts: number[][] | null,
): GuidedRun | null {
  const scale = numberOf(json, 'guidance_scale', 1);
  if (scale === 1) return null;
  const groupSize = mode === 'hypotheses' ? beams / groups : 1;
  return new GuidedRun(run, new DecoderRun(main, rope), {
    scale,
    negativePrompts,
    groups,
    groupSize,
    isReordered: mode === 'contrastive',
  });
}

/** What the rules against repeating the input look at; none where the input is no text. */
function encoderRows(
  request: GenerateRequest,
  prompts: readonly (readonly number[])[],
  isEncoderDecoder: boolean,
  padId: number,
): number[][] | null {
  if (!isEncoderDecoder) return padLeft(prompts, padId).rows;
  if (request.encoderInputs) return null;
  const length = request.inputIds.reduce((longest, row) => Math.max(longest, row.length), 0);
  return request.inputIds.map((row) => [...row, ...Array<number>(length - row.length).fill(padId)]);
}

function vocabularySize(config: JsonObject): number {
  const text = config['text_config'] as JsonObject | undefined;
  return Number(config['vocab_size'] ?? text?.['vocab_size'] ?? 0);
}

/** How many rows continue each prompt. */
function copiesOf({ mode, beams, candidates, returnedSequences }: GenerationOptions): number {
  if (mode === 'tokens') return returnedSequences;
  return mode === 'contrastive' ? candidates : beams;
}

function isGenerative(sessions: SessionSet, modelClass: string): boolean {
  if (sessions.encoder || sessions.main.inputNames.includes('num_logits_to_keep')) return true;
  return /(ForCausalLM|LMHeadModel)$/.test(modelClass);
}

/** Prompts without a token begin with the model's first one, as in transformers. */
function filledPrompts({ inputIds, generation }: GenerateRequest, config: JsonObject): number[][] {
  const first = generation['bos_token_id'] ?? config['bos_token_id'];
  return inputIds.map((prompt) => {
    if (prompt.length > 0) return prompt;
    if (typeof first === 'number') return [first];
    throw MlflowError.invalidParameter('`bos_token_id` has to be defined when no `input_ids` are provided.');
  });
}

/** The decoder's part of the inputs of a sequence-to-sequence model: its start token where none is given. */
function decoderInputs(inputs: Record<string, Tensor>, config: JsonObject): Record<string, Tensor> {
  const rows = Object.values(inputs)[0]?.dims[0] ?? 1;
  const start = BigInt64Array.from({ length: rows }, () => BigInt(Number(config['decoder_start_token_id'] ?? 0)));
  const ids = inputs['decoder_input_ids'] ?? { dims: [rows, 1], data: start };
  const mask = inputs['decoder_attention_mask'];
  return { input_ids: ids, ...(mask ? { attention_mask: mask } : {}) };
}

/** What the decoder begins with: given by the caller beside encoder inputs, else the model's start token. */
function decoderPrompts(request: GenerateRequest, config: JsonObject): number[][] {
  if (request.encoderInputs && request.inputIds.length > 0) return request.inputIds;
  const start = [
    request.generation['decoder_start_token_id'],
    config['decoder_start_token_id'],
    request.generation['bos_token_id'],
    config['bos_token_id'],
  ].find((id) => typeof id === 'number');
  const rows = request.encoderInputs
    ? (Object.values(request.encoderInputs)[0]?.dims[0] ?? 1)
    : request.inputIds.length;
  return Array.from({ length: rows }, () => [typeof start === 'number' ? start : 0]);
}

function encoderInputs(request: GenerateRequest): Record<string, Tensor> {
  if (request.encoderInputs) return request.encoderInputs;
  const rows = request.inputIds;
  const length = rows.reduce((longest, row) => Math.max(longest, row.length), 0);
  const padId = typeof request.generation['pad_token_id'] === 'number' ? request.generation['pad_token_id'] : 0;
  const ids = rows.flatMap((row) => [...row, ...Array<number>(length - row.length).fill(padId)]);
  const mask = rows.flatMap((row) => Array.from({ length }, (_, index) => (index < row.length ? 1 : 0)));
  const dims = [rows.length, length];
  return {
    input_ids: { dims, data: BigInt64Array.from(ids, BigInt) },
    attention_mask: { dims, data: BigInt64Array.from(mask, BigInt) },
  };
}
