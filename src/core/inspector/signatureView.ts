import { l10n } from '../l10n.js';
import type { SerializedSignature } from '../mlmodel/serializedSignature.js';
import type { SignatureRow, SignatureView } from './inspectorModel.js';

/** Deeper nesting is shown as its type's name alone. */
const maxDepth = 8;

type Json = Readonly<Record<string, unknown>>;

/** The three JSON texts of a signature as rows of a table. A part that is no JSON gives an error beside the others' rows. */
export function signatureView(signature: SerializedSignature): SignatureView {
  const view: SignatureView = { inputs: [], outputs: [], params: [], error: null };
  for (const part of ['inputs', 'outputs', 'params'] as const) {
    const text = signature[part];
    if (text === null) continue;
    try {
      view[part] = partRows(JSON.parse(text) as unknown, part === 'params');
    } catch (error) {
      view.error = l10n.t(
        'The {0} of the signature cannot be read: {1}.',
        part,
        error instanceof Error ? error.message : String(error),
      );
    }
  }
  return view;
}

/** A signature as lines of text, its parts under their names. */
export function signatureLines(signature: SignatureView): string[] {
  return (['inputs', 'outputs', 'params'] as const)
    .filter((part) => signature[part].length > 0)
    .flatMap((part) => [`${part}:`, ...signature[part].map((row) => `  ${signatureRowText(row)}`)]);
}

/** `label: string`, `top_k: long default 1`, indented by its depth. */
export function signatureRowText(row: SignatureRow): string {
  const name = `${'  '.repeat(row.depth)}${row.name ?? '(unnamed)'}`;
  const extra = row.defaultValue === null ? (row.isRequired ? '' : ' optional') : ` default ${row.defaultValue}`;
  return `${name}: ${row.type}${extra}`;
}

function partRows(specs: unknown, areParams: boolean): SignatureRow[] {
  if (!Array.isArray(specs)) throw new Error('it is no list');
  return specs.filter(isJson).flatMap((spec) => (areParams ? [paramRow(spec)] : columnRows(spec)));
}

function columnRows(spec: Json): SignatureRow[] {
  const name = spec['name'] === undefined || spec['name'] === null ? null : String(spec['name']);
  const isRequired = spec['required'] !== false && spec['optional'] !== true;
  return [{ name, type: typeText(spec), isRequired, defaultValue: null, depth: 0 }, ...propertyRows(spec, 1)];
}

function paramRow(spec: Json): SignatureRow {
  const element = String(spec['type'] ?? spec['dtype'] ?? 'any');
  return {
    name: String(spec['name'] ?? ''),
    type: Array.isArray(spec['shape']) ? `list of ${element}` : element,
    isRequired: false,
    defaultValue: JSON.stringify(spec['default'] ?? null),
    depth: 0,
  };
}

/** The properties of an object, also of one inside arrays and maps. */
function propertyRows(spec: Json, depth: number): SignatureRow[] {
  if (depth > maxDepth) return [];
  const inner = innermost(spec);
  const properties = inner['properties'];
  if (inner['type'] !== 'object' || !isJson(properties)) return [];
  return Object.entries(properties).flatMap(([name, property]) => {
    if (!isJson(property)) return [];
    const row = {
      name,
      type: typeText(property),
      isRequired: property['required'] !== false,
      defaultValue: null,
      depth,
    };
    return [row, ...propertyRows(property, depth + 1)];
  });
}

function innermost(spec: Json): Json {
  let inner = spec;
  for (let level = 0; level < maxDepth; level++) {
    const next = inner['type'] === 'array' ? inner['items'] : inner['type'] === 'map' ? inner['values'] : undefined;
    if (!isJson(next)) break;
    inner = next;
  }
  return inner;
}

function typeText(spec: Json, depth = 0): string {
  const type = spec['type'];
  if (depth > maxDepth) return '…';
  if (type === 'tensor') {
    const tensor = isJson(spec['tensor-spec']) ? spec['tensor-spec'] : {};
    const shape = Array.isArray(tensor['shape']) ? tensor['shape'].map(String).join(', ') : '';
    return `tensor ${String(tensor['dtype'] ?? '')} (${shape})`;
  }
  if (type === 'array') return `array of ${isJson(spec['items']) ? typeText(spec['items'], depth + 1) : 'double'}`;
  if (type === 'map') return `map of ${isJson(spec['values']) ? typeText(spec['values'], depth + 1) : 'any'}`;
  return String(type ?? 'any');
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
