import type { JsonObject } from '../ports.js';
import { TransformersVersion } from '../transformers/transformersVersion.js';
import type { CheckpointTensors } from '../safetensors/checkpoint.js';
import type { Adapter } from './adapter.js';
import { albert } from './architectures/albert.js';
import { ast } from './architectures/ast.js';
import { bartFamily } from './architectures/bartFamily.js';
import { beit } from './architectures/beit.js';
import { bertFamily } from './architectures/bertFamily.js';
import { bloom } from './architectures/bloom.js';
import { convnext } from './architectures/convnext.js';
import { deberta, debertaV2 } from './architectures/deberta.js';
import { dinov2 } from './architectures/dinov2.js';
import { distilbert } from './architectures/distilbert.js';
import { efficientnet } from './architectures/efficientnet.js';
import { falcon } from './architectures/falcon.js';
import { gptBigcode } from './architectures/gptBigcode.js';
import { gptj } from './architectures/gptj.js';
import { gptNeo } from './architectures/gptNeo.js';
import { layerNormDecoder } from './architectures/layerNormDecoders.js';
import { gpt2 } from './architectures/gpt2.js';
import { llamaFamily } from './architectures/llamaFamily.js';
import { modernbert } from './architectures/modernbert.js';
import { mobilenet } from './architectures/mobilenet.js';
import { mpnet } from './architectures/mpnet.js';
import { opt } from './architectures/opt.js';
import { gptNeox, phi } from './architectures/parallelDecoders.js';
import { resnet } from './architectures/resnet.js';
import { siglip } from './architectures/siglip.js';
import { swin } from './architectures/swin.js';
import { swinv2 } from './architectures/swinv2.js';
import { t5 } from './architectures/t5.js';
import { tapas } from './architectures/tapas.js';
import { vit } from './architectures/vit.js';
import { wav2vec2 } from './architectures/wav2vec2.js';
import type { Architecture, GeneratedModel, Head } from './generatedGraph.js';
import { headFor } from './heads.js';
import { ModelConfig } from './modelConfig.js';
import { ModelWeights } from './modelWeights.js';
import { NetworkBuilder, type NetworkOptions } from './networkBuilder.js';
import { unsupportedArchitecture, unsupportedSetting } from './unsupported.js';

/** Raised whenever generated graphs change: caches of derived files depend on it. */
export const generatorVersion = 3;

const architectures: Readonly<Record<string, Architecture>> = {
  albert,
  'audio-spectrogram-transformer': ast,
  bart: bartFamily,
  beit,
  bert: bertFamily,
  blenderbot: bartFamily,
  'blenderbot-small': bartFamily,
  bloom,
  camembert: bertFamily,
  convnext,
  convnextv2: convnext,
  codegen: gptj,
  cohere: layerNormDecoder,
  'data2vec-vision': beit,
  deberta,
  'deberta-v2': debertaV2,
  deit: vit,
  dinov2,
  dinov2_with_registers: dinov2,
  distilbert,
  efficientnet,
  electra: bertFamily,
  falcon,
  gemma: llamaFamily,
  gemma2: llamaFamily,
  gemma3_text: llamaFamily,
  gpt2,
  gpt_bigcode: gptBigcode,
  gpt_neo: gptNeo,
  gpt_neox: gptNeox,
  gptj,
  granite: llamaFamily,
  hubert: wav2vec2,
  llama: llamaFamily,
  m2m_100: bartFamily,
  marian: bartFamily,
  mbart: bartFamily,
  mistral: llamaFamily,
  mixtral: llamaFamily,
  mobilenet_v1: mobilenet,
  mobilenet_v2: mobilenet,
  modernbert,
  mpnet,
  mt5: t5,
  olmo: layerNormDecoder,
  olmo2: layerNormDecoder,
  olmoe: llamaFamily,
  opt,
  pegasus: bartFamily,
  plbart: bartFamily,
  phi,
  phi3: llamaFamily,
  qwen2: llamaFamily,
  qwen2_moe: llamaFamily,
  qwen3: llamaFamily,
  qwen3_moe: llamaFamily,
  regnet: resnet,
  resnet,
  roberta: bertFamily,
  siglip,
  siglip_vision_model: siglip,
  smollm3: llamaFamily,
  stablelm: layerNormDecoder,
  starcoder2: layerNormDecoder,
  swin,
  swinv2,
  t5,
  tapas,
  umt5: t5,
  vit,
  wav2vec2,
  wavlm: wav2vec2,
  whisper: bartFamily,
  'xlm-roberta': bertFamily,
};

/** `model_type` values of config.json that run from their own weights. */
export const supportedArchitectures: readonly string[] = Object.keys(architectures).sort();

export interface GraphRequest {
  config: JsonObject;
  /** The transformers version whose code is to answer; `null`: the one that config.json names, else the newest. */
  transformersVersion: string | null;
  /** Python's class name; `null`: config.json's `architectures`, then the task decides. */
  modelClass: string | null;
  /** Pipeline task. */
  task: string;
  folder: string;
  checkpoint: CheckpointTensors;
  adapter: Adapter | null;
  options: NetworkOptions;
}

/** Architectures whose graphs count the heads that are left. */
const prunable = new Set([
  'albert',
  'bert',
  'camembert',
  'deit',
  'distilbert',
  'electra',
  'roberta',
  'vit',
  'xlm-roberta',
]);

/** Settings that every architecture may have and that change what the weights are. */
function checkSettings(config: ModelConfig): void {
  const quantization = config.nested('quantization_config');
  if (quantization) {
    throw unsupportedSetting(config, 'quantization_config', quantization.text('quant_method', 'quantized weights'));
  }
  const pruned = Object.values(config.nested('pruned_heads')?.json ?? {});
  if (!prunable.has(config.modelType) && pruned.some((heads) => Array.isArray(heads) && heads.length > 0)) {
    throw unsupportedSetting(config, 'pruned_heads', JSON.stringify(config.value('pruned_heads')));
  }
}

/** The class and the head that a request stands for. */
export function resolveHead(request: Pick<GraphRequest, 'config' | 'modelClass' | 'task'>): {
  modelClass: string;
  head: Head;
} {
  const config = new ModelConfig(request.config);
  const [listed] = config.list('architectures') ?? [];
  const modelClass = request.modelClass ?? (typeof listed === 'string' ? listed : '');
  return { modelClass, head: headFor(modelClass, request.task) };
}

/**
 * Builds the ONNX graphs of a checkpoint; weights stay in their files.
 * @throws MlflowError NOT_IMPLEMENTED (reason `architectureUnsupported`) for an architecture or setting that is not known.
 */
export function graphFor(request: GraphRequest): GeneratedModel {
  const saved = request.config['transformers_version'];
  const version = request.transformersVersion ?? (typeof saved === 'string' ? saved : null);
  const config = ModelConfig.ofModel(request.config, new TransformersVersion(version));
  const { modelClass, head } = resolveHead(request);
  const build = Object.hasOwn(architectures, config.modelType) ? architectures[config.modelType] : undefined;
  if (!build) throw unsupportedArchitecture(config.modelType, modelClass);
  checkSettings(config);
  const weights = new ModelWeights(request.checkpoint, request.folder, request.adapter);
  const generated = build({
    config,
    head,
    modelClass,
    checkpoint: request.checkpoint,
    newBuilder: () => new NetworkBuilder(weights, request.options),
  });
  weights.checkAdapterUsed();
  return generated;
}
