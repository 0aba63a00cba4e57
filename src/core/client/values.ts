import { pythonStr } from '../serialization/pythonRepr.js';
import type { PyValue } from '../serialization/pyValue.js';
import type { Metric, Param, Tags } from '../tracking/entities.js';

/** A metric as callers may give it: time and step default to now and 0. */
export type MetricInput = Omit<Metric, 'value' | 'timestamp' | 'step'> & {
  value: number | string | boolean;
  timestamp?: number | null | undefined;
  step?: number | null | undefined;
};

/** Options without those that are `null`: Python's None says the same as leaving them out. */
export function given<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null)) as T;
}

/** {@link given}; a text as `orderBy` is a list of its letters, as for Python. */
export function givenSearch<T extends { orderBy?: unknown }>(options: T): T {
  const { orderBy } = options;
  return given(typeof orderBy === 'string' ? { ...options, orderBy: Array.from(orderBy) } : options);
}

export type ParamInput = { key: string; value: unknown };
/** A list of keys with values, or a record of them. */
export type ParamInputs = readonly ParamInput[] | Readonly<Record<string, unknown>>;
export type MetricInputs = readonly MetricInput[] | Readonly<Record<string, number>>;

/** The text that Python's `str()` stores for a value: `True`, `None`, `[1, 'a']`. */
export function storedText(value: unknown): string {
  return typeof value === 'string' ? value : pythonStr(value as PyValue);
}

/** Tags as texts. */
export function storedTags(tags: Readonly<Record<string, unknown>> | null | undefined): Tags | undefined {
  if (tags === undefined || tags === null) return undefined;
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, storedText(value)]));
}

export function storedParams(params: ParamInputs | null | undefined): Param[] {
  if (params === undefined || params === null) return [];
  const entries = isList(params) ? params : Object.entries(params).map(([key, value]) => ({ key, value }));
  return entries.map(({ key, value }) => ({ key, value: storedText(value) }));
}

export function storedMetrics(metrics: MetricInputs | null | undefined, now = Date.now()): Metric[] {
  if (metrics === undefined || metrics === null) return [];
  const entries: readonly MetricInput[] = isList(metrics)
    ? metrics
    : Object.entries(metrics).map(([key, value]) => ({ key, value }));
  return entries.map((metric) => storedMetric(metric, now));
}

/** Text that is a number becomes one; what is none stays for the store to refuse. Source: convert_metric_value_to_float_if_possible */
export function storedMetric(metric: MetricInput, now = Date.now()): Metric {
  const { value, timestamp, step, ...rest } = metric;
  return { ...rest, value: floatOf(value) as number, timestamp: timestamp ?? now, step: step ?? 0 };
}

function floatOf(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string') return value;
  const text = value.trim();
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (word !== null) return /nan/i.test(text) ? NaN : word[1] === '-' ? -Infinity : Infinity;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : value;
}

function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value);
}
