import { MlflowError } from '../errors.js';
import { configClasses4 } from './configClasses4.js';
import { configClasses5 } from './configClasses5.js';
import type { JsonObject, JsonValue } from '../ports.js';
import { TransformersVersion } from '../transformers/transformersVersion.js';

/** What transformers' configuration class of a model type makes of the keys of config.json. */
export interface ConfigClass {
  /** Of keys that config.json leaves out. */
  defaults: JsonObject;
  /** Other names of the same settings (`attribute_map`). */
  aliases?: Readonly<Record<string, string>>;
}

/** Typed reading of a checkpoint's config.json, as the transformers version reads it whose code is to answer. */
export class ModelConfig {
  constructor(
    readonly json: JsonObject,
    private readonly version = new TransformersVersion(null),
  ) {}

  /** With the defaults and names of the model type's class. */
  static ofModel(json: JsonObject, version = new TransformersVersion(null)): ModelConfig {
    const config = new ModelConfig(json, version);
    const tables = config.isBefore(5) ? [configClasses4, configClasses5] : [configClasses5, configClasses4];
    const found = tables.find((table) => Object.hasOwn(table, config.modelType))?.[config.modelType];
    if (!found) return config;
    const named = Object.entries(json).map(([key, value]) => [found.aliases?.[key] ?? key, value]);
    const general = config.isBefore(5) ? { tie_word_embeddings: true } : {};
    return new ModelConfig({ ...general, ...found.defaults, ...Object.fromEntries(named) }, version);
  }

  /** Whether the answering transformers is older than this version. */
  isBefore(major: number, minor = 0): boolean {
    return this.version.isBefore(major, minor);
  }

  /** The same with other values for some keys. */
  with(values: JsonObject): ModelConfig {
    return new ModelConfig({ ...this.json, ...values }, this.version);
  }

  get modelType(): string {
    return this.text('model_type', '');
  }

  has(key: string): boolean {
    return this.json[key] !== undefined && this.json[key] !== null;
  }

  value(key: string): JsonValue | undefined {
    return this.json[key];
  }

  /** The first of the names that is present. @throws MlflowError when none is, and there is no default. */
  number(names: string | readonly string[], fallback?: number): number {
    const keys = typeof names === 'string' ? [names] : names;
    for (const key of keys) {
      const value = this.json[key];
      if (typeof value === 'number') return value;
    }
    if (fallback !== undefined) return fallback;
    throw MlflowError.invalidParameter(
      `config.json of this ${this.modelType} model lacks \`${keys.join('` or `')}\`. Restore the checkpoint's config.json.`,
      { details: { key: keys[0] ?? '' } },
    );
  }

  text(names: string | readonly string[], fallback: string): string {
    for (const key of typeof names === 'string' ? [names] : names) {
      const value = this.json[key];
      if (typeof value === 'string') return value;
    }
    return fallback;
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.json[key];
    return typeof value === 'boolean' ? value : fallback;
  }

  /** A nested object, or `null`. */
  nested(key: string): ModelConfig | null {
    const value = this.json[key];
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? new ModelConfig(value) : null;
  }

  /** A nested configuration of a class of its own, whose defaults hold also where it is left out. */
  ofPart(key: string, modelType: string): ModelConfig {
    return ModelConfig.ofModel({ ...this.nested(key)?.json, model_type: modelType }, this.version);
  }

  list(key: string): readonly JsonValue[] | null {
    const value = this.json[key];
    return Array.isArray(value) ? value : null;
  }
}
