import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { JsonObject } from '../ports.js';
import { autoClasses4 } from './autoClasses4.js';
import { autoClasses5 } from './autoClasses5.js';
import { typeTable, words } from './autoClassTable.js';
import { customClassesOf, customClassOf } from './customCode.js';
import { readJsonFile } from './jsonFile.js';
import type { TransformersGeneration } from './tasks.js';

/** Files that make up a tokenizer; one of the first group must be there. */
const vocabularyFiles = [
  'tokenizer.json',
  'tokenizer.model',
  'vocab.txt',
  'vocab.json',
  'spiece.model',
  'spm.model',
  'sentencepiece.bpe.model',
  'sentencepiece.model',
  'source.spm',
  'bpe.codes',
  'spm_char.model',
  'prophetnet.tokenizer',
  'vocab-src.json',
  'byte_maps.json',
];
const furtherFiles = [
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'merges.txt',
  'target.spm',
  'target_vocab.json',
  'vocab-tgt.json',
  'entity_vocab.json',
  'word_shape.json',
  'word_pronunciation.json',
  'chat_template.jinja',
  'normalizer.json',
  'bpe.vocab',
  'tekken.json',
  'emoji.json',
  'dict.txt',
];

/** Whether a file belongs to the tokenizer of a checkpoint; `additional_chat_templates/` holds further templates. */
export function isTokenizerFile(relativePath: string): boolean {
  return (
    vocabularyFiles.includes(relativePath) ||
    furtherFiles.includes(relativePath) ||
    relativePath.startsWith('additional_chat_templates/')
  );
}

const byModelType5 = typeTable(autoClasses5.tokenizers);
const byModelType4 = typeTable(autoClasses4.tokenizers);
const ofConfig4 = typeTable(autoClasses4.tokenizersOfConfig);
const known5 = words(autoClasses5.known);
const wrongOnHub = words(autoClasses5.wrongOnHub);
const slowOnly4 = words(autoClasses4.slowOnly);
const withFast4 = new Set([...words(autoClasses4.withFast), ...words(autoClasses4.fastOnly)]);
const onlyIn4 = words(autoClasses4.notIn5);
const aliases5: Readonly<Record<string, string>> = autoClasses5.aliases;
const aliases4: Readonly<Record<string, string>> = autoClasses4.aliases;

/** Classes of transformers 5 that say nothing about the kind of tokenizer. */
const generic5 = new Set(['TokenizersBackend', 'PythonBackend', 'PreTrainedTokenizerFast', 'MistralCommonBackend']);
const generic4 = 'PreTrainedTokenizerFast';

interface TokenizerFacts {
  folder: string;
  modelType: string;
  /** `tokenizer_class` of tokenizer_config.json. */
  declared: string | undefined;
  /** The same, else that of config.json. */
  hubClass: string | undefined;
  hasFastFile: boolean;
}

/**
 * Python's class of the tokenizer in a folder, as `AutoTokenizer.from_pretrained` chooses it; `null` when the folder holds
 * none. transformers 4 takes the fast class and names it so (`BertTokenizerFast`); 5 dropped the suffix, merged equal classes
 * and calls the generic one `TokenizersBackend`.
 * @param config the model's configuration, where the folder has none of its own
 * @param generation `both` gives a name under which either generation loads what it would choose itself.
 */
export async function tokenizerClassOf(
  folder: string,
  config: JsonObject | null,
  generation: TransformersGeneration | 'both',
): Promise<string | null> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const settings = await readJsonFile(path.join(folder, 'tokenizer_config.json'));
  if (settings === null && !vocabularyFiles.some((name) => names.includes(name))) return null;
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  const declared = text(settings?.['tokenizer_class']);
  const facts: TokenizerFacts = {
    folder,
    modelType: text(config?.['model_type']) ?? '',
    declared,
    hubClass: declared ?? text(config?.['tokenizer_class']),
    hasFastFile: names.includes('tokenizer.json'),
  };
  const custom = customClassOf(settings, ['AutoTokenizer']);
  if (custom !== undefined && isTrusted(facts, config)) return custom;
  if (generation === 4) return classIn4(facts);
  const newClass = await classIn5(facts);
  return generation === 5 ? newClass : commonClass(classIn4(facts), newClass, facts);
}

