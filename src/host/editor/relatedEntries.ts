import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { l10n } from '../../core/l10n.js';
import type { InspectorModel, ProvenanceEntry } from '../../core/inspector/inspectorModel.js';
import { summarizeMlmodel } from '../../core/mlmodel/modelSummary.js';
import type { LoggedModel } from '../../core/tracking/entities.js';
import type { StoreCollection } from '../stores/storeCollection.js';
import type { StoreConnection } from '../stores/storeConnection.js';
import type { StoreSession } from '../stores/storeSession.js';
import type { ModelReference } from '../tree/modelReference.js';

/** What the open stores know of a model. */
export interface Related {
  entries: ProvenanceEntry[];
  /** How its store names it; `undefined` when no open store has it as a logged model. */
  reference: ModelReference | undefined;
}

/** The run that logged a model, its commit, and the versions it is registered as. Stores that fail tell nothing. */
export async function findRelated(
  stores: StoreCollection,
  model: InspectorModel,
  folder: string | undefined,
): Promise<Related> {
  const { runId, modelId } = model.facts;
  const nothing: Related = { entries: [], reference: undefined };
  const found = await Promise.all(
    stores.all.map((connection) => relatedIn(connection, model, folder, runId, modelId).catch(() => nothing)),
  );
  return {
    entries: found.flatMap(({ entries }) => entries),
    reference: found.map(({ reference }) => reference).find((reference) => reference !== undefined),
  };
}

async function relatedIn(
  connection: StoreConnection,
  model: InspectorModel,
  folder: string | undefined,
  runId: string | null,
  modelId: string | null,
): Promise<Related> {
  const session = await connection.open();
  const logged =
    modelId === null ? undefined : await session.tracking.getLoggedModel({ modelId }).catch(() => undefined);
  const entries = [
    ...(runId === null ? [] : await runEntries(session, runId)),
    ...(await versionEntries(session, modelId, logged)),
  ];
  const isOriginal = logged !== undefined && (await isAt(logged.artifactLocation, folder));
  const reference: ModelReference | undefined = !isOriginal
    ? undefined
    : {
        name: logged.name,
        uri: `models:/${logged.modelId}`,
        storeUri: connection.uri,
        location: logged.artifactLocation,
        summary: summarizeMlmodel(model.text),
      };
  return { entries, reference };
}

/** Whether a logged model's files are those of the folder: a copy elsewhere on this machine is a model of its own. */
async function isAt(artifactLocation: string, folder: string | undefined): Promise<boolean> {
  const isLocal = path.isAbsolute(artifactLocation) || artifactLocation.startsWith('file:');
  if (!isLocal || folder === undefined) return true;
  const local = artifactLocation.startsWith('file:') ? fileURLToPath(artifactLocation) : artifactLocation;
  const [there, here] = await Promise.all([local, folder].map((each) => realpath(each).catch(() => each)));
  return there === here;
}

async function runEntries({ tracking }: StoreSession, runId: string): Promise<ProvenanceEntry[]> {
  const run = await tracking.getRun({ runId }).catch(() => undefined);
  if (run === undefined) return [];
  const entries: ProvenanceEntry[] = [
    { label: l10n.t('Logged by'), value: run.info.runName, action: { kind: 'run', runId: run.info.runId } },
  ];
  const commit = run.data.tags['mlflow.source.git.commit'];
  if (commit !== undefined) entries.push({ label: l10n.t('Git commit'), value: commit, action: { kind: 'copy' } });
  const source = run.data.tags['mlflow.source.name'];
  if (source !== undefined) entries.push({ label: l10n.t('Source file'), value: source, action: { kind: 'copy' } });
  return entries;
}

async function versionEntries(
  { registry }: StoreSession,
  modelId: string | null,
  logged: LoggedModel | undefined,
): Promise<ProvenanceEntry[]> {
  if (modelId === null) return [];
  const { items } = await registry.searchModelVersions();
  const sources = new Set([`models:/${modelId}`, logged?.artifactLocation]);
  return items
    .filter((version) => version.modelId === modelId || sources.has(version.source))
    .map((version) => {
      const aliases = version.aliases.map((alias) => ` @${alias}`).join('');
      return {
        label: l10n.t('Registered as'),
        value: `${version.name} v${version.version}${aliases}`,
        action: { kind: 'copy' },
      };
    });
}
