import { l10n } from '../l10n.js';
import type { Model } from '../mlmodel/model.js';
import type { ProvenanceEntry } from './inspectorModel.js';

/** Where a model comes from, as far as its MLmodel says it. */
export function provenance(model: Model): ProvenanceEntry[] {
  const flavor = model.transformersFlavor;
  const entries: (ProvenanceEntry | undefined)[] = [
    row(l10n.t('Created'), `${model.utcTimeCreated.replace(/\.\d+$/, '')} UTC`, null),
    model.runId === null ? undefined : row(l10n.t('Run'), model.runId, { kind: 'run', runId: model.runId }),
    model.modelId === null ? undefined : row(l10n.t('Logged model'), model.modelId, { kind: 'copy' }),
    model.modelUuid === null || model.modelUuid === model.modelId
      ? undefined
      : row(l10n.t('Model UUID'), model.modelUuid, { kind: 'copy' }),
    model.artifactPath === null ? undefined : row(l10n.t('Artifact path'), model.artifactPath, { kind: 'copy' }),
    ...source(flavor?.sourceModelName ?? null, flavor?.sourceModelRevision ?? null),
    ...(flavor?.components ?? [])
      .filter((component) => component.sourceName !== null && component.sourceName !== flavor?.sourceModelName)
      .flatMap((component) =>
        source(component.sourceName, component.revision, l10n.t('Source of the {0}', component.name)),
      ),
    flavor?.localBaseModelPath == null
      ? undefined
      : row(l10n.t('Base model'), flavor.localBaseModelPath, { kind: 'copy' }),
  ];
  return entries.filter((entry) => entry !== undefined);
}

function source(name: string | null, revision: string | null, label = l10n.t('Source')): ProvenanceEntry[] {
  if (name === null || name === '') return [];
  if (!isHubName(name)) return [row(label, name, { kind: 'copy' })];
  const href = `https://huggingface.co/${name}${revision === null ? '' : `/tree/${revision}`}`;
  return [row(label, revision === null ? name : `${name} @ ${revision.slice(0, 12)}`, { kind: 'link', href })];
}

/** `owner/name` or `name`, as the Hub names repositories; anything else is a path. */
function isHubName(name: string): boolean {
  return /^[\w-][\w.-]*(\/[\w-][\w.-]*)?$/.test(name);
}

function row(label: string, value: string, action: ProvenanceEntry['action']): ProvenanceEntry {
  return { label, value, action };
}
