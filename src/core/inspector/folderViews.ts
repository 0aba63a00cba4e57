import { l10n } from '../l10n.js';
import type { TransformersFlavor } from '../mlmodel/transformersFlavor.js';
import type { ConfigurationEntry, ConfigurationFile, EnvironmentFile, TokenizerView } from './inspectorModel.js';
import { listFiles, readText } from './modelFolder.js';

const environmentNames = [
  'requirements.txt',
  'conda.yaml',
  'python_env.yaml',
  'constraints.txt',
  'environment_variables.txt',
];
const configurationNames = ['config.json', 'generation_config.json', 'adapter_config.json', 'preprocessor_config.json'];
/** Bytes of a tokenizer file that are read for its facts. */
const maxTokenizerBytes = 64 * 1024 * 1024;

/** The files that say which Python environment the model wants. */
export async function environmentFiles(folder: string): Promise<EnvironmentFile[]> {
  const read = await Promise.all(environmentNames.map(async (name) => ({ name, file: await readText(folder, name) })));
  return read.flatMap(({ name, file }) => (file === undefined ? [] : [{ name, text: file.text }]));
}

/** The checkpoint's JSON settings as rows. */
export async function configurationFiles(
  folder: string,
  flavor: TransformersFlavor | undefined,
): Promise<ConfigurationFile[]> {
  const folders = [
    weightsFolder(flavor),
    flavor?.peftAdaptor ?? null,
    'components/image_processor',
    'components/feature_extractor',
  ];
  const names = folders.flatMap((place) =>
    place === null ? [] : configurationNames.map((name) => `${place}/${name}`),
  );
  const read = await Promise.all(names.map(async (name) => ({ name, file: await readText(folder, name) })));
  return read.flatMap(({ name, file }) => (file === undefined ? [] : [configurationFile(name, file.text)]));
}

function configurationFile(name: string, text: string): ConfigurationFile {
  const document = parseRecord(text);
  if (document === undefined) return { name, entries: [], error: l10n.t('{0} is not a JSON object.', name) };
  return { name, entries: Object.entries(document).map(([key, value]) => entry(key, value)), error: null };
}

/** What the tokenizer's files say; `null` when there is no tokenizer. */
export async function tokenizerView(
  folder: string,
  flavor: TransformersFlavor | undefined,
): Promise<TokenizerView | null> {
  for (const place of ['components/tokenizer', weightsFolder(flavor) ?? '', 'components/processor']) {
    if (place === '') continue;
    const config = await readText(folder, `${place}/tokenizer_config.json`);
    const tokenizer = await readText(folder, `${place}/tokenizer.json`, maxTokenizerBytes);
    if (config === undefined && tokenizer === undefined) continue;
    const settings = parseRecord(config?.text ?? '{}') ?? {};
    const template = await readText(folder, `${place}/chat_template.jinja`);
    const files = await listFiles(`${folder}/${place}`);
    return {
      className: textOf(settings['tokenizer_class']) ?? componentType(flavor),
      vocabularySize: vocabularySize(parseRecord(tokenizer?.text ?? '')),
      maxLength: plausibleLength(settings['model_max_length']),
      specialTokens: Object.entries(settings)
        .filter(([key, value]) => key.endsWith('_token') && value !== null && typeof value !== 'boolean')
        .map(([key, value]) => entry(key, isRecord(value) ? (value['content'] ?? value) : value)),
      chatTemplate: template?.text ?? textOf(settings['chat_template']),
      files: files.map((file) => `${place}/${file.path}`),
    };
  }
  return null;
}

function weightsFolder(flavor: TransformersFlavor | undefined): string | null {
  return flavor?.weights.kind === 'stored' ? flavor.weights.folder : null;
}

function componentType(flavor: TransformersFlavor | undefined): string | null {
  return flavor?.components.find(({ name }) => name === 'tokenizer')?.type ?? null;
}

/** Entries of the vocabulary and of the added tokens that are not among them. */
function vocabularySize(tokenizer: Record<string, unknown> | undefined): number | null {
  const model = tokenizer?.['model'];
  if (!isRecord(model)) return null;
  const vocabulary = model['vocab'];
  const base = Array.isArray(vocabulary)
    ? vocabulary.length
    : isRecord(vocabulary)
      ? Object.keys(vocabulary).length
      : null;
  if (base === null) return null;
  const added = Array.isArray(tokenizer?.['added_tokens']) ? tokenizer['added_tokens'] : [];
  const known = isRecord(vocabulary) ? vocabulary : {};
  return base + added.filter((token) => isRecord(token) && !Object.hasOwn(known, String(token['content']))).length;
}

/** Tokenizers without a limit write a number of thirty digits. */
function plausibleLength(value: unknown): number | null {
  return typeof value === 'number' && value < 1e9 ? value : null;
}

function entry(key: string, value: unknown): ConfigurationEntry {
  return { key, value: typeof value === 'string' ? value : JSON.stringify(value) };
}

function parseRecord(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
