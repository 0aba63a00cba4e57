import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { JsonObject } from '../ports.js';
import { readJsonFile } from './jsonFile.js';
import type { TransformersGeneration } from './tasks.js';

/** Files that make up a tokenizer; one of the first group must be there. */
const vocabularyFiles = [
  'tokenizer.json',
  'tokenizer.model',
  'vocab.txt',
  'vocab.json',
  'spiece.model',
  'sentencepiece.bpe.model',
  'source.spm',
  'bpe.codes',
];
const furtherFiles = [
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'merges.txt',
  'target.spm',
  'target_vocab.json',
  'chat_template.jinja',
  'normalizer.json',
  'bpe.vocab',
  'tekken.json',
  'emoji.json',
  'dict.txt',
];

/** Whether a file belongs to the tokenizer of a checkpoint; `chat_templates/` holds further templates. */
export function isTokenizerFile(relativePath: string): boolean {
  return (
    vocabularyFiles.includes(relativePath) ||
    furtherFiles.includes(relativePath) ||
    relativePath.startsWith('chat_templates/')
  );
}

/** Families without a fast tokenizer in transformers. */
const slowOnly = new Set([
  'MarianTokenizer',
  'TapasTokenizer',
  'Wav2Vec2CTCTokenizer',
  'SpeechT5Tokenizer',
  'ByT5Tokenizer',
  'CanineTokenizer',
  'BertJapaneseTokenizer',
  'CTRLTokenizer',
  'XLMTokenizer',
  'FSMTTokenizer',
  'FlaubertTokenizer',
  'VitsTokenizer',
]);

/** What AutoTokenizer takes for a model type whose tokenizer_config.json names no class. Source: TOKENIZER_MAPPING_NAMES. */
const classByModelType: Readonly<Record<string, string>> = {
  albert: 'AlbertTokenizer',
  bart: 'BartTokenizer',
  bert: 'BertTokenizer',
  bloom: 'BloomTokenizer',
  camembert: 'CamembertTokenizer',
  clip: 'CLIPTokenizer',
  codegen: 'CodeGenTokenizer',
  deberta: 'DebertaTokenizer',
  'deberta-v2': 'DebertaV2Tokenizer',
  distilbert: 'DistilBertTokenizer',
  electra: 'ElectraTokenizer',
  gemma: 'GemmaTokenizer',
  gemma2: 'GemmaTokenizer',
  gpt2: 'GPT2Tokenizer',
  gpt_neo: 'GPT2Tokenizer',
  gpt_neox: 'GPTNeoXTokenizer',
  gptj: 'GPT2Tokenizer',
  llama: 'LlamaTokenizer',
  longformer: 'LongformerTokenizer',
  m2m_100: 'M2M100Tokenizer',
  marian: 'MarianTokenizer',
  mbart: 'MBartTokenizer',
  mistral: 'LlamaTokenizer',
  mobilebert: 'MobileBertTokenizer',
  mpnet: 'MPNetTokenizer',
  mt5: 'T5Tokenizer',
  opt: 'GPT2Tokenizer',
  pegasus: 'PegasusTokenizer',
  phi: 'CodeGenTokenizer',
  qwen2: 'Qwen2Tokenizer',
  roberta: 'RobertaTokenizer',
  t5: 'T5Tokenizer',
  tapas: 'TapasTokenizer',
  wav2vec2: 'Wav2Vec2CTCTokenizer',
  whisper: 'WhisperTokenizer',
  xlm: 'XLMTokenizer',
  'xlm-roberta': 'XLMRobertaTokenizer',
  xlnet: 'XLNetTokenizer',
};

const genericClasses = new Set(['PreTrainedTokenizerFast', 'TokenizersBackend', 'PreTrainedTokenizer']);

/**
 * Python's class of the tokenizer in a folder; `null` when the folder holds none.
 * transformers 4 loads the fast class and names it so (`BertTokenizerFast`); transformers 5 dropped the suffix and calls the
 * generic one `TokenizersBackend`.
 * @param generation `both` gives the name that either generation can load.
 */
export async function tokenizerClassOf(
  folder: string,
  config: JsonObject | null,
  generation: TransformersGeneration | 'both',
): Promise<string | null> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const hasVocabulary = vocabularyFiles.some((name) => names.includes(name));
  const settings = await readJsonFile(path.join(folder, 'tokenizer_config.json'));
  if (!hasVocabulary && settings === null) return null;
  const modelType = typeof config?.['model_type'] === 'string' ? config['model_type'] : '';
  const named = settings?.['tokenizer_class'] ?? config?.['tokenizer_class'] ?? classByModelType[modelType];
  const declared = typeof named === 'string' ? named : 'PreTrainedTokenizerFast';
  return classInGeneration(declared, names.includes('tokenizer.json'), generation);
}

function classInGeneration(
  declared: string,
  hasFastFile: boolean,
  generation: TransformersGeneration | 'both',
): string {
  if (genericClasses.has(declared)) return generation === 5 ? 'TokenizersBackend' : 'PreTrainedTokenizerFast';
  const base = declared.replace(/Fast$/, '');
  if (generation === 5 || slowOnly.has(base)) return base;
  if (generation === 'both') return hasFastFile ? 'PreTrainedTokenizerFast' : base;
  return `${base}Fast`;
}
