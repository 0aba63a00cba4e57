import { stringify } from 'yaml';
import type { Run } from '../../core/tracking/entities.js';

/** A run as text with keys in order, so that two of them can be compared line by line. */
export function runDocument({ info, data }: Run): string {
  const document = {
    run: {
      name: info.runName,
      id: info.runId,
      status: info.status,
      started: new Date(info.startTime).toISOString(),
      duration_seconds: info.endTime === null ? null : (info.endTime - info.startTime) / 1000,
      user: info.userId,
    },
    params: sorted(data.params),
    metrics: sorted(data.metrics),
    tags: sorted(Object.fromEntries(Object.entries(data.tags).filter(([key]) => !isVolatile(key)))),
  };
  return stringify(document, { lineWidth: 0 });
}

/** Tags that differ between any two runs and say nothing about them. */
function isVolatile(key: string): boolean {
  return key === 'mlflow.runName' || key === 'mlflow.log-model.history';
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([left], [right]) => left.localeCompare(right)));
}
