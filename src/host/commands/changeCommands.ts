import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { commands, l10n, Uri, window } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import type { InspectorModel } from '../../core/inspector/inspectorModel.js';
import { signatureLines, signatureView } from '../../core/inspector/signatureView.js';
import { exampleInput, trialData } from '../../core/inspector/trialInput.js';
import type { HostServices } from '../hostServices.js';
import { chooseModel } from './chooseModel.js';
import { tell, type Command } from './command.js';
import { mlmodelEditor, resolveFolder } from './modelCommands.js';
import { withProgress } from './progress.js';
import { validationReport } from './validationReport.js';

/** Commands that change a model, or register or check it. */
export const changeCommands: readonly Command[] = [
  { id: 'mlflow.registerModel', needsTrust: true, run: registerModel },
  { id: 'mlflow.setSignature', needsTrust: true, run: setSignature },
  { id: 'mlflow.validateModel', needsTrust: true, run: validateModel },
];

/** Registers a logged model as a new version. @returns name and version */
async function registerModel(services: HostServices, argument: unknown): Promise<string> {
  const model = await chooseModel(services, argument, l10n.t('Register model'));
  const { storeUri } = model;
  const connection = storeUri === undefined ? undefined : services.stores.get(storeUri);
  if (storeUri === undefined || connection === undefined) {
    throw MlflowError.invalidParameter(
      l10n.t('{0} is a folder that no open store knows. Log it to a run first, then it can be registered.', model.name),
    );
  }
  const library = await services.library();
  library.setTrackingUri(storeUri);
  await library.transformers.assertRegistrable(model.uri);
  const { registry } = await connection.open();
  const existing = (await registry.searchRegisteredModels()).items.map(({ name }) => name);
  const name = await askName(existing, model.name);
  const version = await library.registerModel(model.uri, name);
  await services.view.storeChanged(storeUri);
  tell(l10n.t('Registered {0} as version {1}', version.name, version.version));
  return `models:/${version.name}/${version.version}`;
}

async function askName(existing: readonly string[], suggestion: string): Promise<string> {
  const isNew = { label: `$(add) ${l10n.t('New registered model…')}`, name: undefined };
  const items = [isNew, ...existing.map((name) => ({ label: name, name }))];
  const chosen =
    existing.length === 0 ? isNew : await window.showQuickPick(items, { title: l10n.t('Register as a version of') });
  if (chosen === undefined) throw MlflowError.cancelled();
  const name =
    chosen.name ??
    (await window.showInputBox({
      title: l10n.t('New registered model'),
      value: suggestion.replace(/[/:]/g, '-'),
      validateInput: (text) =>
        text.trim() === '' || /[/:]/.test(text) ? l10n.t("A name without '/' and ':'.") : undefined,
    }));
  if (name === undefined) throw MlflowError.cancelled();
  return name.trim();
}

/** Runs the model on its input example (or a given one), shows the signature that follows, and writes it. */
async function setSignature(services: HostServices, argument: unknown): Promise<void> {
  const reference = await chooseModel(services, argument, l10n.t('Set signature'));
  const folder = await resolveFolder(services, reference);
  const model = await inspect(services, folder);
  const input = await window.showInputBox({
    title: l10n.t('Set signature of {0}', reference.name),
    prompt: l10n.t('An input, as text or JSON. The model answers it, and the signature is what both look like.'),
    value: exampleInput(model),
  });
  if (input === undefined) throw MlflowError.cancelled();
  const data = trialData(input);
  const predictions = await predictOnce(services, folder, model, data);
  const library = await services.library();
  const signature = library.models.inferSignature(data, predictions).toDict();
  const write = l10n.t('Write');
  const answer = await window.showInformationMessage(
    l10n.t('Write this signature into the MLmodel of {0}?', reference.name),
    { modal: true, detail: signatureLines(signatureView(signature)).join('\n') },
    write,
  );
  if (answer !== write) throw MlflowError.cancelled();
  if (reference.storeUri !== undefined) library.setTrackingUri(reference.storeUri);
  await library.models.setSignature(reference.storeUri === undefined ? folder : reference.uri, signature);
  await commands.executeCommand('vscode.openWith', Uri.file(path.join(folder, 'MLmodel')), mlmodelEditor);
}

/** Loads the model, predicts its input example, compares with signature and environment, and shows what came of it. */
async function validateModel(services: HostServices, argument: unknown): Promise<string> {
  const reference = await chooseModel(services, argument, l10n.t('Validate model'));
  const folder = await resolveFolder(services, reference);
  const model = await inspect(services, folder);
  const input = exampleInput(model);
  const outcome = await predictOnce(services, folder, model, trialData(input)).then(
    async (predictions) => ({ predictions, comparison: await compare(services, model, predictions) }),
    (error: unknown) => ({ error: MlflowError.from(error) }),
  );
  if ('error' in outcome && outcome.error.errorCode === 'CANCELLED') throw outcome.error;
  const report = validationReport(reference.name, model, input, outcome);
  await services.texts.show(`${reference.name}.md`, report.text);
  return report.text;
}

async function compare({ thread }: HostServices, { signatureTexts }: InspectorModel, predictions: unknown) {
  return signatureTexts === null ? null : thread.inspect('compareOutput', { signature: signatureTexts, predictions });
}

async function inspect({ thread }: HostServices, folder: string): Promise<InspectorModel> {
  const text = await readFile(path.join(folder, 'MLmodel'), 'utf8');
  return thread.inspect('inspectModel', { text, folder, name: path.basename(folder) });
}

function predictOnce({ engine }: HostServices, folder: string, model: InspectorModel, data: unknown): Promise<unknown> {
  return withProgress(l10n.t('Asking {0}', model.name), async ({ signal, onProgress }) => {
    const loaded = await engine.load(
      { modelPath: folder, modelUri: model.facts.uri ?? folder, device: 'auto', precision: 'auto' },
      {
        ...(signal === undefined ? {} : { signal }),
        onEvent: (event) => {
          if (event.type === 'load.progress') onProgress?.({ message: event.message });
        },
      },
    );
    try {
      const prediction = await engine.predict({ handle: loaded.handle, data }, signal === undefined ? {} : { signal });
      return prediction.predictions;
    } finally {
      await engine.unload({ handle: loaded.handle });
    }
  });
}
