import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import { AstFeatureExtractor } from './astFeatures.js';
import { WhisperFeatureExtractor } from './logMel.js';
import { WaveFeatureExtractor } from './waveFeatures.js';

export type FeatureExtractor = AstFeatureExtractor | WhisperFeatureExtractor | WaveFeatureExtractor;

/**
 * The feature extractor of a checkpoint: of `preprocessor_config.json`, or inside `processor_config.json`.
 * @throws MlflowError fileMissing, or taskUnsupported for a kind that is not known.
 */
export async function loadFeatureExtractor(folder: string): Promise<FeatureExtractor> {
  const config = await readConfig(folder);
  const type = String(config['feature_extractor_type'] ?? '');
  switch (type) {
    case 'ASTFeatureExtractor':
      return new AstFeatureExtractor(config);
    case 'WhisperFeatureExtractor':
      return new WhisperFeatureExtractor(config);
    case 'Wav2Vec2FeatureExtractor':
      return new WaveFeatureExtractor(config);
    default:
      throw new MlflowError(
        `The feature extractor '${type}' is not supported by the native engine. Use the python engine for this model.`,
        'NOT_IMPLEMENTED',
        { reason: 'taskUnsupported', details: { featureExtractor: type } },
      );
  }
}

async function readConfig(folder: string): Promise<JsonObject> {
  for (const name of ['preprocessor_config.json', 'processor_config.json']) {
    const text = await readFile(path.join(folder, name), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const config = JSON.parse(text) as JsonObject;
    return (config['feature_extractor'] as JsonObject | undefined) ?? config;
  }
  throw MlflowError.doesNotExist(
    `There is no feature extractor in '${folder}': 'preprocessor_config.json' is missing. Save the model with it.`,
    { reason: 'fileMissing', details: { folder } },
  );
}
