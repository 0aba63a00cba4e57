import assert from 'node:assert/strict';
import { frameFromSplit } from '../../src/core/signature/frameConstruction.js';
import type { Compatibility } from '../../src/core/signature/compatibility.js';
import { MlflowError } from '../../src/core/errors.js';
import type { JsonObject } from '../../src/core/ports.js';
import type { SplitFrame } from '../../src/core/signature/dataFrame.js';
import { InferenceEngine } from '../../src/worker/engine/inferenceEngine.js';
import { difference } from './closeValues.js';
import type { PythonGeneration } from './environment.js';
import { PythonSession } from './pythonSession.js';
import type { Checkpoint } from './saveHarness.js';

/** A call of `predict`; data may be `{ $frame: split }`. `serve` is a body for the scoring server instead. */
export type PyfuncRequest = { data: unknown; params?: JsonObject } | { serve: JsonObject };

/** What Python answered to a request. */
export interface PyfuncAnswer {
  /** What stands under `predictions` of the scoring server. */
  predictions?: unknown;
  /** Class of what `predict` returned, and its columns where it is a frame. */
  kind?: string;
  columns?: string[] | null;
  error?: { type: string; code: string | null; message: string };
  status?: number;
  body?: unknown;
}

/** Models that real MLflow saved from tiny checkpoints, asked in Python and here. */
export class PyfuncSession {
  private readonly session: PythonSession;
  private readonly engine = new InferenceEngine();
  private readonly checkpoints: Promise<Checkpoint[]>;
  private count = 0;

  constructor(
    private readonly generation: PythonGeneration,
    private readonly root: string,
    names: readonly string[],
  ) {
    this.session = new PythonSession(generation);
    this.checkpoints = this.session.ask('make', { root, only: names });
  }

  get compatibility(): Compatibility {
    return this.generation === 'new' ? '3' : '2';
  }

  /** Saves a checkpoint in Python with the options of save_model. @returns the model's folder. */
  async save(name: string, options: JsonObject = {}, task?: string): Promise<string> {
    const checkpoint = (await this.checkpoints).find((made) => made.name === name);
    assert.ok(checkpoint, name);
    const target = `${this.root}/saved${this.count++}`;
    const { error } = await this.session.ask<{ error?: { message: string } }>('save', {
      folder: checkpoint.folder,
      task: task ?? checkpoint.task,
      target,
      options: { pip_requirements: ['x'], ...options },
    });
    assert.equal(error, undefined);
    return target;
  }

  /** Python's answers alone. */
  askPython(model: string, requests: readonly PyfuncRequest[]): Promise<PyfuncAnswer[]> {
    return this.session.ask<PyfuncAnswer[]>('predict', { path: model, requests });
  }

  /** Our answers alone. */
  async askHere(model: string, requests: readonly PyfuncRequest[]): Promise<unknown[]> {
    const { handle } = await this.engine.load({ modelPath: model, modelUri: model, device: 'cpu', precision: 'fp32' });
    const answers: unknown[] = [];
    try {
      for (const request of requests) {
        const { predictions } = await this.engine.predict({ handle, ...this.dataOf(request) });
        answers.push(JSON.parse(JSON.stringify(predictions)));
      }
    } finally {
      await this.engine.unload({ handle });
    }
    return answers;
  }

  /** Python's answers, each of which ours has been found equal to. */
  async ask(
    model: string,
    requests: readonly PyfuncRequest[],
    arbitrary: readonly string[] = [],
  ): Promise<PyfuncAnswer[]> {
    const answers = await this.askPython(model, requests);
    const { handle } = await this.engine.load({ modelPath: model, modelUri: model, device: 'cpu', precision: 'fp32' });
    try {
      for (const [i, request] of requests.entries()) await this.compare(handle, request, answers[i]!, arbitrary);
    } finally {
      await this.engine.unload({ handle });
    }
    return answers;
  }

  close(): void {
    this.session.close();
  }

  private async compare(
    handle: string,
    request: PyfuncRequest,
    answer: PyfuncAnswer,
    arbitrary: readonly string[],
  ): Promise<void> {
    const shown = JSON.stringify(request).slice(0, 200);
    const ours = this.engine.predict({ handle, ...this.dataOf(request) });
    if (answer.error) {
      const { code, message } = answer.error;
      await assert.rejects(ours, (thrown: unknown) => {
        assert.ok(MlflowError.is(thrown), String(thrown));
        assert.equal(thrown.message, message, shown);
        if (code !== null) assert.equal(thrown.errorCode, code, shown);
        return true;
      });
      return;
    }
    const { body } = answer;
    const isWrapped = typeof body === 'object' && body !== null && 'predictions' in body;
    const wanted = body === undefined ? answer.predictions : isWrapped ? body.predictions : body;
    const found: unknown = JSON.parse(JSON.stringify((await ours).predictions));
    assert.equal(difference(found, wanted, shown, [...arbitrary]), undefined);
  }

  private dataOf(request: PyfuncRequest): { data: unknown; params?: JsonObject } {
    if ('serve' in request) return { data: request.serve };
    const { data, params } = request;
    const split = (data as { $frame?: SplitFrame } | null)?.$frame;
    return { data: split ? frameFromSplit(split, this.compatibility) : data, ...(params ? { params } : {}) };
  }
}