/**
 * Whether Python takes the class that comes with the tokenizer: where it has none of that name itself, and for models that are
 * loaded with code of their own anyway. Source: transformers.dynamic_module_utils.resolve_trust_remote_code.
 */
function isTrusted({ hubClass }: TokenizerFacts, config: JsonObject | null): boolean {
  const named = withoutFast(hubClass ?? '');
  return customClassesOf(config).length > 0 || !(known5.has(named) || withFast4.has(named) || slowOnly4.has(named));
}

/** Source: transformers 5, AutoTokenizer.from_pretrained. */
async function classIn5(facts: TokenizerFacts): Promise<string> {
  const { hubClass, modelType } = facts;
  const registered = byModelType5.get(modelType);
  const isWrong = wrongOnHub.has(modelType);
  if (
    hubClass &&
    withoutFast(hubClass) === 'LlamaTokenizer' &&
    registered !== 'MistralCommonBackend' &&
    !isWrong &&
    (await hasByteLevel(facts.folder))
  ) {
    return 'TokenizersBackend';
  }
  if (hubClass !== undefined && registered !== undefined && withoutFast(registered) !== withoutFast(hubClass)) {
    if (generic5.has(registered)) return 'TokenizersBackend';
    const resolved = resolve5(isWrong ? registered : hubClass);
    return resolved === undefined || generic5.has(resolved) ? 'TokenizersBackend' : resolved;
  }
  const resolved = hubClass === undefined ? resolve5(registered ?? '') : resolve5(withoutFast(hubClass));
  return resolved === undefined || generic5.has(resolved) ? 'TokenizersBackend' : resolved;
}

function resolve5(name: string): string | undefined {
  const plain = withoutFast(name);
  return aliases5[plain] ?? (known5.has(plain) ? plain : undefined);
}

/** Source: transformers 4.43, AutoTokenizer.from_pretrained. A class it does not know becomes the generic one. */
function classIn4({ hubClass, modelType, hasFastFile }: TokenizerFacts): string {
  const named = withoutFast(hubClass ?? ofConfig4.get(modelType) ?? byModelType4.get(modelType) ?? '');
  if (named === 'PreTrainedTokenizer') return generic4;
  if (slowOnly4.has(named)) return named;
  if (withFast4.has(named)) return `${aliases4[named] ?? named}Fast`;
  return hasFastFile || named === '' ? generic4 : named;
}

/** A name both know under which neither loads another tokenizer than its own choice; the generic fast one otherwise. */
function commonClass(oldClass: string, newClass: string, { modelType, hasFastFile }: TokenizerFacts): string {
  if (newClass === 'TokenizersBackend') return hasFastFile ? generic4 : oldClass;
  if (!wrongOnHub.has(modelType) && !onlyIn4.has(oldClass)) return oldClass;
  if (withFast4.has(newClass)) return `${newClass}Fast`;
  return hasFastFile ? generic4 : newClass;
}

function withoutFast(name: string): string {
  return name.replace(/Fast$/, '');
}

/** Whether tokenizer.json splits into bytes, as Llama 3's does although it calls itself LlamaTokenizer. */
async function hasByteLevel(folder: string): Promise<boolean> {
  const text = await readFile(path.join(folder, 'tokenizer.json'), 'utf8').catch(() => '');
  return text.includes('"ByteLevel"');
}

/** Whether the tokenizer in a folder can render chats. */
export async function hasChatTemplate(folder: string): Promise<boolean> {
  if ((await readJsonFile(path.join(folder, 'tokenizer_config.json')))?.['chat_template']) return true;
  const names = await readdir(folder).catch(() => [] as string[]);
  return names.includes('chat_template.jinja') || names.includes('additional_chat_templates');
}
