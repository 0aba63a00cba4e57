import { MlflowError } from '../../errors.js';
import type { Dataset, DatasetInput, LoggedModelInput, LoggedModelOutput } from '../entities.js';
import { newRunId } from '../identifiers.js';
import { exceedsMaximumLength, validateRunId } from '../validation.js';
import { insert } from './insert.js';
import { getActiveRunRow } from './runWrites.js';
import { textOf } from './rows.js';
import type { WriteSession } from './storeFile.js';

/** Limits of the dataset columns, in characters. Source: mlflow.utils.validation */
const datasetLimits: readonly [keyof Dataset, number][] = [
  ['name', 500],
  ['digest', 36],
  ['source', 65_535],
  ['schema', 1_048_575],
  ['profile', 16_777_215],
];
const maxInputTagKeyLength = 255;
const maxInputTagValueLength = 500;

/** Datasets and models that a run reads. A dataset that the run has already is left as it is, new tags included. */
export function logInputs(
  session: WriteSession,
  options: { runId: string; datasets?: DatasetInput[]; models?: LoggedModelInput[] },
): void {
  const { runId, datasets = [], models = [] } = options;
  validateRunId(runId);
  datasets.forEach(validateDatasetInput);
  const experimentId = getActiveRunRow(session, runId)['experiment_id'] ?? null;
  for (const input of datasets) logDataset(session, runId, Number(experimentId), input);
  for (const { modelId } of models) {
    insert(
      session,
      'inputs',
      {
        input_uuid: newRunId(),
        source_type: 'RUN_INPUT',
        source_id: runId,
        destination_type: 'MODEL_INPUT',
        destination_id: modelId,
      },
      { key: inputKey, action: 'update' },
    );
  }
}

const inputKey = ['source_type', 'source_id', 'destination_type', 'destination_id'];

function logDataset(session: WriteSession, runId: string, experimentId: number, { dataset, tags }: DatasetInput): void {
  const known = session.connection.get(
    'SELECT dataset_uuid FROM datasets WHERE experiment_id = ? AND name = ? AND digest = ?',
    [experimentId, dataset.name, dataset.digest],
  );
  const datasetId = known === undefined ? newRunId() : textOf(known['dataset_uuid']);
  if (known === undefined) {
    insert(session, 'datasets', {
      dataset_uuid: datasetId,
      experiment_id: experimentId,
      name: dataset.name,
      digest: dataset.digest,
      dataset_source_type: dataset.sourceType,
      dataset_source: dataset.source,
      dataset_schema: dataset.schema,
      dataset_profile: dataset.profile,
    });
  }
  const inputId = newRunId();
  const { changes } = session.connection.run(
    `INSERT INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id)
     VALUES (?, 'DATASET', ?, 'RUN', ?) ON CONFLICT DO NOTHING`,
    [inputId, datasetId, runId],
  );
  if (changes === 0) return;
  for (const [name, value] of Object.entries(tags)) insert(session, 'input_tags', { input_uuid: inputId, name, value });
}

function validateDatasetInput({ dataset, tags }: DatasetInput): void {
  const required: [string, unknown][] = [
    ['name', dataset.name],
    ['digest', dataset.digest],
    ['source_type', dataset.sourceType],
    ['source', dataset.source],
  ];
  for (const [name, value] of required) {
    if (value == null) throw MlflowError.invalidParameter(`Dataset ${name} cannot be None`);
  }
  for (const [name, limit] of datasetLimits) assertLength(name, dataset[name], limit);
  for (const [key, value] of Object.entries(tags)) {
    if (value == null) throw MlflowError.invalidParameter('InputTag value cannot be None');
    assertLength('key', key, maxInputTagKeyLength);
    assertLength('value', value, maxInputTagValueLength);
  }
}

function assertLength(name: string, text: string | null, limit: number): void {
  if (text === null || text === undefined || text.length <= limit || [...text].length <= limit) return;
  throw MlflowError.invalidParameter(exceedsMaximumLength(name, limit));
}

/** Models that a run made. @throws BAD_REQUEST when one is an output of it already. */
export function logOutputs(session: WriteSession, runId: string, models: readonly LoggedModelOutput[]): void {
  getActiveRunRow(session, runId);
  for (const { modelId, step } of models) {
    insert(session, 'inputs', {
      input_uuid: newRunId(),
      source_type: 'RUN_OUTPUT',
      source_id: runId,
      destination_type: 'MODEL_OUTPUT',
      destination_id: modelId,
      step,
    });
  }
}
