import { MlflowError } from '../../../src/core/errors.js';
import type { ModelForm } from '../../../src/core/inspector/modelForm.js';
import { silentLog, type JsonObject } from '../../../src/core/ports.js';
import { ModelSignature } from '../../../src/core/signature/modelSignature.js';
import { signatureForm } from '../../../src/core/signature/signatureForm.js';
import type { EngineEvent, InferenceEngine } from '../../../src/host/inference/inferenceEngine.js';
import type { ModelEntry } from '../../../src/host/panel/modelCatalog.js';
import type { PanelPorts } from '../../../src/host/panel/panelPorts.js';
import type { Transport } from '../../../src/protocol/channel.js';
import type {
  LoadRequest,
  LoadedModel,
  PredictEvent,
  PredictRequest,
  Prediction,
  PredictionStats,
} from '../../../src/protocol/inference.js';

export const stats: PredictionStats = {
  totalMs: 10,
  promptTokens: 2,
  completionTokens: 3,
  timeToFirstTokenMs: 5,
  tokensPerSecond: 40,
  device: 'cpu',
  precision: 'fp32',
  memoryBytes: 1e6,
};

export function prediction(predictions: unknown, raw: unknown = null): Prediction {
  return { predictions, raw, stats, finishReason: 'stop', warnings: [] };
}

export function loadedModel(handle: string, request: LoadRequest): LoadedModel {
  return {
    handle,
    modelUri: request.modelUri,
    task: 'text-generation',
    inferenceTask: null,
    architecture: 'Fake',
    device: 'cpu',
    refusedDevices: [],
    precision: 'fp32',
    isUpgrading: false,
    loadMs: 1,
    parameterCount: 1,
    weightsBytes: 1,
    memoryBytes: 1,
    contextLength: null,
    hasChatTemplate: false,
  };
}

type Answer = (
  request: PredictRequest,
  options: { signal?: AbortSignal; onEvent?: (event: PredictEvent) => void },
) => Promise<Prediction>;

/** An engine that answers as it is told. */
export class FakeEngine implements InferenceEngine {
  readonly name = 'fake';
  readonly loads: LoadRequest[] = [];
  readonly unloaded: string[] = [];
  readonly asked: PredictRequest[] = [];
  kills = 0;
  failLoad: MlflowError | undefined;
  answer: Answer = async ({ data }) => prediction([`answer to ${JSON.stringify(data)}`]);
  onKill: () => void = () => undefined;
  private readonly listeners = new Set<(event: EngineEvent) => void>();

  onEvent(listener: (event: EngineEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(event: EngineEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  async load(request: LoadRequest): Promise<LoadedModel> {
    this.loads.push(request);
    if (this.failLoad) throw this.failLoad;
    return loadedModel(`h${this.loads.length}`, request);
  }

  ready({ handle }: { handle: string }): Promise<LoadedModel> {
    return Promise.resolve(loadedModel(handle, { modelPath: '', modelUri: '', device: 'auto', precision: 'auto' }));
  }

  predict: Answer = (request, options) => {
    this.asked.push(request);
    return this.answer(request, options);
  };

  unload({ handle }: { handle: string }): Promise<void> {
    this.unloaded.push(handle);
    return Promise.resolve();
  }

  status(): Promise<{ models: LoadedModel[]; memoryBytes: number }> {
    return Promise.resolve({ models: [], memoryBytes: 0 });
  }

  kill(): void {
    this.kills += 1;
    this.onKill();
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

export function entry(name: string): ModelEntry {
  return {
    id: name,
    name,
    uri: `models:/${name}/1`,
    storeUri: undefined,
    storeLabel: 'store',
    note: '',
    location: `/${name}`,
    summary: undefined,
  };
}

export const stringInput: JsonObject[] = [{ type: 'string', required: true }];

/** The form of a model with these columns and params, in the JSON that MLmodel has. */
export function modelForm({
  task = 'text-generation',
  inferenceTask = null,
  inputs = stringInput,
  params,
}: {
  task?: string;
  inferenceTask?: string | null;
  inputs?: JsonObject[] | null;
  params?: JsonObject[];
} = {}): ModelForm {
  const signature =
    inputs === null && params === undefined
      ? null
      : ModelSignature.fromDict({
          inputs: inputs === null ? null : JSON.stringify(inputs),
          params: params === undefined ? null : JSON.stringify(params),
        });
  return { task, inferenceTask, form: signatureForm(signature, { task, inferenceTask }) };
}

export interface Fakes {
  ports: PanelPorts;
  engine: FakeEngine;
  memory: Map<string, unknown>;
  files: Record<string, ModelForm>;
  /** What the panel did in the editor. */
  acts: string[];
  trust: { isTrusted: boolean };
}

export function fakes(memory = new Map<string, unknown>()): Fakes {
  const engine = new FakeEngine();
  const files: Record<string, ModelForm> = { '/a': modelForm(), '/b': modelForm() };
  const acts: string[] = [];
  const trust = { isTrusted: true };
  const entries = [entry('a'), entry('b')];
  let nextId = 1;
  const act =
    (name: string) =>
    (...args: unknown[]): Promise<void> => {
      acts.push([name, ...args.map((arg) => (typeof arg === 'string' ? arg : ''))].join(' ').trim());
      return Promise.resolve();
    };
  const ports: PanelPorts = {
    catalog: {
      list: () => entries,
      isLoading: false,
      refresh: () => Promise.resolve(entries),
      onDidChange: () => ({ dispose: () => undefined }),
      resolveFolder: ({ location }) => Promise.resolve(location ?? ''),
    },
    engine,
    memory: {
      get: (key) => structuredClone(memory.get(key)),
      update: (key, value) => void memory.set(key, structuredClone(value)),
    },
    ui: {
      pickModel: () => Promise.resolve(entries[1]),
      pickFile: () => Promise.resolve('/tmp/file'),
      copyText: act('copy'),
      openText: act('open'),
      openLink: act('link'),
      confirmClear: () => Promise.resolve(true),
      showLog: () => void act('log')(),
      persistWeights: act('persist'),
      manageTrust: act('trust'),
      openMlmodel: act('mlmodel'),
    },
    log: silentLog,
    isTrusted: () => trust.isTrusted,
    defaults: () => ({ device: 'auto', precision: 'auto' }),
    devices: ['auto', 'cpu'],
    readModelForm: (folder) => {
      const file = files[folder];
      return file ? Promise.resolve(file) : Promise.reject(MlflowError.doesNotExist('no MLmodel'));
    },
    now: () => 1000,
    newId: () => `id${nextId++}`,
  };
  return { ports, engine, memory, files, acts, trust };
}

/** Two ends of a pipe that carries JSON, as a webview's does. */
export function pipe(): [Transport, Transport] {
  const listeners: [((message: unknown) => void)[], ((message: unknown) => void)[]] = [[], []];
  const end = (own: 0 | 1, other: 0 | 1): Transport => ({
    post: (message) => {
      const copy: unknown = JSON.parse(JSON.stringify(message));
      queueMicrotask(() => listeners[other].forEach((listener) => listener(copy)));
    },
    onMessage: (listener) => void listeners[own].push(listener),
  });
  return [end(0, 1), end(1, 0)];
}

/** Waits until `condition` holds. */
export async function until(condition: () => boolean, what = 'the condition'): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`${what} did not come true`);
}
