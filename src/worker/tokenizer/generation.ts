import type { JsonObject } from '../../core/ports.js';
import type { TransformersVersion } from '../../core/transformers/transformersVersion.js';
import type { TokenizerFiles } from './tokenizerFiles.js';
import type { ComponentJson, TokenizerJson } from './tokenizerJson.js';

/** Which generation of transformers a model records: 4 and 5 answer differently for the same files. */
export type TransformersGeneration = 4 | 5;

/** Of a version such as `4.43.4`; without one, the newest. */
export function transformersGeneration(version: unknown): TransformersGeneration {
  return typeof version === 'string' && Number.parseInt(version, 10) <= 4 ? 4 : 5;
}

/** The files as that generation's tokenizer class sees them. */
export function forGeneration(
  files: TokenizerFiles,
  generation: TransformersGeneration,
  className: string | undefined,
  version?: TransformersVersion,
): TokenizerFiles {
  if (files.json.model.type === 'Marian') {
    const isGreedy = version?.isBefore(4, 53) ?? generation === 4;
    return { ...files, json: { ...files.json, pre_tokenizer: { type: 'Marian', has_greedy_codes: isGreedy } } };
  }
  if (generation === 4) {
    const json = withSettingsOf(files.json, files.config, className);
    const model = { ...json.model, loses_whole_words: version?.isBefore(4, 45) === true };
    return { ...files, json: { ...json, model } };
  }
  if (className && /^(Code)?LlamaTokenizer(Fast)?$/.test(className) && files.json.model.merges) {
    return { ...files, json: llamaOfGeneration5(files.json, files.config) };
  }
  return files;
}

/** transformers 4 lets `do_lower_case` and its like in tokenizer_config.json overrule the stored normalizer. */
function withSettingsOf(json: TokenizerJson, config: JsonObject, className: string | undefined): TokenizerJson {
  const { normalizer, pre_tokenizer: preTokenizer } = json;
  if (
    normalizer?.type === 'BertNormalizer' &&
    /^(Bert|DistilBert|Electra|MobileBert|LayoutLM|ConvBert|Funnel|Lxmert|SqueezeBert|Retribert|DPR)/.test(
      className ?? '',
    )
  ) {
    const changed: ComponentJson = { ...normalizer };
    if (typeof config['do_lower_case'] === 'boolean') changed['lowercase'] = config['do_lower_case'];
    if (config['strip_accents'] !== undefined) changed['strip_accents'] = config['strip_accents'];
    if (typeof config['tokenize_chinese_chars'] === 'boolean')
      changed['handle_chinese_chars'] = config['tokenize_chinese_chars'];
    return { ...json, normalizer: changed };
  }
  if (preTokenizer?.type === 'ByteLevel' && typeof config['add_prefix_space'] === 'boolean') {
    return { ...json, pre_tokenizer: { ...preTokenizer, add_prefix_space: config['add_prefix_space'] } };
  }
  return json;
}

/** transformers 5 rebuilds Llama's tokenizer from vocabulary and merges, whatever normalizer the file has. */
function llamaOfGeneration5(json: TokenizerJson, config: JsonObject): TokenizerJson {
  const addsPrefixSpace = config['add_prefix_space'] !== false;
  const decoders: ComponentJson[] = [
    { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
  ];
  if (addsPrefixSpace) decoders.push({ type: 'Strip', content: ' ', start: 1, stop: 0 });
  const scheme = addsPrefixSpace ? (config['legacy'] === true ? 'always' : 'first') : 'never';
  return {
    ...json,
    normalizer: null,
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: scheme, split: false },
    decoder: { type: 'Sequence', decoders },
    model: { ...json.model, type: 'BPE', fuse_unk: true, byte_fallback: true },
  };
}

const withTokenTypes = ['input_ids', 'token_type_ids', 'attention_mask'];
const withoutTokenTypes = ['input_ids', 'attention_mask'];

/** Tokenizer classes whose encodings carry `token_type_ids`, beyond a generation's default. */
const typedClasses =
  /^(Bert|Electra|ConvBert|MobileBert|Deberta|Funnel|LayoutLM|Lxmert|SqueezeBert|RoFormer|DPR|Retribert)/;
const untypedClasses4 =
  /^(GPT|Gpt|Roberta|DistilBert|Bart|MBart|T5|MT5|XLMRoberta|Llama|CodeLlama|Qwen|MPNet|Camembert|Longformer|LED|Blenderbot|CodeGen|Bloom|Gemma|Pegasus|Cohere|Whisper|CLIP|NllbTokenizer|Nllb|Marian|OpenAIGPT|Splinter)/;

/** `model_input_names` of the tokenizer: what a pipeline hands to the model. */
export function modelInputNames(
  config: JsonObject,
  className: string | undefined,
  generation: TransformersGeneration,
): readonly string[] {
  const stored = config['model_input_names'];
  if (Array.isArray(stored)) return stored as string[];
  if (generation === 5) return typedClasses.test(className ?? '') ? withTokenTypes : withoutTokenTypes;
  return untypedClasses4.test(className ?? '') ? withoutTokenTypes : withTokenTypes;
}
