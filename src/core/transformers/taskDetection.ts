import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { JsonObject } from '../ports.js';
import { declaredModelClass } from './modelClass.js';
import { parseModelCard } from './modelCard.js';
import { isKnownTask, normalizeTask, taskOfModelClass } from './tasks.js';

/** What the files of a checkpoint say of its task. */
export interface DetectedTask {
  task: string | null;
  /** The card's `pipeline_tag` where no pipeline has that name. */
  unsupportedTag: string | undefined;
}

/**
 * The pipeline task of a checkpoint that nobody named one for: the card's `pipeline_tag` where it is a pipeline's name, else
 * what the model class serves; `null` when neither tells.
 */
export async function detectTask(folder: string, config: JsonObject): Promise<string | null> {
  return (await lookUpTask(folder, config)).task;
}

/** {@link detectTask}, with the tag that could not be used. */
export async function lookUpTask(folder: string, config: JsonObject): Promise<DetectedTask> {
  const card = await readFile(path.join(folder, 'README.md'), 'utf8').catch(() => null);
  const tag = card === null ? undefined : tagOf(card);
  if (tag !== undefined && isKnownTask(tag)) return { task: normalizeTask(tag), unsupportedTag: undefined };
  const modelClass = declaredModelClass(config);
  return { task: modelClass === null ? null : taskOfModelClass(modelClass), unsupportedTag: tag };
}

function tagOf(card: string): string | undefined {
  try {
    const tag = parseModelCard(card).data['pipeline_tag'];
    return typeof tag === 'string' ? tag : undefined;
  } catch {
    // A card with broken front matter says nothing about the task.
    return undefined;
  }
}
