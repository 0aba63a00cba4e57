import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { commands, l10n, Uri, type QuickPickItem } from 'vscode';
import type { InspectorModel } from '../../core/inspector/inspectorModel.js';
import { signatureLines, signatureView } from '../../core/inspector/signatureView.js';
import { exampleInput, trialData } from '../../core/inspector/trialInput.js';
import type { SignatureDict } from '../../core/signature/modelSignature.js';
import type { HostServices } from '../hostServices.js';
import type { ModelReference } from '../tree/modelReference.js';
import { changeableModels, chooseModel } from './chooseModel.js';
import { commandStep, offer, type Command } from './command.js';
import { mlmodelEditor, resolveFolder } from './modelCommands.js';
import { multiStep, type Step } from './multiStep.js';
import { engineRunner } from './engineRunner.js';
import { withProgress } from './progress.js';

/** Writes signatures. */
export const signatureCommands: readonly Command[] = [
  { id: 'mlflow.setSignature', needsTrust: true, run: setSignature },
];

interface SignatureAnswers {
  input?: string;
  /** `null`: the one that the model has. */
  signature?: SignatureDict | null;
}

/** Asks the model one input, shows the signature that follows and what it changes, and writes it. */
async function setSignature(services: HostServices, argument: unknown): Promise<void> {
  const reference = await chooseModel(services, argument, l10n.t('Set signature'), changeableModels());
  const folder = await resolveFolder(services, reference);
  const file = Uri.file(path.join(folder, 'MLmodel'));
  const text = await readFile(file.fsPath, 'utf8');
  const model = await services.thread.inspect('inspectModel', { text, folder, name: reference.name });
  const { signature } = await multiStep<SignatureAnswers>(l10n.t('Set signature of {0}', reference.name), {}, [
    inputStep(model),
    signatureStep(services, reference, folder, model),
  ]);
  const isChanged = signature !== undefined && signature !== null;
  if (isChanged) {
    const library = await services.library();
    if (reference.storeUri !== undefined) library.setTrackingUri(reference.storeUri);
    await library.models.setSignature(reference.storeUri === undefined ? folder : reference.uri, signature);
    await commands.executeCommand('vscode.openWith', file, mlmodelEditor);
  }
  offer(services, {
    message: isChanged
      ? l10n.t('The signature of {0} is written.', reference.name)
      : l10n.t('The signature of {0} fits already; nothing was written.', reference.name),
    steps: [
      commandStep(l10n.t('Prompt'), 'mlflow.promptModel', reference),
      commandStep(l10n.t('Validate'), 'mlflow.validateModel', reference),
    ],
  });
}

function inputStep(model: InspectorModel): Step<SignatureAnswers> {
  return {
    ask: async (before, context) => ({
      ...before,
      input: await context.ask({
        prompt: l10n.t('An input, as text or JSON. The model answers it, and the signature is what both look like.'),
        value: before.input ?? exampleInput(model),
        validate: (input) => (input.trim() === '' ? l10n.t('The model needs an input to answer.') : undefined),
      }),
    }),
  };
}

/** Asks the model, then whether what follows is to be written; the change of the file can be looked at before. */
function signatureStep(
  services: HostServices,
  reference: ModelReference,
  folder: string,
  model: InspectorModel,
): Step<SignatureAnswers> {
  return {
    ask: async (before, context) => {
      const { models } = await services.library();
      const data = trialData(before.input ?? '');
      const predictions = await predictOnce(services, reference, folder, data);
      // The params are what people set; no input and no answer says anything of them.
      const params = model.signatureTexts?.params ?? null;
      const signature = { ...models.inferSignature(data, predictions).toDict(), params };
      if (isSame(model, signature)) return { ...before, signature: null };
      const write = { label: `$(check) ${l10n.t('Write this signature')}`, detail: oneLine(signature), isDiff: false };
      const diff = { label: `$(diff) ${l10n.t('Show what changes in MLmodel')}`, isDiff: true };
      const placeholder =
        model.signatureTexts === null
          ? l10n.t('The model has no signature yet')
          : l10n.t('Another signature than before');
      for (;;) {
        const chosen = await context.pick<QuickPickItem & { isDiff: boolean }>({ placeholder, items: [write, diff] });
        if (!chosen.isDiff) return { ...before, signature };
        await showChange(services, reference.name, model.text, models.withSignature(model.text, signature));
      }
    },
  };
}

async function showChange({ texts }: HostServices, name: string, before: string, after: string): Promise<void> {
  const [left, right] = [before, after].map((text) => texts.keep('MLmodel.yaml', text));
  const title = l10n.t('MLmodel of {0}: now ↔ with the signature', name);
  await commands.executeCommand('vscode.diff', left, right, title, { preview: true, preserveFocus: true });
}

function isSame({ signatureTexts }: InspectorModel, { inputs, outputs }: SignatureDict): boolean {
  return signatureTexts !== null && signatureTexts.inputs === inputs && signatureTexts.outputs === outputs;
}

/** `inputs: text: string · outputs: label: string, score: double`. */
function oneLine(signature: SignatureDict): string {
  const lines = signatureLines(signatureView(signature));
  return lines
    .map((line) => (line.startsWith(' ') ? line.trim() : `· ${line}`))
    .join(' ')
    .replace(/^· /, '');
}

function predictOnce(
  { engine }: HostServices,
  { name, uri }: ModelReference,
  folder: string,
  data: unknown,
): Promise<unknown> {
  return withProgress(l10n.t('Asking {0}', name), async (options) => {
    const runner = engineRunner(engine, options);
    const { handle } = await runner.load({ modelPath: folder, modelUri: uri, device: 'auto', precision: 'auto' });
    try {
      return (await runner.predict({ handle, data }, { signal: options.signal })).predictions;
    } finally {
      await runner.unload({ handle });
    }
  });
}
