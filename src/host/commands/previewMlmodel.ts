import { l10n } from 'vscode';
import type { SaveOptions } from '../flavorLibrary.js';
import type { HostServices } from '../hostServices.js';
import { withProgress } from './progress.js';

/** Shows the MLmodel file that a save would write; no weights are copied and nothing is written beside the checkpoint. */
export async function previewMlmodel(services: HostServices, checkpoint: string, options: SaveOptions): Promise<void> {
  const library = await services.library();
  const { mlmodel } = await withProgress(l10n.t('Preparing the preview'), (progress) =>
    library.transformers.previewSave(checkpoint, { ...options, ...progress }),
  );
  await services.texts.show('MLmodel (preview).yaml', mlmodel, { preserveFocus: true });
}
