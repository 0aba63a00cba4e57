import { commands, l10n } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import type { HostServices } from '../hostServices.js';
import type { ModelReference } from '../tree/modelReference.js';
import { chooseRun, runArguments } from './chooseRun.js';
import type { Command } from './command.js';
import { modelUriOf, runUriOf } from './comparedDocument.js';
import { modelArguments } from './modelArgument.js';
import { pickModel } from './pickModel.js';

/** Commands that show two runs or two models beside each other in VS Code's own diff editor. */
export const compareCommands: readonly Command[] = [
  { id: 'mlflow.compareRuns', needsTrust: false, run: compareRuns },
  { id: 'mlflow.compareModels', needsTrust: false, run: compareModels },
];

async function compareRuns(services: HostServices, first: unknown, selected: unknown): Promise<void> {
  const [left, right] = await two(
    runArguments(first, selected),
    () => chooseRun(services, undefined, l10n.t('Compare runs: the first')),
    (beside) => chooseRun(services, undefined, { title: l10n.t('Compare {0} with…', beside.run.info.runName), beside }),
  );
  const title = `${left.run.info.runName} ↔ ${right.run.info.runName}`;
  await commands.executeCommand('vscode.diff', runUriOf(left), runUriOf(right), title);
}

async function compareModels(services: HostServices, first: unknown, selected: unknown): Promise<void> {
  const pick = async (title: string, other?: ModelReference): Promise<ModelReference> => {
    const accepts = (model: ModelReference): boolean => model.uri !== other?.uri || model.storeUri !== other.storeUri;
    const noneText = l10n.t('There is no other model in the open stores and folders');
    const chosen = await pickModel(services.models, { title, accepts, noneText });
    if (chosen === undefined) throw MlflowError.cancelled();
    return chosen;
  };
  const [left, right] = await two(
    modelArguments(first, selected),
    () => pick(l10n.t('Compare models: the first')),
    (model) => pick(l10n.t('Compare {0} with…', model.name), model),
  );
  const title = `${left.name} ↔ ${right.name}`;
  await commands.executeCommand('vscode.diff', modelUriOf(left), modelUriOf(right), title);
}

/** Two things to compare, those that are not given chosen one after the other. */
async function two<T>(
  given: readonly T[],
  pickFirst: () => Promise<T>,
  pickOther: (first: T) => Promise<T>,
): Promise<[T, T]> {
  if (given.length > 2) {
    throw MlflowError.invalidParameter(l10n.t('Choose exactly two to compare; {0} were chosen.', given.length));
  }
  const first = given[0] ?? (await pickFirst());
  return [first, given[1] ?? (await pickOther(first))];
}
