import path from 'node:path';
import { stat } from 'node:fs/promises';
import { MlflowError } from '../errors.js';
import { l10n } from '../l10n.js';
import { shortDtype } from '../mlmodel/modelSummary.js';
import type { TransformersFlavor } from '../mlmodel/transformersFlavor.js';
import { readCheckpointTensors } from '../safetensors/checkpoint.js';
import type { WeightsView } from './inspectorModel.js';
import { safeJoin } from './modelFolder.js';

/** The tensors of the stored weights, or of the adapter, from the headers of their files. */
export async function weightsView(
  folder: string,
  flavor: TransformersFlavor | undefined,
  isReferenceOnly: boolean,
): Promise<WeightsView> {
  if (flavor === undefined)
    return without(l10n.t('The model has no transformers flavor; its weights are in a format of their own.'));
  const isAdapter = flavor.peftAdaptor !== null;
  const subfolder = isAdapter ? flavor.peftAdaptor : flavor.weights.kind === 'stored' ? flavor.weights.folder : null;
  if (subfolder === null) return without(referenceNote(flavor));
  const weightsFolder = safeJoin(folder, subfolder);
  if (weightsFolder === undefined) return failed(l10n.t("The weights' folder {0} lies outside the model.", subfolder));
  try {
    const checkpoint = await readCheckpointTensors(weightsFolder, isAdapter ? 'adapter_model' : 'model');
    const files = await Promise.all(
      checkpoint.files.map(async (file) => ({ name: path.basename(file), sizeBytes: (await stat(file)).size })),
    );
    return {
      tensors: [...checkpoint.tensors].map(([name, tensor]) => ({
        name,
        dtype: shortDtype(tensor.dtype),
        shape: [...tensor.shape],
        sizeBytes: tensor.lengthBytes,
        file: path.basename(tensor.file),
      })),
      files,
      parameterCount: checkpoint.parameterCount,
      weightsBytes: checkpoint.weightsBytes,
      parametersByDtype: Object.entries(checkpoint.parametersByDtype)
        .map(([dtype, count]) => ({ dtype: shortDtype(dtype), count }))
        .sort((left, right) => right.count - left.count),
      note: isAdapter && isReferenceOnly ? l10n.t('The adapter alone. {0}', referenceNote(flavor)) : null,
      error: null,
    };
  } catch (error) {
    return failed(MlflowError.from(error).message);
  }
}

function referenceNote({ weights }: TransformersFlavor): string {
  switch (weights.kind) {
    case 'hub':
      return l10n.t(
        'The weights are not stored here: they come from {0} at commit {1}.',
        weights.repository,
        weights.revision.slice(0, 12),
      );
    case 'localBase':
      return l10n.t('The weights of the base model are not stored here: they are expected in {0}.', weights.path);
    case 'stored':
      return l10n.t('The base model is stored beside the adapter.');
  }
}

function without(note: string): WeightsView {
  return { tensors: [], files: [], parameterCount: 0, weightsBytes: 0, parametersByDtype: [], note, error: null };
}

function failed(error: string): WeightsView {
  return { ...without(''), note: null, error };
}
