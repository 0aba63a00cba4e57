import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, beforeEach } from 'node:test';
import { MlflowError } from '../../src/core/errors.js';
import type { FlavorSettings } from '../../src/core/mlmodel/model.js';
import type { HubAccess } from '../../src/core/transformers/hubAccess.js';
import type { TransformersModel } from '../../src/core/transformers/modelSource.js';
import { saveModel } from '../../src/core/transformers/saveModel.js';
import type { SavedModel, SaveModelOptions, SaveServices } from '../../src/core/transformers/saveOptions.js';
import { writeTinyCheckpoint, type TinyCheckpointOptions } from './tinyCheckpoint.js';

/** The newest commit of every repository of these tests. */
export const hubCommit = 'fedcba9876543210fedcba9876543210fedcba98';

/** Requirements that spare a test the defaults. */
export const pip = { pipRequirements: ['x'] };

/** Saves of tiny checkpoints below one temporary folder; each test gets a checkpoint and an unused target. */
export class TinySaves {
  source = '';
  private count = 0;
  private targetCount = 0;

  private constructor(readonly root: string) {}

  /** Made at the top of a test file: the folder goes when the file's tests have run. */
  static async open(): Promise<TinySaves> {
    const saves = new TinySaves(await mkdtemp(path.join(tmpdir(), 'save-unit-')));
    after(() => rm(saves.root, { recursive: true, force: true }));
    beforeEach(async () => {
      saves.source = await writeTinyCheckpoint(path.join(saves.root, `source${++saves.count}`));
      saves.nextTarget();
    });
    return saves;
  }

  get target(): string {
    return path.join(this.root, `target${this.targetCount}`);
  }

  nextTarget(): string {
    this.targetCount++;
    return this.target;
  }

  /** Another checkpoint in place of the test's own. */
  async checkpoint(options: TinyCheckpointOptions): Promise<string> {
    this.source = await writeTinyCheckpoint(path.join(this.root, `source${++this.count}`), options);
    return this.source;
  }

  /** A checkpoint of a task whose model class is named, and what the pipeline needs beside. */
  ofClass(modelClass: string, modelType = 'bert', files: TinyCheckpointOptions['files'] = {}): Promise<string> {
    return this.checkpoint({ config: { architectures: [modelClass], model_type: modelType }, files });
  }

  pipeline(task = 'text-classification', nameOrPath = this.source): TransformersModel {
    return { task, model: { config: { _name_or_path: nameOrPath } } };
  }

  /** A Hub whose every repository holds the test's checkpoint. */
  hub(changes: Partial<HubAccess> = {}): HubAccess {
    return {
      latestCommit: () => Promise.resolve(hubCommit),
      modelCard: () => Promise.resolve(null),
      listFiles: () => Promise.resolve([]),
      downloadFile: () => Promise.reject(new Error('no such file')),
      downloadSnapshot: () => Promise.resolve({ folder: this.source, commit: hubCommit }),
      ...changes,
    };
  }

  /** Saves into an unused target. */
  save(model: TransformersModel, options: SaveModelOptions = {}, services: SaveServices = {}): Promise<SavedModel> {
    return saveModel(model, this.nextTarget(), { ...pip, ...options }, services);
  }

  async flavorOf(
    model: TransformersModel,
    options: SaveModelOptions = {},
    services: SaveServices = {},
  ): Promise<FlavorSettings> {
    return (await this.save(model, options, services)).model.flavors['transformers']!;
  }

  /** Rejects with this message and code, and leaves neither target nor temporary folder. */
  async refuses(save: Promise<unknown>, message: RegExp | string, code = 'INVALID_PARAMETER_VALUE'): Promise<void> {
    await assert.rejects(save, (error: unknown) => {
      assert.ok(MlflowError.is(error), String(error));
      if (typeof message === 'string') assert.equal(error.message, message);
      else assert.match(error.message, message);
      assert.equal(error.errorCode, code);
      return true;
    });
    await assert.rejects(stat(this.target));
    assert.deepEqual(
      (await readdir(this.root)).filter((name) => name.startsWith('.mlflow-part-')),
      [],
    );
  }
}
