import { MlflowError } from '../../../core/errors.js';
import type { JsonObject, JsonValue } from '../../../core/ports.js';
import { pyRepr } from '../../../core/signature/pythonText.js';
import type { TransformersGeneration } from '../../tokenizer/generation.js';
import { languageCodes } from './whisperLanguages.js';

export interface WhisperPromptOptions {
  /** The generation config with `task` and `language` of the call; `returnTimestamps` as `generate` resolved it. */
  generationConfig: JsonObject;
  modelConfig: JsonObject;
  generation: TransformersGeneration;
  returnsTimestamps: boolean;
  /** The id of the most probable language. */
  detectLanguage: (languageIds: readonly number[]) => Promise<number>;
}

const tasks = ['translate', 'transcribe'];

/**
 * The decoder's first tokens: start, language, task, and whether it writes timestamps.
 * Source: generation_whisper.py, `_retrieve_init_tokens`.
 * @throws MlflowError INVALID_PARAMETER_VALUE with transformers' texts.
 */
export async function whisperPrompt(options: WhisperPromptOptions): Promise<number[]> {
  const { generationConfig } = options;
  const task = generationConfig['task'] ?? null;
  const language = languageOf(generationConfig['language'] ?? null);
  const taskIds = generationConfig['task_to_id'] as Record<string, number> | undefined;
  const languageIds = generationConfig['lang_to_id'] as Record<string, number> | undefined;
  const start = generationConfig['decoder_start_token_id'] ?? options.modelConfig['decoder_start_token_id'];
  const ids: (number | null)[] = [Number(start ?? 0)];
  if (task === null && language === null) ids.push(...forcedIds(options));
  const languageId =
    language !== null
      ? idOfLanguage(language, languageIds ?? {}, options.generation)
      : languageIds && (ids[1] ?? null) === null
        ? await options.detectLanguage(Object.values(languageIds))
        : undefined;
  if (languageId !== undefined) ids[1] = languageId;
  if (task !== null) addTask(ids, task, taskIds ?? {}, options.generation);
  else if (language !== null && taskIds && !ids.some((id) => Object.values(taskIds).includes(id as number))) {
    ids.push(taskIds['transcribe'] ?? null);
  }
  const noTimestamps = generationConfig['no_timestamps_token_id'];
  if (typeof noTimestamps === 'number') {
    const isLast = ids.at(-1) === noTimestamps;
    if (!options.returnsTimestamps && !isLast) ids.push(noTimestamps);
    else if (options.returnsTimestamps && isLast) ids.pop();
  }
  return ids.filter((id) => id !== null);
}

/** A list of languages has one for each sound; there is one sound at a time. */
function languageOf(language: JsonValue): string | null {
  if (!Array.isArray(language)) return language === null ? null : String(language);
  if (language.includes(null)) {
    throw MlflowError.invalidParameter(
      "Expected `language` to be `None`, a single string (e.g. `'en'`), or a list of strings with length equal to the " +
        "batch size (e.g. `('en', 'fr')` for a batch size of 2). Got a list containing `None`.",
    );
  }
  if (language.length === 1) return String(language[0]);
  throw MlflowError.invalidParameter(
    'When passing a list of languages, the length of the list must match the batch size. ' +
      `Expected length of 1, but got ${language.length} languages.`,
  );
}

function forcedIds({ generationConfig, modelConfig, generation }: WhisperPromptOptions): (number | null)[] {
  const forced = (generationConfig['forced_decoder_ids'] ?? modelConfig['forced_decoder_ids'] ?? null) as
    [number, number | null][] | null;
  if (forced?.[0]?.[0] !== 1) return [];
  const count = forced.findIndex(([position], index) => position !== index + 1);
  if (count < 0) return forced.map(([, id]) => id);
  const rest = forced.slice(count);
  const shown = `[${rest.map((pair) => pyRepr(pair)).join(', ')}]`;
  throw MlflowError.invalidParameter(
    `You are using token ids in \`forced_decoder_ids\` that do not seem to correctly follow the prompt pattern of Whisper. ` +
      `Make sure that ${shown} has an entry for all indices >= 1 and < ${rest[0]?.[0]}.`,
    { details: { generation } },
  );
}

function idOfLanguage(
  language: string,
  ids: Readonly<Record<string, number>>,
  generation: TransformersGeneration,
): number {
  const name = language.toLowerCase();
  const codes = [...languageCodes.values()];
  const code = languageCodes.get(name) ?? (codes.includes(name) ? name : undefined);
  const token = Object.hasOwn(ids, name) ? name : code === undefined ? undefined : `<|${code}|>`;
  if (token === undefined) {
    const known = name.length === 2 ? codes : [...languageCodes.keys()];
    throw MlflowError.invalidParameter(`Unsupported language: ${name}. Language should be one of: ${pyRepr(known)}.`);
  }
  const id = ids[token];
  if (id !== undefined) return id;
  throw MlflowError.invalidParameter(
    `${token} is not supported by this specific model as it is not in the \`generation_config.lang_to_id\`.` +
      `${generation === 4 ? '' : ' '}(You should just add it to the generation config)`,
  );
}

/** The task goes last, and takes the place of one that is there. */
function addTask(
  ids: (number | null)[],
  task: JsonValue,
  taskIds: Readonly<Record<string, number>>,
  generation: TransformersGeneration,
): void {
  if (typeof task !== 'string' || !tasks.includes(task)) {
    throw MlflowError.invalidParameter(
      `The \`${String(task)}\`${generation === 4 ? '' : ' '}task is not supported. The task should be one of \`${pyRepr(tasks)}\``,
    );
  }
  const id = taskIds[task] as number;
  const others = Object.values(taskIds);
  ids.push(id);
  for (const [index, known] of ids.entries()) if (others.includes(known as number)) ids[index] = id;
}
