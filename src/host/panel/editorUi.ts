import { commands, env, l10n, Uri, window, workspace, type OpenDialogOptions } from 'vscode';
import { pickModel } from '../commands/pickModel.js';
import type { ModelCatalog, ModelEntry } from './modelCatalog.js';
import type { PanelUi } from './panelPorts.js';

type FileKind = Parameters<PanelUi['pickFile']>[0];

const fileEndings: Record<Exclude<FileKind, 'any'>, string[]> = {
  image: ['png', 'jpg', 'jpeg', 'gif', 'bmp', 'webp', 'tif', 'tiff'],
  audio: ['wav', 'flac', 'mp3', 'ogg', 'm4a'],
};

function fileDialog(kind: FileKind): OpenDialogOptions {
  const openLabel = l10n.t('Choose');
  switch (kind) {
    case 'image':
      return { openLabel, title: l10n.t('Choose an image'), filters: { [l10n.t('Images')]: fileEndings.image } };
    case 'audio':
      return { openLabel, title: l10n.t('Choose a sound'), filters: { [l10n.t('Sounds')]: fileEndings.audio } };
    case 'any':
      return { openLabel, title: l10n.t('Choose a file') };
  }
}

/** The panel's way into VS Code. */
export function editorUi(catalog: ModelCatalog): PanelUi {
  return {
    pickModel: (purpose, currentId) => pick(catalog, purpose, currentId),
    async pickFile(kind) {
      const chosen = await window.showOpenDialog(fileDialog(kind));
      return chosen?.[0]?.fsPath;
    },
    async copyText(text) {
      await env.clipboard.writeText(text);
      window.setStatusBarMessage(l10n.t('Answer copied'), 2000);
    },
    async openText(content, language) {
      await window.showTextDocument(await workspace.openTextDocument({ content, language }), { preview: true });
    },
    async openLink(href) {
      const open = l10n.t('Open');
      const message = l10n.t('A model’s answer links to {0}', href);
      const chosen = await window.showInformationMessage(
        message,
        { modal: true, detail: l10n.t('Open it in the browser?') },
        open,
      );
      if (chosen === open) await env.openExternal(Uri.parse(href, true));
    },
    async confirmClear(count) {
      const clear = l10n.t('Clear');
      const message = count === 1 ? l10n.t('Clear one conversation?') : l10n.t('Clear {0} conversations?', count);
      const detail = l10n.t('Prompts that you kept stay.');
      return (await window.showWarningMessage(message, { modal: true, detail }, clear)) === clear;
    },
    showLog: () => void commands.executeCommand('mlflow.showLog'),
    persistWeights: async (model) => commands.executeCommand('mlflow.persistPretrainedModel', model),
    manageTrust: async () => commands.executeCommand('workbench.trust.manage'),
    openMlmodel: async (model) => commands.executeCommand('mlflow.openMlmodel', model),
  };
}

function pick(
  catalog: ModelCatalog,
  purpose: 'prompt' | 'compare',
  currentId: string | undefined,
): Promise<ModelEntry | undefined> {
  if (purpose === 'prompt') return pickModel(catalog, { title: l10n.t('Prompt a model'), currentId });
  return pickModel(catalog, {
    title: l10n.t('Compare with another model'),
    accepts: ({ id }) => id !== currentId,
    noneText: l10n.t('There is no other model in the open stores and folders'),
  });
}
