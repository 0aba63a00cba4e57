import { mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { l10n } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import type { SaveOptions } from '../flavorLibrary.js';
import type { HostServices } from '../hostServices.js';
import { withProgress } from './progress.js';

/**
 * Shows the MLmodel file that a save would write, exactly: by saving with hard links into a temporary folder beside the
 * checkpoint, which is removed at once.
 */
export async function previewMlmodel(services: HostServices, checkpoint: string, options: SaveOptions): Promise<void> {
  const library = await services.library();
  const text = await withProgress(l10n.t('Preparing the preview'), async (progress) => {
    const parent = await mkdtemp(path.join(path.dirname(checkpoint), '.mlflow-preview-')).catch((error: unknown) => {
      throw MlflowError.invalidParameter(
        l10n.t('The preview needs to write beside {0}, which is not allowed. Save without it.', checkpoint),
        { cause: error },
      );
    });
    try {
      const target = path.join(parent, path.basename(checkpoint));
      await library.transformers.saveModel(checkpoint, target, { ...options, ...progress, allowHardLinks: true });
      return await readFile(path.join(target, 'MLmodel'), 'utf8');
    } finally {
      await rm(parent, { recursive: true, force: true });
    }
  });
  await services.texts.show('MLmodel (preview).yaml', text, { preserveFocus: true });
}
