import { MlflowError } from '../errors.js';
import type { JsonObject, JsonValue } from '../ports.js';

/** Typed reading of a checkpoint's config.json. */
export class ModelConfig {
  constructor(readonly json: JsonObject) {}

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

  list(key: string): readonly JsonValue[] | null {
    const value = this.json[key];
    return Array.isArray(value) ? value : null;
  }

  /** Number of labels of a classification head. Source: `PretrainedConfig.num_labels`. */
  get labelCount(): number {
    return Object.keys(this.nested('id2label')?.json ?? { 0: '', 1: '' }).length;
  }
}
