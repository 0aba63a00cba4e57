import type { StoreSchema } from './storeSchema.js';

/**
 * What to select a run's latest metrics from: their table, or (before MLflow 1.1 there was none) the newest of all points
 * by step, time and value. `null` when the database has no metrics at all.
 */
export function latestMetricsSource(schema: StoreSchema): string | null {
  if (schema.hasTable('latest_metrics')) return 'latest_metrics';
  if (!schema.hasTable('metrics')) return null;
  const columns = schema.select('metrics', ['run_uuid', 'key', 'value', 'timestamp', 'step', 'is_nan']);
  return `(SELECT * FROM (SELECT m.*, row_number() OVER (PARTITION BY run_uuid, "key"
    ORDER BY step DESC, timestamp DESC, value DESC) AS newest FROM (SELECT ${columns} FROM metrics) m) WHERE newest = 1)`;
}

/** Whether NaN has a flag there. */
export function hasNanFlag(schema: StoreSchema): boolean {
  return !schema.hasTable('latest_metrics') || schema.hasColumn('latest_metrics', 'is_nan');
}
