import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';
import { commands, l10n, Uri, workspace } from 'vscode';
import { formatBytes } from '../../core/format.js';
import { MlflowError } from '../../core/errors.js';
import type { HostServices } from '../hostServices.js';
import { chooseSource, type Source } from './chooseSource.js';
import { commandStep, offer, type Command } from './command.js';
import { folderReference } from './modelArgument.js';
import { mlmodelEditor } from './modelCommands.js';
import { multiStep, type StepContext } from './multiStep.js';
import { withProgress } from './progress.js';
import { confirmStep, exampleStep, saveOptions, taskStep, weightsStep, type SaveAnswers } from './saveQuestions.js';

/** Makes model folders from checkpoints. */
export const saveCommands: readonly Command[] = [{ id: 'mlflow.saveModel', needsTrust: true, run: saveModel }];

interface FolderAnswers extends SaveAnswers {
  target?: string;
}

/** Saves a checkpoint as a model folder and opens it in the inspector. @returns the folder */
async function saveModel(services: HostServices, argument: unknown): Promise<string> {
  const title = l10n.t('Save model');
  const source = await chooseSource(services, argument, title);
  const answers = await multiStep<FolderAnswers>(title, {}, [
    taskStep(source),
    weightsStep(source),
    { ask: async (before, context) => ({ ...before, target: await askTarget(source, before, context) }) },
    exampleStep(),
    confirmStep(services, source, ({ target }) => l10n.t('Save into {0}', target ?? '')),
  ]);
  const { target } = answers;
  if (target === undefined) throw MlflowError.cancelled();
  const { transformers } = await services.library();
  const name = path.basename(target);
  const saved = await withProgress(l10n.t('Saving {0}', name), (options) =>
    transformers.saveModel(source.nameOrPath, target, { ...saveOptions(answers), ...options }),
  );
  await services.workspaceStores.search();
  const file = Uri.file(path.join(saved.path, 'MLmodel'));
  const reference = folderReference(file);
  await commands.executeCommand('vscode.openWith', file, mlmodelEditor);
  const isReference = answers.savePretrained === false;
  offer(services, {
    message: isReference
      ? l10n.t('Saved {0}; its weights stay on the Hub.', name)
      : l10n.t('Saved {0}, {1}.', name, formatBytes(source.sizeBytes)),
    warnings: saved.warnings,
    steps: isReference
      ? [commandStep(l10n.t('Persist Weights'), 'mlflow.persistPretrainedModel', reference)]
      : [
          commandStep(l10n.t('Prompt'), 'mlflow.promptModel', reference),
          commandStep(l10n.t('Validate'), 'mlflow.validateModel', reference),
        ],
  });
  return saved.path;
}

async function askTarget(source: Source, { target }: FolderAnswers, context: StepContext): Promise<string> {
  const isFolder = path.isAbsolute(source.nameOrPath);
  const base = workspace.workspaceFolders?.[0]?.uri.fsPath ?? (isFolder ? path.dirname(source.nameOrPath) : undefined);
  return context.ask({
    prompt: l10n.t('Folder of the model; it must be new'),
    value: target ?? (base === undefined ? '' : await freeFolder(path.join(base, `${source.name}-model`))),
    validate: (text) => targetProblem(text.trim(), isFolder ? source.nameOrPath : undefined),
  });
}

/** The folder itself, or with the first number that makes it a new one. */
async function freeFolder(folder: string): Promise<string> {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? folder : `${folder}-${number}`;
    if (!(await exists(candidate))) return candidate;
  }
}

async function targetProblem(target: string, source: string | undefined): Promise<string | undefined> {
  if (!path.isAbsolute(target)) return l10n.t('A whole path, from the root.');
  if (source !== undefined) {
    const inside = path.relative(source, target);
    if (inside === '' || (!inside.startsWith('..') && !path.isAbsolute(inside))) {
      return l10n.t('The folder lies inside the checkpoint.');
    }
  }
  if (await exists(target)) return l10n.t('This folder exists already. Choose another name.');
  return placeProblem(path.dirname(target));
}

/** Why nothing can be made below a place: the nearest folder that is there decides. */
async function placeProblem(place: string): Promise<string | undefined> {
  const found = await stat(place).catch(() => undefined);
  if (found === undefined) return place === path.dirname(place) ? undefined : placeProblem(path.dirname(place));
  if (!found.isDirectory()) return l10n.t('{0} is not a folder.', place);
  return access(place, constants.W_OK).then(
    () => undefined,
    () => l10n.t('You may not write into {0}.', place),
  );
}

function exists(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => true,
    () => false,
  );
}
