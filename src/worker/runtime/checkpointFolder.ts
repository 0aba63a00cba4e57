import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';

/** What a checkpoint folder says about its model. */
export interface CheckpointFolder {
  folder: string;
  config: JsonObject;
  /** generation_config.json, or an empty object. */
  generationConfig: JsonObject;
  /** Paths of the ONNX files in the folder and in `onnx/`, sorted. */
  onnxFiles: readonly string[];
}

/** @throws MlflowError (reason `fileMissing`) without a config.json, INVALID_PARAMETER_VALUE when it is not JSON. */
export async function readCheckpointFolder(folder: string): Promise<CheckpointFolder> {
  const configFile = path.join(folder, 'config.json');
  const config = await readJson(configFile);
  if (!config) {
    throw MlflowError.doesNotExist(
      `${configFile} does not exist, so the model's architecture is unknown. Restore the checkpoint, or log the model again.`,
      { reason: 'fileMissing', details: { file: configFile } },
    );
  }
  const generationConfig = (await readJson(path.join(folder, 'generation_config.json'))) ?? {};
  return { folder, config, generationConfig, onnxFiles: await listOnnxFiles(folder) };
}

async function readJson(file: string): Promise<JsonObject | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  try {
    return JSON.parse(text) as JsonObject;
  } catch (error) {
    throw MlflowError.invalidParameter(
      `${file} is not JSON (${error instanceof Error ? error.message : String(error)}). Restore the file.`,
      { reason: 'fileUnreadable', details: { file }, cause: error },
    );
  }
}

async function listOnnxFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const place of [folder, path.join(folder, 'onnx')]) {
    const names = await readdir(place).catch(() => [] as string[]);
    files.push(...names.filter((name) => name.endsWith('.onnx')).map((name) => path.join(place, name)));
  }
  return files.sort();
}
