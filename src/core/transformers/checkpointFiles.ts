import { isModuleFile } from './customCode.js';
import { isTokenizerFile } from './tokenizerClass.js';

const processorFiles = new Set([
  'preprocessor_config.json',
  'processor_config.json',
  'video_preprocessor_config.json',
  'feature_extractor_config.json',
]);

/** Weights whose format can run code when it is read. */
export function isPickledWeights(relativePath: string): boolean {
  return (
    /\.(bin|pt|pth|ckpt|pkl|pickle|h5|msgpack)$/.test(relativePath) && !/(^|\/)training_args\.bin$/.test(relativePath)
  );
}

/**
 * Whether a file belongs to the model itself, so that `save_pretrained` of a model would have written it: configuration,
 * safetensors weights with their index, and ONNX exports.
 */
export function isModelFile(relativePath: string): boolean {
  if (relativePath.startsWith('onnx/') || /\.onnx(_data.*|\.data)?$/.test(relativePath)) return true;
  return (
    relativePath === 'config.json' ||
    relativePath === 'generation_config.json' ||
    /^model(-\d{5}-of-\d{5})?\.safetensors$/.test(relativePath) ||
    relativePath === 'model.safetensors.index.json'
  );
}

/** Whether a file holds the settings of an image processor, a feature extractor or a processor. */
export function isProcessorFile(relativePath: string): boolean {
  return processorFiles.has(relativePath);
}

/**
 * Whether a file belongs to a processor as a whole: the settings of its parts, its tokenizers (those beyond the first in folders
 * of their own, such as `qformer_tokenizer/`) and chat templates.
 */
export function isWholeProcessorFile(relativePath: string): boolean {
  return (
    isProcessorFile(relativePath) ||
    isTokenizerFile(relativePath.replace(/^[^/]*tokenizer\//, '')) ||
    relativePath === 'chat_template.json'
  );
}

/** Whether a file belongs to a PEFT adapter. */
export function isAdapterFile(relativePath: string): boolean {
  return /^adapter_(config\.json|model\.safetensors)$/.test(relativePath);
}

/** Everything of a repository that a save needs: model or adapter, components, and the modules of classes of its own. */
export function isCheckpointFile(relativePath: string): boolean {
  return (
    isModelFile(relativePath) ||
    isAdapterFile(relativePath) ||
    isWholeProcessorFile(relativePath) ||
    isModuleFile(relativePath)
  );
}
