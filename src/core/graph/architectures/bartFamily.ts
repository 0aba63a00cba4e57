import { activate } from '../activation.js';
import { Decoder } from '../decoder.js';
import { causalAttention, encoderAttention } from '../encoderAttention.js';
import { questionAnswering } from '../encoderHeads.js';
import type { AlignmentHead, ArchitectureContext, GeneratedGraph, GeneratedModel, Head } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { crossAttention, crossAttentionWeights, outputCrossKeys, type CrossAttention } from '../sequenceToSequence.js';
import { unsupportedArchitecture } from '../unsupported.js';

/** How the members of the family differ. */
interface BartVariant {
  /** Normalization before attention and feed-forward instead of after. */
  isPreNorm: boolean;
  positions: 'learned' | 'sinusoidal' | 'fromPadding';
  /** Rows of the position table before the first position. */
  positionOffset: number;
  input: 'tokens' | 'audio';
  /** The decoder normalizes its embeddings before positions are added. */
  normsBeforePositions?: boolean;
}

const variants: Readonly<Record<string, BartVariant>> = {
  bart: { isPreNorm: false, positions: 'learned', positionOffset: 2, input: 'tokens' },
  blenderbot: { isPreNorm: true, positions: 'learned', positionOffset: 0, input: 'tokens' },
  'blenderbot-small': {
    isPreNorm: false,
    positions: 'learned',
    positionOffset: 0,
    input: 'tokens',
    normsBeforePositions: true,
  },
  m2m_100: { isPreNorm: true, positions: 'fromPadding', positionOffset: 0, input: 'tokens' },
  marian: { isPreNorm: false, positions: 'sinusoidal', positionOffset: 0, input: 'tokens' },
  mbart: { isPreNorm: true, positions: 'learned', positionOffset: 2, input: 'tokens' },
  pegasus: { isPreNorm: true, positions: 'sinusoidal', positionOffset: 0, input: 'tokens' },
  plbart: { isPreNorm: false, positions: 'learned', positionOffset: 2, input: 'tokens' },
  whisper: { isPreNorm: true, positions: 'learned', positionOffset: 0, input: 'audio' },
};

const headsOf: Readonly<Record<BartVariant['input'], readonly Head[]>> = {
  audio: ['conditionalGeneration'],
  tokens: ['conditionalGeneration', 'sequenceClassification', 'questionAnswering', 'base'],
};

type Stack = 'encoder' | 'decoder';

/**
 * BART and its relatives: Blenderbot and BlenderbotSmall, M2M100 (NLLB), Marian, mBART, Pegasus, PLBART and Whisper.
 * Source: transformers' modeling files of these names.
 */
export function bartFamily(context: ArchitectureContext): GeneratedModel {
  const { config, head } = context;
  const variant = variants[config.modelType];
  if (!variant || !headsOf[variant.input].includes(head)) {
    throw unsupportedArchitecture(config.modelType, context.modelClass);
  }
  const family = new BartGraphs(context, config, variant);
  if (head !== 'conditionalGeneration') return { main: family.wholeGraph(), encoder: null };
  return {
    main: family.decoderGraph(),
    encoder: family.encoderGraph(),
    ...(variant.input === 'audio' ? { alignment: (heads) => family.alignmentGraph(heads) } : {}),
  };
}

