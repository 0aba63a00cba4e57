import type { Metric, Param } from '../tracking/entities.js';
import { maxEntitiesPerBatch, maxMetricsPerBatch, maxParamsTagsPerBatch } from '../tracking/validation.js';

export interface Batch {
  metrics: Metric[];
  params: Param[];
  tags: Param[];
}

/** Entries in batches that every store takes, in order. Source: TrackingServiceClient.log_batch */
export function splitBatches(metrics: Metric[], params: Param[], tags: Param[]): Batch[] {
  const batches: Batch[] = [];
  let nextMetric = 0;
  for (let start = 0; start < Math.max(params.length, tags.length); start += maxParamsTagsPerBatch) {
    const batch = {
      params: params.slice(start, start + maxParamsTagsPerBatch),
      tags: tags.slice(start, start + maxParamsTagsPerBatch),
    };
    const room = Math.min(maxEntitiesPerBatch - batch.params.length - batch.tags.length, maxMetricsPerBatch);
    batches.push({ ...batch, metrics: metrics.slice(nextMetric, nextMetric + room) });
    nextMetric += room;
  }
  for (; nextMetric < metrics.length; nextMetric += maxMetricsPerBatch) {
    batches.push({ metrics: metrics.slice(nextMetric, nextMetric + maxMetricsPerBatch), params: [], tags: [] });
  }
  return batches;
}
