import { ModelSignature } from '../signature/modelSignature.js';
import type { SerializedSignature } from '../mlmodel/serializedSignature.js';
import type { OutputComparison } from './outputComparison.js';
import { MlflowError } from '../errors.js';
import { l10n } from '../l10n.js';

/** Differences told at most. */
const maxDifferences = 5;

/**
 * Compares predictions, as the scoring server gives them, with the outputs of a signature. Numbers may be narrower than
 * promised, optional columns may be missing, and a single unnamed column takes plain values.
 * @returns `null` when the signature has no outputs
 */
export function compareOutput(signature: SerializedSignature, predictions: unknown): OutputComparison | null {
  if (signature.outputs === null) return null;
  const specs = outputSpecs(signature);
  if (typeof specs === 'string') return { matches: false, differences: [specs] };
  const differences = new Set<string>();
  const rows = Array.isArray(predictions) ? predictions : [predictions];
  if (specs.some((spec) => spec['type'] === 'tensor')) compareTensors(specs, predictions, differences);
  else for (const row of rows) compareRow(specs, row, differences);
  const list = [...differences];
  return { matches: list.length === 0, differences: list.slice(0, maxDifferences) };
}

type Spec = Readonly<Record<string, unknown>>;

function outputSpecs(signature: SerializedSignature): Spec[] | string {
  try {
    ModelSignature.fromDict({ inputs: null, outputs: signature.outputs, params: null });
    return JSON.parse(signature.outputs ?? '[]') as Spec[];
  } catch (error) {
    return MlflowError.from(error).message;
  }
}

function compareRow(specs: readonly Spec[], row: unknown, differences: Set<string>): void {
  const [first] = specs;
  if (specs.length === 1 && first !== undefined && first['name'] === undefined) {
    compareValue(l10n.t('The output'), first, row, differences);
    return;
  }
  if (!isRecord(row)) {
    differences.add(l10n.t('The output is {0}, the signature promises named columns.', kindOf(row)));
    return;
  }
  for (const spec of specs) {
    const name = String(spec['name']);
    const value = row[name];
    if (value !== undefined && value !== null) compareValue(l10n.t("Column '{0}'", name), spec, value, differences);
    else if (spec['required'] !== false) differences.add(l10n.t("Column '{0}' is missing.", name));
  }
  const known = new Set(specs.map((spec) => String(spec['name'])));
  for (const name of Object.keys(row)) {
    if (!known.has(name)) differences.add(l10n.t("Column '{0}' is not in the signature.", name));
  }
}

function compareValue(what: string, spec: Spec, value: unknown, differences: Set<string>): void {
  const type = String(spec['type']);
  if (!isOfType(spec, value)) {
    differences.add(l10n.t('{0} is {1}, the signature promises {2}.', what, kindOf(value), type));
  }
}

function isOfType(spec: Spec, value: unknown): boolean {
  switch (spec['type']) {
    case 'any':
      return true;
    case 'boolean':
      return typeof value === 'boolean';
    case 'integer':
    case 'long':
      return typeof value === 'number' && Number.isInteger(value);
    case 'float':
    case 'double':
      return typeof value === 'number';
    case 'string':
    case 'binary':
    case 'datetime':
      return typeof value === 'string';
    case 'array':
      return (
        Array.isArray(value) &&
        value.every((item) => isOfType((spec['items'] as Spec | undefined) ?? { type: 'double' }, item))
      );
    case 'map':
      return isRecord(value) && Object.values(value).every((item) => isOfType(spec['values'] as Spec, item));
    case 'object':
      return isRecord(value) && hasProperties(spec, value);
    default:
      return true;
  }
}

function hasProperties(spec: Spec, value: Readonly<Record<string, unknown>>): boolean {
  const properties = (spec['properties'] ?? {}) as Readonly<Record<string, Spec>>;
  return Object.entries(properties).every(([name, property]) => {
    const item = value[name];
    return item === undefined || item === null ? property['required'] === false : isOfType(property, item);
  });
}

function compareTensors(specs: readonly Spec[], predictions: unknown, differences: Set<string>): void {
  for (const spec of specs) {
    const name = typeof spec['name'] === 'string' ? spec['name'] : undefined;
    const value = name !== undefined && isRecord(predictions) ? predictions[name] : predictions;
    const tensor = (spec['tensor-spec'] ?? {}) as { shape?: number[] };
    const promised = tensor.shape ?? [];
    const found = shapeOf(value);
    const fits =
      found.length === promised.length && promised.every((size, axis) => size === -1 || size === found[axis]);
    const what = name === undefined ? l10n.t('The output') : l10n.t("Output '{0}'", name);
    if (!fits)
      differences.add(
        l10n.t('{0} has the shape ({1}), the signature promises ({2}).', what, found.join(', '), promised.join(', ')),
      );
  }
}

function shapeOf(value: unknown): number[] {
  const shape: number[] = [];
  for (let at = value; Array.isArray(at); at = at[0] as unknown) shape.push(at.length);
  return shape;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return l10n.t('empty');
  if (Array.isArray(value)) return l10n.t('a list');
  if (typeof value === 'number') return Number.isInteger(value) ? l10n.t('a whole number') : l10n.t('a number');
  if (typeof value === 'string') return l10n.t('a string');
  return typeof value === 'boolean' ? l10n.t('a boolean') : l10n.t('an object');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