/** How a decoder layer attends to what was decoded and to what was encoded. */
interface DecoderAttentions {
  self(layer: number, inputs: { query: Value; key: Value; value: Value; scale: number }): Value;
  cross(layer: number, query: Value): Value;
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
    this.#hiddenSize = config.number('d_model');
    const isScaled = config.flag('scale_embedding', false) && variant.input === 'tokens';
    this.#embeddingScale = isScaled ? Math.sqrt(this.#hiddenSize) : 1;
    this.#activation = config.text('activation_function', 'gelu');
  }

  encoderGraph(): GeneratedGraph {
    const b = this.#builder();
    const hidden = this.variant.input === 'audio' ? this.#encode(b, this.#audio(b)) : this.#encodeTokens(b).hidden;
    for (let index = 0; index < this.config.number('decoder_layers'); index++) {
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
    const { decoder, hidden } = this.#cachedDecoder(this.config.number('decoder_layers'));
    const { b } = decoder;
    const last = decoder.lastPositions(this.#finalNorm(b, hidden, 'decoder'));
    b.output('logits', this.#logits(b, last), ['batch_size', 'kept_length', 'vocabulary']);
    return { model: b.build(), decoder: decoder.layout };
  }

  /** The decoder up to the last layer that is asked for; its output `alignment` has one map a head. */
  alignmentGraph(heads: readonly AlignmentHead[]): GeneratedGraph {
    const weights = new Map<number, Value>();
    const layers = heads.reduce((most, [layer]) => Math.max(most, layer + 1), 0);
    const { decoder } = this.#cachedDecoder(layers, (builder, index, query) => {
      if (heads.some(([layer]) => layer === index)) {
        weights.set(index, crossAttentionWeights(builder, this.#cross(index), query));
      }
    });
    const { b } = decoder;
    const maps = heads.map(([layer, head]) => b.slice(weights.get(layer) as Value, head, head + 1, 1));
    b.output('alignment', b.concat(maps, 1), ['batch_size', heads.length, 'sequence_length', 'encoder_length']);
    return { model: b.build(), decoder: decoder.layout };
  }

  /** Encoder and decoder in one pass, the decoder reading the same tokens, for heads that do not generate. */
  wholeGraph(): GeneratedGraph {
    const { config } = this;
    const b = this.#builder();
    const { ids, mask, hidden: encoded } = this.#encodeTokens(b);
    const heads = config.number('decoder_attention_heads');
    const decoded = this.#decode(b, config.number('decoder_layers'), {
      ids: shiftRight(b, ids, config),
      positionIds: b.range(b.dim(ids, 1)),
      self: (_layer, inputs) => causalAttention(b, { ...inputs, heads }),
      cross: (layer, query) => {
        const attention = `decoder.layers.${layer}.encoder_attn`;
        const key = b.linear(encoded, `${attention}.k_proj`);
        const value = b.linear(encoded, `${attention}.v_proj`);
        return encoderAttention(b, { query, key, value, heads, scale: this.#cross(layer).scale, mask });
      },
    });
    this.#wholeHead(b, ids, this.#finalNorm(b, decoded, 'decoder'));
    return { model: b.build(), decoder: null };
  }

  #wholeHead(b: NetworkBuilder, ids: Value, hidden: Value): void {
    switch (this.context.head) {
      case 'questionAnswering':
        return questionAnswering(b, hidden);
      case 'sequenceClassification': {
        const end = lastEndToken(b, ids, hidden, this.config);
        const dense = activate(b, 'tanh', b.linear(end, 'classification_head.dense'));
        return b.output('logits', b.linear(dense, 'classification_head.out_proj'), ['batch_size', 'labels']);
      }
      default:
        return b.output('last_hidden_state', hidden, ['batch_size', 'sequence_length', this.#hiddenSize]);
    }
  }

  #encodeTokens(b: NetworkBuilder): { ids: Value; mask: Value; hidden: Value } {
    const ids = b.input('input_ids', 'int64', ['batch_size', 'sequence_length']);
    const mask = b.input('attention_mask', 'int64', ['batch_size', 'sequence_length']);
    const rows = b.scale(b.embedding(ids, this.#tokenModule(b, 'encoder')), this.#embeddingScale);
    const positions = this.#positions(b, 'encoder', ids, b.range(b.dim(ids, 1)));
    const embedded = this.#embeddingNorm(b, b.add(rows, positions), 'encoder');
    return { ids, mask, hidden: this.#encode(b, embedded, mask) };
  }

  #encode(b: NetworkBuilder, embedded: Value, mask?: Value): Value {
    const heads = this.config.number('encoder_attention_heads');
    let hidden = embedded;
    for (let index = 0; index < this.config.number('encoder_layers'); index++) {
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
    return this.#finalNorm(b, hidden, 'encoder');
  }

  #cachedDecoder(
    layers: number,
    onQuery?: (b: NetworkBuilder, layer: number, query: Value) => void,
  ): { decoder: Decoder; hidden: Value } {
    const b = this.#builder();
    const { config } = this;
    const heads = config.number('decoder_attention_heads');
    const headSize = this.#hiddenSize / heads;
    const maxPositions = config.number(['max_target_positions', 'max_position_embeddings']);
    const decoder = new Decoder(b, { layers, heads, keyValueHeads: heads, headSize, maxPositions });
    const hidden = this.#decode(b, layers, {
      ids: decoder.ids,
      positionIds: decoder.positionIds,
      self: (layer, inputs) => decoder.attention(layer, { ...inputs, rope: null }),
      cross: (layer, query) => {
        onQuery?.(b, layer, query);
        return crossAttention(decoder, this.#cross(layer), query, this.variant.input === 'tokens');
      },
    });
    return { decoder, hidden };
  }

  #decode(
    b: NetworkBuilder,
    layers: number,
    { ids, positionIds, self, cross }: DecoderAttentions & { ids: Value; positionIds: Value },
  ): Value {
    const scale = (this.#hiddenSize / this.config.number('decoder_attention_heads')) ** -0.5;
    const rows = b.scale(b.embedding(ids, this.#tokenModule(b, 'decoder')), this.#embeddingScale);
    const positions = this.#positions(b, 'decoder', ids, positionIds);
    let hidden = this.variant.normsBeforePositions
      ? b.add(this.#embeddingNorm(b, rows, 'decoder'), positions)
      : this.#embeddingNorm(b, b.add(rows, positions), 'decoder');
    for (let index = 0; index < layers; index++) {
      const layer = `decoder.layers.${index}`;
      hidden = this.#residual(b, hidden, `${layer}.self_attn_layer_norm`, (x) => {
        const query = b.linear(x, `${layer}.self_attn.q_proj`);
        const key = b.linear(x, `${layer}.self_attn.k_proj`);
        const value = b.linear(x, `${layer}.self_attn.v_proj`);
        return b.linear(self(index, { query, key, value, scale }), `${layer}.self_attn.out_proj`);
      });
      hidden = this.#residual(b, hidden, `${layer}.encoder_attn_layer_norm`, (x) =>
        b.linear(cross(index, b.linear(x, `${layer}.encoder_attn.q_proj`)), `${layer}.encoder_attn.out_proj`),
      );
      hidden = this.#feedForward(b, hidden, layer);
    }
    return hidden;
  }

  #builder(): NetworkBuilder {
    const b = this.context.newBuilder();
    b.weights.setBasePrefix('model');
    return b;
  }

  #cross(layer: number): CrossAttention {
    const heads = this.config.number('decoder_attention_heads');
    return { layer, heads, width: this.#hiddenSize, scale: (this.#hiddenSize / heads) ** -0.5 };
  }

  #tokenModule(b: NetworkBuilder, stack: Stack): string {
    return b.has(`${stack}.embed_tokens.weight`) ? `${stack}.embed_tokens` : 'shared';
  }

  /** Whisper's two convolutions over the spectrogram. */
  #audio(b: NetworkBuilder): Value {
    const bins = this.config.number('num_mel_bins');
    const features = b.input('input_features', 'float', ['batch_size', bins, 'frames']);
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

  /** Rows of the position table for tokens at the given places. */
  #positions(b: NetworkBuilder, stack: Stack, tokens: Value, ids: Value): Value {
    const { positions, positionOffset } = this.variant;
    if (positions === 'fromPadding') return this.#positionsFromPadding(b, tokens, ids);
    const name = `${stack}.embed_positions.weight`;
    if (positions === 'learned' || b.has(name)) {
      return b.gather(b.weight(name), positionOffset === 0 ? ids : b.add(ids, b.int64(positionOffset)));
    }
    const count = this.config.number('max_position_embeddings');
    return b.gather(b.floats(sinusoids(count, this.#hiddenSize), [count, this.#hiddenSize]), ids);
  }

  /** Places are counted behind the padding id, which is that of all padding. */
  #positionsFromPadding(b: NetworkBuilder, tokens: Value, ids: Value): Value {
    const padding = this.config.number('pad_token_id');
    const isToken = b.cast(b.op('Not', [b.op('Equal', [tokens, b.int64(padding)])]), 'int64');
    const rows = b.add(b.mul(b.add(ids, b.int64(1)), isToken), b.int64(padding));
    const count = this.config.number('max_position_embeddings') + padding + 1;
    const table = separatedSinusoids(count, this.#hiddenSize);
    table.fill(0, padding * this.#hiddenSize, (padding + 1) * this.#hiddenSize);
    return b.gather(b.floats(table, [count, this.#hiddenSize]), rows);
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
    const own = this.variant.input === 'audio' ? 'proj_out' : 'lm_head';
    const scores = b.linear(hidden, b.scoringModule(this.config, own, this.#tokenModule(b, 'decoder')));
    return b.has('final_logits_bias') ? b.add(scores, b.weight('final_logits_bias')) : scores;
  }
}

/** What the decoder is given where nothing is: the tokens, one place later. Source: `shift_tokens_right`. */
function shiftRight(b: NetworkBuilder, ids: Value, config: ModelConfig): Value {
  const rest = b.op('Slice', [ids, b.int64s([0]), b.int64s([-1]), b.int64s([1])]);
  return b.concat([firstDecoderToken(b, ids, config), rest], 1);
}

/** mBART and PLBART begin with the language, which is the last token that is not padding. */
function firstDecoderToken(b: NetworkBuilder, ids: Value, config: ModelConfig): Value {
  if (config.modelType !== 'mbart' && config.modelType !== 'plbart') {
    const shape = b.concat([b.dim(ids, 0), b.int64s([1])], 0);
    return b.op('Expand', [b.int64s([config.number('decoder_start_token_id')]), shape]);
  }
  const isToken = b.op('Not', [b.op('Equal', [ids, b.int64(config.number('pad_token_id'))])]);
  const count = b.op('ReduceSum', [b.cast(isToken, 'int64'), b.int64s([1])], { keepdims: 1 });
  return b.op('GatherElements', [ids, b.sub(count, b.int64(1))], { axis: 1 });
}

/** The hidden state of each row's last end token. */
function lastEndToken(b: NetworkBuilder, ids: Value, hidden: Value, config: ModelConfig): Value {
  const isEnd = b.cast(b.op('Equal', [ids, b.int64(config.number('eos_token_id'))]), 'int64');
  const places = b.mul(isEnd, b.add(b.range(b.dim(ids, 1)), b.int64(1)));
  return b.op('GatherND', [hidden, b.op('ArgMax', [places], { axis: 1, keepdims: 1 })], { batch_dims: 1 });
}

/** Sines, then cosines, of frequencies that end at 1 / 10000. Source: `M2M100SinusoidalPositionalEmbedding`. */
function separatedSinusoids(positions: number, columns: number): Float32Array {
  const table = new Float32Array(positions * columns);
  const half = Math.floor(columns / 2);
  for (let column = 0; column < half; column++) {
    const frequency = Math.fround(Math.exp(Math.fround((-column * Math.log(10000)) / (half - 1))));
    for (let position = 0; position < positions; position++) {
      const angle = Math.fround(position * frequency);
      table[position * columns + column] = Math.sin(angle);
      table[position * columns + half + column] = Math.cos(angle);
    }
  }
  return table;
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
