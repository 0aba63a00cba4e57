import { parsePyYaml } from '../serialization/pyYaml.js';
import type { ConfigurationEntry } from './inspectorModel.js';
import { readText } from './modelFolder.js';

/** The model card: its Markdown and its metadata; `null` without one. */
export async function cardView(folder: string): Promise<{ text: string; metadata: ConfigurationEntry[] } | null> {
  const card = await readText(folder, 'model_card.md');
  if (card === undefined) return null;
  const data = await readText(folder, 'model_card_data.yaml');
  return { text: card.text, metadata: metadataRows(data?.text) };
}

function metadataRows(text: string | undefined): ConfigurationEntry[] {
  if (text === undefined) return [];
  try {
    const data = parsePyYaml(text);
    if (typeof data !== 'object' || data === null) return [];
    return Object.entries(data).map(([key, value]) => ({
      key,
      value: typeof value === 'string' ? value : JSON.stringify(value),
    }));
  } catch {
    return [];
  }
}
