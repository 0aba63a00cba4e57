import { MlflowError } from '../../core/errors.js';
import { l10n } from '../../core/l10n.js';
import type { InspectorModel } from '../../core/inspector/inspectorModel.js';
import { trialData, trialParams } from '../../core/inspector/trialInput.js';
import { formatDuration } from '../../core/format.js';
import type { Log } from '../../core/ports.js';
import type { Prediction } from '../../protocol/inference.js';
import type { Trial } from '../../protocol/inspector.js';
import { errorText } from '../errors/errorTable.js';
import type { StoreThread } from '../stores/storeThread.js';
import type { InferenceEngine } from '../inference/inferenceEngine.js';

/** Characters of an answer that are shown. */
const maxOutputLength = 20_000;

export interface TrialRequest {
  engine: InferenceEngine;
  inspector: Pick<StoreThread, 'inspect'>;
  model: InspectorModel;
  folder: string;
  /** A text, or JSON. */
  input: string;
  /** A JSON object, or empty. */
  params: string;
  signal: AbortSignal;
  onChange: (trial: Trial) => void;
  log: Log;
}

/** Loads the model, asks it once, compares the answer with the signature, and gives the model back. Never throws. */
export async function runTrial(request: TrialRequest): Promise<void> {
  const { engine, folder, signal, onChange } = request;
  try {
    const params = trialParams(request.params);
    onChange({ status: 'loading', message: l10n.t('Loading'), fraction: null });
    const loaded = await engine.load(
      { modelPath: folder, modelUri: request.model.facts.uri ?? folder, device: 'auto', precision: 'auto' },
      {
        signal,
        onEvent: (event) => {
          if (event.type === 'load.progress') onChange({ ...event, status: 'loading' });
        },
      },
    );
    try {
      let text = '';
      onChange({ status: 'running', text });
      const prediction = await engine.predict(
        { handle: loaded.handle, data: trialData(request.input), params },
        {
          signal,
          onEvent: (event) => {
            if (event.type === 'token') onChange({ status: 'running', text: (text += event.text) });
          },
        },
      );
      onChange(await finished(request, prediction));
    } finally {
      await engine.unload({ handle: loaded.handle });
    }
  } catch (thrown) {
    const error = MlflowError.from(thrown);
    if (error.errorCode === 'CANCELLED') return onChange({ status: 'idle' });
    request.log.error(`Trial of ${folder}: ${error.stack ?? error.message}`);
    onChange({ status: 'failed', message: errorText(error) });
  }
}

async function finished({ inspector, model }: TrialRequest, { predictions, stats }: Prediction): Promise<Trial> {
  const output = typeof predictions === 'string' ? predictions : JSON.stringify(predictions, null, 2);
  const signature = model.signatureTexts;
  return {
    status: 'done',
    output: output.slice(0, maxOutputLength),
    isCut: output.length > maxOutputLength,
    comparison: signature === null ? null : await inspector.inspect('compareOutput', { signature, predictions }),
    note: `${formatDuration(stats.totalMs)} · ${stats.precision} · ${stats.device.toUpperCase()}`,
  };
}
