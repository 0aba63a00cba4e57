import { MlflowError } from '../errors.js';
import type { JsonObject } from '../ports.js';
import { listRepr } from '../signature/pythonText.js';
import type { TransformersGeneration } from '../transformers/tasks.js';

const sharedNames = `bad_words_ids begin_suppress_tokens bos_token_id cache_config cache_implementation constraints
decoder_start_token_id diversity_penalty do_sample dola_layers early_stopping encoder_no_repeat_ngram_size
encoder_repetition_penalty eos_token_id epsilon_cutoff eta_cutoff exponential_decay_length_penalty force_words_ids
forced_bos_token_id forced_eos_token_id guidance_scale length_penalty low_memory max_length max_matching_ngram_size
max_new_tokens max_time min_length min_new_tokens min_p no_repeat_ngram_size num_assistant_tokens
num_assistant_tokens_schedule num_beam_groups num_beams num_return_sequences output_attentions output_hidden_states
output_logits output_scores pad_token_id penalty_alpha prompt_lookup_num_tokens remove_invalid_values renormalize_logits
repetition_penalty return_dict_in_generate sequence_bias stop_strings suppress_tokens temperature token_healing top_k top_p
transformers_version typical_p use_cache watermarking_config`.split(/\s+/);

const namesOfGeneration: Readonly<Record<TransformersGeneration, readonly string[]>> = {
  4: ['forced_decoder_ids', 'generation_kwargs', 'return_legacy_cache'],
  5: `assistant_confidence_threshold assistant_early_exit assistant_ensemble_weight assistant_lookbehind compile_config
continuous_batching_config disable_compile is_assistant max_cache_len prefill_chunk_size speculation_type target_lookbehind
top_h use_mtp`.split(/\s+/),
};

/** Parameters of `generate` itself and of the models' forward passes: accepted, whatever they do. */
const otherNames = `inputs generation_config logits_processor stopping_criteria prefix_allowed_tokens_fn synced_gpus
assistant_model streamer negative_prompt_ids negative_prompt_attention_mask tokenizer prefix_length input_ids past_key_values
attention_mask token_type_ids position_ids head_mask inputs_embeds encoder_hidden_states encoder_attention_mask labels
logits_to_keep num_logits_to_keep return_dict cache_position seed`.split(/\s+/);

const known: Readonly<Record<TransformersGeneration, ReadonlySet<string>>> = {
  4: new Set([...sharedNames, ...namesOfGeneration[4], ...otherNames]),
  5: new Set([...sharedNames, ...namesOfGeneration[5], ...otherNames, 'custom_generate', 'use_model_defaults']),
};

/**
 * @throws MlflowError with transformers' text for names that neither the generation config nor the model takes; MLflow's
 * wrapper knows it by its words. Source: GenerationMixin._validate_model_kwargs.
 */
export function validateGenerationNames(kwargs: JsonObject, generation: TransformersGeneration): void {
  const unused = Object.entries(kwargs)
    .filter(([name, value]) => value !== null && !known[generation].has(name))
    .map(([name]) => name);
  if (unused.length === 0) return;
  throw MlflowError.invalidParameter(
    `The following \`model_kwargs\` are not used by the model: ${listRepr(unused)} (note: typos in the` +
      ' generate arguments will also show up in this list)',
  );
}
