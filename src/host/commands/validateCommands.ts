import { l10n } from 'vscode';
import type { HostServices } from '../hostServices.js';
import { chooseModel, transformersModels } from './chooseModel.js';
import { commandStep, offer, type Command } from './command.js';
import { engineRunner } from './engineRunner.js';
import { resolveFolder } from './modelCommands.js';
import { withProgress } from './progress.js';
import { validationReport } from './validationReport.js';

/** Checks models. */
export const validateCommands: readonly Command[] = [
  { id: 'mlflow.validateModel', needsTrust: true, run: validateModel },
];

/** Loads the model, asks it its input example, compares with signature and environment, and shows what came of it. */
async function validateModel(services: HostServices, argument: unknown): Promise<string> {
  const reference = await chooseModel(services, argument, l10n.t('Validate model'), transformersModels());
  const folder = await resolveFolder(services, reference);
  const { transformers } = await services.library();
  const found = await withProgress(l10n.t('Validating {0}', reference.name), (options) =>
    transformers.validateModel(folder, engineRunner(services.engine, options), options),
  );
  const report = validationReport(reference, found);
  await services.texts.show(`${reference.name} ${l10n.t('validation')}.md`, report.text);
  const inspect = commandStep(l10n.t('Inspect'), 'mlflow.openMlmodel', reference);
  offer(services, {
    message: report.summary,
    ...(report.isValid ? {} : { isWarning: true }),
    steps: report.isValid
      ? [commandStep(l10n.t('Prompt'), 'mlflow.promptModel', reference), inspect]
      : [inspect, commandStep(l10n.t('Validate Again'), 'mlflow.validateModel', reference)],
  });
  return report.text;
}
