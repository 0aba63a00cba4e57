import path from 'node:path';
import { commands, env, l10n, Uri, window } from 'vscode';
import type { HostServices } from '../hostServices.js';
import type { ModelReference } from '../tree/modelReference.js';
import { chooseModel } from './chooseModel.js';
import { tell, type Command } from './command.js';
import { loadSnippet, type SnippetLanguage } from './loadSnippet.js';
import { modelArguments } from './modelArgument.js';
import { withProgress } from './progress.js';

/** View type of the inspector. */
export const mlmodelEditor = 'mlflow.mlmodel';

/** Commands on one model that change nothing. */
export const modelCommands: readonly Command[] = [
  { id: 'mlflow.openMlmodel', needsTrust: false, run: openMlmodel },
  { id: 'mlflow.openMlmodelText', needsTrust: false, run: openMlmodelText },
  { id: 'mlflow.revealFiles', needsTrust: false, run: revealFiles },
  { id: 'mlflow.copyModelUri', needsTrust: false, run: copyModelUri },
  { id: 'mlflow.copyLoadSnippet', needsTrust: false, run: copyLoadSnippet },
];

/** The MLmodel file of a model; files of a server are downloaded first. */
export async function mlmodelUri(services: HostServices, model: ModelReference): Promise<Uri> {
  const folder = await resolveFolder(services, model);
  return Uri.file(path.join(folder, 'MLmodel'));
}

/** The folder with a model's files on this machine. */
export function resolveFolder(services: HostServices, model: ModelReference): Promise<string> {
  const isRemote = /^(https?|mlflow-artifacts|s3|gs|wasbs?|abfss?|dbfs):/.test(model.location ?? '');
  if (!isRemote) return services.models.resolveFolder(model);
  return withProgress(l10n.t('Downloading {0}', model.name), (options) =>
    services.models.resolveFolder(model, options),
  );
}

async function openMlmodel(services: HostServices, argument: unknown): Promise<void> {
  const file = argument ?? window.activeTextEditor?.document.uri;
  const given = file instanceof Uri && path.basename(file.path) === 'MLmodel' ? file : argument;
  const model = await chooseModel(services, given, l10n.t('Inspect model'));
  await commands.executeCommand('vscode.openWith', await mlmodelUri(services, model), mlmodelEditor);
}

async function openMlmodelText(services: HostServices, argument: unknown): Promise<void> {
  const model = await chooseModel(services, argument, l10n.t('Open MLmodel as text'));
  await commands.executeCommand('vscode.openWith', await mlmodelUri(services, model), 'default');
}

async function revealFiles(services: HostServices, argument: unknown): Promise<void> {
  const model = await chooseModel(services, argument, l10n.t('Reveal files'));
  await commands.executeCommand('revealInExplorer', await mlmodelUri(services, model));
}

async function copyModelUri(services: HostServices, first: unknown, selected: unknown): Promise<string> {
  const given = modelArguments(first, selected);
  const models = given.length > 0 ? given : [await chooseModel(services, first, l10n.t('Copy model URI'))];
  const text = models.map((model) => model.uri).join('\n');
  await env.clipboard.writeText(text);
  tell(l10n.t('Copied {0}', text));
  return text;
}

async function copyLoadSnippet(services: HostServices, argument: unknown): Promise<string | undefined> {
  const model = await chooseModel(services, argument, l10n.t('Copy load snippet'));
  const language = await window.showQuickPick(
    [
      { id: 'python' as SnippetLanguage, label: 'Python', description: 'mlflow.pyfunc.load_model' },
      { id: 'typescript' as SnippetLanguage, label: 'TypeScript', description: 'mlflow.pyfunc.loadModel' },
      {
        id: 'commandLine' as SnippetLanguage,
        label: l10n.t('Command line'),
        description: 'mlflow-transformers predict',
      },
    ],
    { title: l10n.t('Copy load snippet'), placeHolder: l10n.t('In which language?') },
  );
  if (language === undefined) return undefined;
  const snippet = loadSnippet(language.id, model);
  await env.clipboard.writeText(snippet);
  tell(l10n.t('Copied the {0} lines that load {1}', language.label, model.name));
  return snippet;
}
