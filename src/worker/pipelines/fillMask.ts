import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import type { PipelineCallOptions } from '../../core/pyfunc/pipeline.js';
import { encodeOptions, forward, modelInputs } from './modelInputs.js';
import { softmax, topIndices } from './numeric.js';
import { TextPipeline } from './pipelineContext.js';

interface Proposition {
  score: number;
  token: number;
  token_str: string;
  sequence: string;
}

interface Settings {
  topK: number;
  targets: number[] | undefined;
  tokenizerKwargs: JsonObject;
}

/** transformers' FillMaskPipeline. */
export class FillMaskPipeline extends TextPipeline {
  protected async run(input: unknown, kwargs: JsonObject, options: PipelineCallOptions): Promise<unknown> {
    this.refuseUnknown(kwargs, ['top_k', 'targets', 'tokenizer_kwargs']);
    const { top_k: topK, targets, tokenizer_kwargs: tokenizerKwargs } = kwargs;
    const targetIds =
      targets === undefined || targets === null ? undefined : this.targetIds(targets as string | string[]);
    const wanted = typeof topK === 'number' ? topK : 5;
    const settings: Settings = {
      topK: targetIds ? Math.min(wanted, targetIds.length) : wanted,
      targets: targetIds,
      tokenizerKwargs: (tokenizerKwargs ?? {}) as JsonObject,
    };
    if (this.tokenizer.specialTokenId('mask_token') === undefined) {
      throw MlflowError.invalidParameter('The tokenizer does not define a `mask_token`.');
    }
    const results = await this.each(input, options, (text) => this.fill(text as string, settings));
    return Array.isArray(input) && input.length === 1 ? (results as unknown[])[0] : results;
  }

  private async fill(text: string, settings: Settings): Promise<Proposition[] | Proposition[][]> {
    const { tokenizer } = this;
    const maskId = tokenizer.specialTokenId('mask_token')!;
    const encoding = tokenizer.encodeAll(text, encodeOptions(settings.tokenizerKwargs))[0]!;
    const masks = encoding.ids.flatMap((id, i) => (id === maskId ? [i] : []));
    if (masks.length === 0) {
      throw MlflowError.invalidParameter(
        `No mask_token (${tokenizer.specialToken('mask_token') ?? ''}) found on the input`,
      );
    }
    const { dims, data } = await forward(this.model, modelInputs(encoding, tokenizer), 'logits');
    const width = dims.at(-1)!;
    const rows = masks.map((mask) =>
      this.propositions(
        data.subarray(mask * width, (mask + 1) * width),
        encoding.ids,
        mask,
        masks.length === 1,
        settings,
      ),
    );
    return rows.length === 1 ? rows[0]! : rows;
  }

  private propositions(
    logits: Float32Array,
    ids: readonly number[],
    mask: number,
    isSingle: boolean,
    { topK, targets }: Settings,
  ): Proposition[] {
    const { tokenizer } = this;
    const all = softmax(logits);
    const scores = targets ? targets.map((id) => all[id]!) : all;
    if (topK > scores.length) throw MlflowError.invalidParameter('selected index k out of range');
    const padId = tokenizer.specialTokenId('pad_token');
    return topIndices(scores, topK).map((place) => {
      const token = targets ? targets[place]! : place;
      const filled = ids.map((id, i) => (i === mask ? token : id)).filter((id) => id !== padId);
      return {
        score: scores[place]!,
        token,
        token_str: tokenizer.decode([token]),
        sequence: tokenizer.decode(filled, { skipSpecialTokens: isSingle }),
      };
    });
  }

  private targetIds(targets: string | string[]): number[] {
    const ids = new Set<number>();
    for (const target of typeof targets === 'string' ? [targets] : targets) {
      const known = this.tokenizer.tokenToId(target);
      const oneToken = { addSpecialTokens: false, truncation: true, maxLength: 1 };
      const [first] = known === undefined ? this.tokenizer.encode(target, oneToken) : [known];
      if (first === undefined) {
        this.warn(
          `The specified target token \`${target}\` does not exist in the model vocabulary. ` +
            'We cannot replace it with anything meaningful, ignoring it',
        );
        continue;
      }
      if (known === undefined) {
        this.warn(
          `The specified target token \`${target}\` does not exist in the model vocabulary. ` +
            `Replacing with \`${this.tokenizer.token(first) ?? ''}\`.`,
        );
      }
      ids.add(first);
    }
    if (ids.size === 0) throw MlflowError.invalidParameter('At least one target must be provided when passed.');
    return [...ids].sort((a, b) => a - b);
  }
}
