import path from 'node:path';
import { MlflowError } from '../../errors.js';
import type { ModelVersion, ModelVersionStage, ModelVersionStatus, RegisteredModel } from '../../tracking/entities.js';
import { readKeyFiles, readMeta, subfolders } from '../../tracking/file/files.js';
import { numberOf, textOf, type Meta } from '../../tracking/file/metaYaml.js';
import { allStages } from '../stages.js';

export const deletedStage = 'Deleted_Internal';

/** A version with what only the file knows. */
export interface StoredVersion {
  meta: Meta;
  folder: string;
  number: number;
  isDeleted: boolean;
  storageLocation: string | null;
  entity: ModelVersion;
}

/** Versions of a registered model, deleted ones too, by number. */
export function readVersions(modelFolder: string): StoredVersion[] {
  const aliases = readKeyFiles(path.join(modelFolder, 'aliases'));
  return subfolders(modelFolder)
    .filter((name) => name.startsWith('version-'))
    .flatMap((name) => readVersion(path.join(modelFolder, name), aliases) ?? [])
    .sort((a, b) => a.number - b.number);
}

export function readVersion(folder: string, aliases: Record<string, string>): StoredVersion | undefined {
  const meta = readMeta(folder);
  const number = numberOf(meta?.['version']) ?? Number(textOf(meta?.['version']) ?? NaN);
  if (meta === undefined || !Number.isInteger(number)) return undefined;
  const stage = textOf(meta['current_stage']) ?? 'None';
  const version = path.basename(folder).slice('version-'.length);
  return {
    meta,
    folder,
    number,
    isDeleted: stage === deletedStage,
    storageLocation: textOf(meta['storage_location']),
    entity: {
      name: textOf(meta['name']) ?? path.basename(path.dirname(folder)),
      version: String(number),
      creationTimestamp: numberOf(meta['creation_timestamp']) ?? 0,
      lastUpdatedTimestamp: numberOf(meta['last_updated_timestamp']) ?? 0,
      description: textOf(meta['description']),
      userId: textOf(meta['user_id']),
      currentStage: (allStages.find((known) => known === stage) ?? 'None') satisfies ModelVersionStage,
      source: textOf(meta['source']) ?? '',
      runId: textOf(meta['run_id']),
      runLink: textOf(meta['run_link']),
      status: (textOf(meta['status']) ?? 'READY') as ModelVersionStatus,
      statusMessage: textOf(meta['status_message']),
      tags: readKeyFiles(path.join(folder, 'tags')),
      aliases: Object.keys(aliases).filter((alias) => aliases[alias] === version),
      modelId: textOf(meta['model_id']),
    },
  };
}

/** @throws MlflowError when the folder has no readable meta.yaml */
export function readRegisteredModel(folder: string): RegisteredModel {
  const meta = readMeta(folder);
  if (meta === undefined) {
    throw MlflowError.doesNotExist(`${path.join(folder, 'meta.yaml')} is missing or empty.`, {
      reason: 'fileMissing',
      details: { path: folder },
    });
  }
  return {
    name: textOf(meta['name']) ?? path.basename(folder),
    creationTimestamp: numberOf(meta['creation_timestamp']) ?? 0,
    lastUpdatedTimestamp: numberOf(meta['last_updated_timestamp']) ?? 0,
    description: textOf(meta['description']),
    latestVersions: latestOf(readVersions(folder), allStages),
    tags: readKeyFiles(path.join(folder, 'tags')),
    aliases: readKeyFiles(path.join(folder, 'aliases')),
  };
}

/** The newest version of each stage that has one. */
export function latestOf(versions: readonly StoredVersion[], stages: readonly ModelVersionStage[]): ModelVersion[] {
  return [...new Set(stages)].flatMap(
    (stage) => versions.findLast(({ isDeleted, entity }) => !isDeleted && entity.currentStage === stage)?.entity ?? [],
  );
}
