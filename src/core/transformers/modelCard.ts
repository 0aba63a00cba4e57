import { MlflowError } from '../errors.js';
import { dumpPyYaml, parsePyYaml } from '../serialization/pyYaml.js';
import type { PyRecord, PyValue } from '../serialization/pyValue.js';

/** A model card: the Markdown below the front matter, and the front matter's metadata. */
export interface ModelCard {
  text: string;
  data: PyRecord;
}

export const cardTextFileName = 'model_card.md';
export const cardDataFileName = 'model_card_data.yaml';

/**
 * Splits README.md into body and metadata. A card without front matter has no metadata.
 * Source: huggingface_hub.repocard (RepoCard.content).
 * @throws MlflowError INVALID_PARAMETER_VALUE when the front matter is no mapping.
 */
export function parseModelCard(content: string): ModelCard {
  const match = /^\s*---[\r\n]+([\s\S]*?)[\r\n]+---(\r\n|\n|$)/.exec(content);
  if (!match) return { text: content, data: {} };
  const data = parsePyYaml(match[1]!);
  if (data === null) return { text: content.slice(match[0].length), data: {} };
  if (typeof data !== 'object' || Array.isArray(data) || data instanceof Map || data instanceof Uint8Array) {
    throw MlflowError.invalidParameter(
      'The metadata at the top of the model card is not a mapping. Put `key: value` lines between the `---` lines.',
    );
  }
  return { text: content.slice(match[0].length), data: withoutNulls(data as PyRecord) };
}

/** The text of model_card_data.yaml. */
export function cardDataText(card: ModelCard): string {
  return dumpPyYaml(card.data);
}

/** The declared licence: `null` when the card names none. */
export function declaredLicense(card: ModelCard): PyValue {
  return card.data['license'] ?? null;
}

function withoutNulls(data: PyRecord): PyRecord {
  const kept: Record<string, PyValue> = {};
  for (const [key, value] of Object.entries(data)) {
    if (value === null || value === undefined) continue;
    kept[key] = key === 'tags' && Array.isArray(value) ? [...new Set(value as PyValue[])] : value;
  }
  return kept;
}
