import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { l10n, QuickPickItemKind, Uri, window, workspace, type QuickPickItem } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import { isRepositoryId } from '../../core/transformers/hubAccess.js';
import type { SourceDescription } from '../../core/transformers/describeSource.js';
import type { HostServices } from '../hostServices.js';
import { withProgress } from './progress.js';

/** Folders that hold no checkpoint of the user's own. */
const skippedFolders = '{**/node_modules/**,**/.git/**,**/mlruns/**,**/mlartifacts/**}';
/** Checkpoints that are offered; any other is reached through the folder dialog. */
const maxFound = 50;

/** A checkpoint to save: a folder or a repository of the Hub, and what is known of it. */
export interface Source extends SourceDescription {
  name: string;
}

/** The checkpoint a command was started on, or one that the user chooses. @throws MlflowError */
export async function chooseSource(services: HostServices, argument: unknown, title: string): Promise<Source> {
  const nameOrPath = argument instanceof Uri ? argument.fsPath : await pickSource(title);
  const name = path.basename(nameOrPath);
  const { transformers } = await services.library();
  const description = path.isAbsolute(nameOrPath)
    ? await transformers.describeSource(nameOrPath, {}).catch((error: unknown) => {
        throw withoutConfig(nameOrPath, error);
      })
    : await withProgress(l10n.t('Asking the Hub for {0}', nameOrPath), (options) =>
        transformers.describeSource(nameOrPath, options),
      );
  return { ...description, name };
}

interface SourceItem extends QuickPickItem {
  folder?: string;
  way?: 'folder' | 'hub';
}

async function pickSource(title: string): Promise<string> {
  const chosen = await window.showQuickPick<SourceItem>(sourceItems(), {
    title,
    placeHolder: l10n.t('Which checkpoint?'),
    matchOnDescription: true,
    // The first of several questions stays like the others.
    ignoreFocusOut: true,
  });
  if (chosen?.folder !== undefined) return chosen.folder;
  const asked = chosen?.way === 'hub' ? await askRepository(title) : chosen && (await askFolder());
  if (asked === undefined) throw MlflowError.cancelled();
  return asked;
}

async function sourceItems(): Promise<SourceItem[]> {
  const found = await findCheckpoints();
  const ways: SourceItem[] = [
    { label: `$(folder-opened) ${l10n.t('A folder…')}`, description: l10n.t('with config.json'), way: 'folder' },
    {
      label: `$(cloud-download) ${l10n.t('A repository of the Hugging Face Hub…')}`,
      description: 'owner/name',
      way: 'hub',
    },
  ];
  if (found.length === 0) return ways;
  return [
    { label: l10n.t('In this workspace'), kind: QuickPickItemKind.Separator },
    ...found.map((folder) => ({
      label: `$(folder) ${path.basename(folder)}`,
      description: parentOf(folder),
      folder,
    })),
    { label: l10n.t('Elsewhere'), kind: QuickPickItemKind.Separator },
    ...ways,
  ];
}

/** Folders of the workspace with a configuration and weights that are not part of a saved model. */
async function findCheckpoints(): Promise<string[]> {
  const files = await workspace.findFiles('**/{config,adapter_config}.json', skippedFolders, maxFound);
  const folders = [
    ...new Set(files.filter(({ scheme }) => scheme === 'file').map(({ fsPath }) => path.dirname(fsPath))),
  ];
  const checks = await Promise.all(
    folders.map(async (folder) => {
      const [names, above] = await Promise.all([namesIn(folder), namesIn(path.dirname(folder))]);
      return names.some((name) => /\.(safetensors|onnx|bin)$/.test(name)) && !above.includes('MLmodel');
    }),
  );
  return folders.filter((_, index) => checks[index]).sort((left, right) => left.localeCompare(right));
}

/** The folder around a checkpoint, as far as the workspace does not say it. */
function parentOf(folder: string): string {
  const relative = path.dirname(workspace.asRelativePath(folder));
  return relative === '.' ? '' : relative;
}

function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

async function askFolder(): Promise<string | undefined> {
  const defaultUri = workspace.workspaceFolders?.[0]?.uri;
  const chosen = await window.showOpenDialog({
    title: l10n.t('Choose a checkpoint: the folder with config.json'),
    openLabel: l10n.t('Choose'),
    canSelectFiles: false,
    canSelectFolders: true,
    ...(defaultUri === undefined ? {} : { defaultUri }),
  });
  return chosen?.[0]?.fsPath;
}

function askRepository(title: string): Thenable<string | undefined> {
  return window.showInputBox({
    title,
    prompt: l10n.t('Repository of the Hugging Face Hub'),
    placeHolder: 'HuggingFaceTB/SmolLM2-135M-Instruct',
    ignoreFocusOut: true,
    validateInput: (text) =>
      isRepositoryId(text.trim()) ? undefined : l10n.t('The id of a repository, such as owner/name.'),
  });
}

function withoutConfig(folder: string, error: unknown): unknown {
  if (!MlflowError.is(error) || error.reason !== 'fileMissing') return error;
  return MlflowError.invalidParameter(
    l10n.t('{0} is no checkpoint: it has no config.json. Choose the folder that save_pretrained wrote.', folder),
    { reason: 'fileMissing', details: { path: folder }, cause: error },
  );
}
