import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { l10n, Uri, window, workspace } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import { detectTask } from '../../core/transformers/taskDetection.js';

/** A checkpoint folder, and what its files say of it. */
export interface Checkpoint {
  folder: string;
  modelClass: string | null;
  /** Pipeline task; `null` when nothing tells. */
  task: string | null;
}

/** The folder a command was started on, or one that the user chooses. @throws MlflowError */
export async function chooseCheckpoint(argument: unknown): Promise<Checkpoint> {
  const folder = argument instanceof Uri ? argument.fsPath : await askFolder();
  if (folder === undefined) throw MlflowError.cancelled();
  const config = await readConfig(folder);
  const [modelClass] = Array.isArray(config['architectures']) ? config['architectures'] : [];
  return {
    folder,
    modelClass: typeof modelClass === 'string' ? modelClass : null,
    task: await detectTask(folder, config),
  };
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

async function readConfig(folder: string): Promise<JsonObject> {
  const file = path.join(folder, 'config.json');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw MlflowError.invalidParameter(
      l10n.t('{0} is no checkpoint: it has no config.json. Choose the folder that save_pretrained wrote.', folder),
      { reason: 'fileMissing', details: { path: folder } },
    );
  }
  try {
    return JSON.parse(text) as JsonObject;
  } catch (error) {
    throw MlflowError.invalidParameter(l10n.t('{0} is not JSON: {1}.', file, String(error)), {
      reason: 'fileUnreadable',
      details: { path: file },
    });
  }
}
