import { activate } from '../activation.js';
import { Decoder } from '../decoder.js';
import { encoderAttention } from '../encoderAttention.js';
import type { AlignmentHead, ArchitectureContext, GeneratedGraph, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { crossAttention, crossAttentionWeights, outputCrossKeys, type CrossAttention } from '../sequenceToSequence.js';
import { unsupportedArchitecture } from '../unsupported.js';

/** How the members of the family differ. */
interface BartVariant {
  /** Normalization before attention and feed-forward instead of after. */
  isPreNorm: boolean;
  positions: 'learned' | 'sinusoidal';
  /** Rows of the position table before the first position. */
  positionOffset: number;
  input: 'tokens' | 'audio';
}

const variants: Readonly<Record<string, BartVariant>> = {
  bart: { isPreNorm: false, positions: 'learned', positionOffset: 2, input: 'tokens' },
  'blenderbot-small': { isPreNorm: false, positions: 'learned', positionOffset: 0, input: 'tokens' },
  marian: { isPreNorm: false, positions: 'sinusoidal', positionOffset: 0, input: 'tokens' },
  mbart: { isPreNorm: true, positions: 'learned', positionOffset: 2, input: 'tokens' },
  pegasus: { isPreNorm: true, positions: 'sinusoidal', positionOffset: 0, input: 'tokens' },
  whisper: { isPreNorm: true, positions: 'learned', positionOffset: 0, input: 'audio' },
};

type Stack = 'encoder' | 'decoder';

/**
 * BART and its relatives: BlenderbotSmall, Marian, mBART, Pegasus and Whisper.
 * Source: transformers' modeling files of these names.
 */
export function bartFamily(context: ArchitectureContext): GeneratedModel {
  const { config, head } = context;
  const variant = variants[config.modelType];
  if (head !== 'conditionalGeneration' || !variant) throw unsupportedArchitecture(config.modelType, context.modelClass);
  const family = new BartGraphs(context, config, variant);
  return {
    main: family.decoderGraph(),
    encoder: family.encoderGraph(),
    ...(variant.input === 'audio' ? { alignment: (heads) => family.alignmentGraph(heads) } : {}),
  };
}

class BartGraphs {
  readonly #hiddenSize: number;
  readonly #embeddingScale: number;
  readonly #activation: string;

  constructor(
    readonly context: ArchitectureContext,
    readonly config: ModelConfig,
    readonly variant: BartVariant,
  ) {
    this.#hiddenSize = config.number('d_model', 1024);
    this.#embeddingScale = config.flag('scale_embedding', false) ? Math.sqrt(this.#hiddenSize) : 1;
    this.#activation = config.text('activation_function', 'gelu');
  }

  encoderGraph(): GeneratedGraph {
    const b = this.#builder();
    const { variant } = this;
    const [embedded, mask] = variant.input === 'audio' ? [this.#audio(b), undefined] : this.#tokens(b);
    const heads = this.config.number('encoder_attention_heads', 16);
    let hidden = embedded;
    for (let index = 0; index < this.config.number('encoder_layers', 12); index++) {
      const layer = `encoder.layers.${index}`;
      hidden = this.#residual(b, hidden, `${layer}.self_attn_layer_norm`, (x) => {
        const attended = encoderAttention(b, {
          query: b.linear(x, `${layer}.self_attn.q_proj`),
          key: b.linear(x, `${layer}.self_attn.k_proj`),
          value: b.linear(x, `${layer}.self_attn.v_proj`),
          heads,
          scale: (this.#hiddenSize / heads) ** -0.5,
          mask,
        });
        return b.linear(attended, `${layer}.self_attn.out_proj`);
      });
      hidden = this.#feedForward(b, hidden, layer);
    }
    hidden = this.#finalNorm(b, hidden, 'encoder');
    for (let index = 0; index < this.config.number('decoder_layers', 12); index++) {
      const attention = `decoder.layers.${index}.encoder_attn`;
      outputCrossKeys(
        b,
        this.#cross(index),
        b.linear(hidden, `${attention}.k_proj`),
        b.linear(hidden, `${attention}.v_proj`),
      );
    }
    return { model: b.build(), decoder: null };
  }

  decoderGraph(): GeneratedGraph {
    const b = this.#builder();
    const { config } = this;
    const heads = config.number('decoder_attention_heads', 16);
    const headSize = this.#hiddenSize / heads;
    const layers = config.number('decoder_layers', 12);
    const maxPositions = config.number(['max_target_positions', 'max_position_embeddings'], 1024);
    const decoder = new Decoder(b, { layers, heads, keyValueHeads: heads, headSize, maxPositions });
    const rows = b.scale(b.embedding(decoder.ids, this.#tokenModule(b, 'decoder')), this.#embeddingScale);
    const positions = this.#positions(b, 'decoder', decoder.positionIds);
    const { decoder, hidden } = this.#decoderLayers(this.config.number('decoder_layers'));
    const { b } = decoder;
    const last = decoder.lastPositions(this.#finalNorm(b, hidden, 'decoder'));
    b.output('logits', this.#logits(b, last), ['batch_size', 'kept_length', 'vocabulary']);
    return { model: b.build(), decoder: decoder.layout };
  }

  /** The decoder up to the last layer that is asked for; its output `alignment` has one map a head. */
  alignmentGraph(heads: readonly AlignmentHead[]): GeneratedGraph {
    const weights = new Map<number, Value>();
    const layers = heads.reduce((most, [layer]) => Math.max(most, layer + 1), 0);
    const { decoder } = this.#decoderLayers(layers, (builder, index, query) => {
      if (heads.some(([layer]) => layer === index)) {
        weights.set(index, crossAttentionWeights(builder, this.#cross(index), query));
      }
    });
    const { b } = decoder;
    const maps = heads.map(([layer, head]) => b.slice(weights.get(layer) as Value, head, head + 1, 1));
    b.output('alignment', b.concat(maps, 1), ['batch_size', heads.length, 'sequence_length', 'encoder_length']);
    return { model: b.build(), decoder: decoder.layout };
  }

  #decoderLayers(
    layers: number,
    onQuery?: (b: NetworkBuilder, layer: number, query: Value) => void,
  ): { decoder: Decoder; hidden: Value } {
    let hidden = this.#embeddingNorm(b, b.add(rows, positions), 'decoder');
    for (let index = 0; index < layers; index++) {
      const layer = `decoder.layers.${index}`;
      hidden = this.#residual(b, hidden, `${layer}.self_attn_layer_norm`, (x) => {
        const attended = decoder.attention(index, {
          query: b.linear(x, `${layer}.self_attn.q_proj`),
          key: b.linear(x, `${layer}.self_attn.k_proj`),
          value: b.linear(x, `${layer}.self_attn.v_proj`),
          scale: headSize ** -0.5,
          rope: null,
        });
        return b.linear(attended, `${layer}.self_attn.out_proj`);
      });
      hidden = this.#residual(b, hidden, `${layer}.encoder_attn_layer_norm`, (x) => {
        const query = b.linear(x, `${layer}.encoder_attn.q_proj`);
        const attended = crossAttention(decoder, this.#cross(index), query, this.variant.input === 'tokens');
        return b.linear(attended, `${layer}.encoder_attn.out_proj`);
      });
      hidden = this.#feedForward(b, hidden, layer);
    }
    return { decoder, hidden };
  }

        onQuery?.(b, index, query);
  #builder(): NetworkBuilder {
    const b = this.context.newBuilder();
    b.weights.setBasePrefix('model');
    return b;
  }

  #cross(layer: number): CrossAttention {
    const heads = this.config.number('decoder_attention_heads', 16);
    return { layer, heads, width: this.#hiddenSize, scale: (this.#hiddenSize / heads) ** -0.5 };
  }

  #tokenModule(b: NetworkBuilder, stack: Stack): string {
    return b.has(`${stack}.embed_tokens.weight`) ? `${stack}.embed_tokens` : 'shared';
  }

  #tokens(b: NetworkBuilder): [Value, Value] {
    const ids = b.input('input_ids', 'int64', ['batch_size', 'sequence_length']);
    const mask = b.input('attention_mask', 'int64', ['batch_size', 'sequence_length']);
    const rows = b.scale(b.embedding(ids, this.#tokenModule(b, 'encoder')), this.#embeddingScale);
    const positions = this.#positions(b, 'encoder', b.range(b.dim(ids, 1)));
    return [this.#embeddingNorm(b, b.add(rows, positions), 'encoder'), mask];
  }

  /** Whisper's two convolutions over the spectrogram. */
  #audio(b: NetworkBuilder): Value {
    const features = b.input('input_features', 'float', [
      'batch_size',
      this.config.number('num_mel_bins', 80),
      'frames',
    ]);
    const convolve = (x: Value, module: string, stride: number): Value =>
      activate(
        b,
        'gelu',
        b.op('Conv', [x, b.weight(`${module}.weight`), b.weight(`${module}.bias`)], {
          kernel_shape: [3],
          pads: [1, 1],
          strides: [stride],
        }),
      );
    const frames = convolve(convolve(features, 'encoder.conv1', 1), 'encoder.conv2', 2);
    return b.add(b.transpose(frames, [0, 2, 1]), b.weight('encoder.embed_positions.weight'));
  }

  #positions(b: NetworkBuilder, stack: Stack, ids: Value): Value {
    const { positions, positionOffset } = this.variant;
    const name = `${stack}.embed_positions.weight`;
    if (positions === 'learned' || b.has(name)) {
      return b.gather(b.weight(name), positionOffset === 0 ? ids : b.add(ids, b.int64(positionOffset)));
    }
    const count = this.config.number('max_position_embeddings', 1024);
    return b.gather(b.floats(sinusoids(count, this.#hiddenSize), [count, this.#hiddenSize]), ids);
  }

  #embeddingNorm(b: NetworkBuilder, x: Value, stack: Stack): Value {
    const module = `${stack}.layernorm_embedding`;
    return b.has(`${module}.weight`) ? b.layerNorm(x, module, 1e-5) : x;
  }

  #residual(b: NetworkBuilder, x: Value, norm: string, inner: (x: Value) => Value): Value {
    if (this.variant.isPreNorm) return b.add(x, inner(b.layerNorm(x, norm, 1e-5)));
    return b.layerNorm(b.add(x, inner(x)), norm, 1e-5);
  }

  #feedForward(b: NetworkBuilder, x: Value, layer: string): Value {
    return this.#residual(b, x, `${layer}.final_layer_norm`, (input) =>
      b.linear(activate(b, this.#activation, b.linear(input, `${layer}.fc1`)), `${layer}.fc2`),
    );
  }

  #finalNorm(b: NetworkBuilder, x: Value, stack: Stack): Value {
    return b.has(`${stack}.layer_norm.weight`) ? b.layerNorm(x, `${stack}.layer_norm`, 1e-5) : x;
  }

  #logits(b: NetworkBuilder, hidden: Value): Value {
    const isTied = this.config.flag('tie_word_embeddings', true);
    const own = ['lm_head', 'proj_out'].find((module) => b.has(`${module}.weight`));
    const scores = b.linear(hidden, !isTied && own !== undefined ? own : this.#tokenModule(b, 'decoder'));
    return b.has('final_logits_bias') ? b.add(scores, b.weight('final_logits_bias')) : scores;
  }
}

/** Sines in the first half of the columns, cosines in the second. Source: `MarianSinusoidalPositionalEmbedding`. */
function sinusoids(positions: number, columns: number): Float32Array {
  const table = new Float32Array(positions * columns);
  const half = Math.ceil(columns / 2);
  for (let position = 0; position < positions; position++) {
    for (let column = 0; column < columns; column++) {
      const angle = position / 10000 ** ((2 * Math.floor(column / 2)) / columns);
      const place = position * columns + (column % 2 === 0 ? 0 : half) + Math.floor(column / 2);
      table[place] = column % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return table;
}
