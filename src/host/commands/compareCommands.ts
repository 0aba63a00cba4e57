import { commands, l10n } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import type { HostServices } from '../hostServices.js';
import type { ModelReference } from '../tree/modelReference.js';
import { chooseRun, pickRuns, runArguments, type RunReference } from './chooseRun.js';
import { pickModels } from './chooseModel.js';
import type { Command } from './command.js';
import { modelUriOf, runUriOf } from './comparedDocument.js';
import { modelArguments } from './modelArgument.js';

/** Commands that show two runs or two models beside each other in VS Code's own diff editor. */
export const compareCommands: readonly Command[] = [
  { id: 'mlflow.compareRuns', needsTrust: false, run: compareRuns },
  { id: 'mlflow.compareModels', needsTrust: false, run: compareModels },
];

async function compareRuns(services: HostServices, first: unknown, selected: unknown): Promise<void> {
  const [left, right] = await two(
    runArguments(first, selected),
    (title, many) =>
      many ? pickRuns(services, title, true) : chooseRun(services, undefined, title).then((run) => [run]),
    l10n.t('Compare runs: choose two'),
    (run: RunReference) => l10n.t('Compare {0} with…', run.run.info.runName),
  );
  const title = `${left.run.info.runName} ↔ ${right.run.info.runName}`;
  await commands.executeCommand('vscode.diff', runUriOf(left), runUriOf(right), title);
}

async function compareModels(services: HostServices, first: unknown, selected: unknown): Promise<void> {
  const [left, right] = await two(
    modelArguments(first, selected),
    (title, many) => pickModels(services, title, many),
    l10n.t('Compare models: choose two'),
    (model: ModelReference) => l10n.t('Compare {0} with…', model.name),
  );
  const title = `${left.name} ↔ ${right.name}`;
  await commands.executeCommand('vscode.diff', modelUriOf(left), modelUriOf(right), title);
}

/** Two things to compare: both given, one given and one chosen, or both chosen. */
async function two<T>(
  given: T[],
  pick: (title: string, many: boolean) => Promise<T[]>,
  titleOfBoth: string,
  titleOfOther: (first: T) => string,
): Promise<[T, T]> {
  const [first] = given;
  const chosen =
    given.length >= 2
      ? given
      : first === undefined
        ? await pick(titleOfBoth, true)
        : [first, ...(await pick(titleOfOther(first), false))];
  if (chosen.length === 0 || (first !== undefined && chosen.length === 1)) throw MlflowError.cancelled();
  const [left, right, ...others] = chosen;
  if (left === undefined || right === undefined || others.length > 0) {
    throw MlflowError.invalidParameter(l10n.t('Choose exactly two to compare; {0} were chosen.', chosen.length));
  }
  return [left, right];
}
