import path from 'node:path';
import { commands, env, l10n, Position, Range, Uri, window, workspace, type TextDocument } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import { safeJoin } from '../../core/inspector/modelFolder.js';
import { exampleInput } from '../../core/inspector/trialInput.js';
import type { Log } from '../../core/ports.js';
import { Channel, type Handlers, type Transport } from '../../protocol/channel.js';
import {
  initialInspectorState,
  reduceInspector,
  type InspectorCommand,
  type InspectorDelta,
  type InspectorMethods,
  type InspectorState,
} from '../../protocol/inspector.js';
import { StateOwner, type NumberedDelta } from '../../protocol/replica.js';
import type { InferenceEngine } from '../inference/inferenceEngine.js';
import { folderReference } from '../commands/modelArgument.js';
import { showError } from '../errors/showError.js';
import type { StoreCollection } from '../stores/storeCollection.js';
import type { StoreThread } from '../stores/storeThread.js';
import type { ModelReference } from '../tree/modelReference.js';
import { findRelated } from './relatedEntries.js';
import { runTrial } from './trial.js';

export interface InspectorServices {
  engine: InferenceEngine;
  stores: StoreCollection;
  thread: Pick<StoreThread, 'inspect'>;
  log: Log;
}

/** One open inspector: reads the document, owns what the page shows, and answers what the page asks. */
export class InspectorSession {
  private readonly owner: StateOwner<InspectorState, InspectorDelta>;
  private readonly channel: Channel<Record<never, never>, InspectorMethods, { delta: NumberedDelta<InspectorDelta> }>;
  private trial: AbortController | undefined;
  private reads = 0;
  /** By its files until a store knows it. */
  private reference: ModelReference;

  constructor(
    private readonly document: TextDocument,
    transport: Transport,
    private readonly services: InspectorServices,
  ) {
    this.reference = folderReference(document.uri);
    this.owner = new StateOwner(initialInspectorState, reduceInspector, (delta) => this.channel.notify('delta', delta));
    const handlers: Handlers<InspectorMethods> = {
      ready: () => this.owner.snapshot(),
      start: ({ command }) => this.start(command),
      tryOut: ({ input, params }) => this.tryOut(String(input), String(params)),
      stopTrial: () => this.trial?.abort(),
      openFile: (file) => this.openFile(String(file.path), file.line),
      openLink: ({ href }) => openLink(String(href)),
      openRun: async ({ runId }) => commands.executeCommand('mlflow.goToRun', String(runId)),
      copyText: async ({ text }) => env.clipboard.writeText(String(text)),
    };
    this.channel = new Channel(transport, handlers);
  }

  /** Reads the document and its folder again. A document that cannot be read leaves the last good one on the page. */
  async read(): Promise<void> {
    const read = ++this.reads;
    try {
      const model = await this.services.thread.inspect('inspectModel', {
        text: this.document.getText(),
        folder: this.folder,
        name: this.name,
      });
      if (read !== this.reads) return;
      this.owner.apply({
        model,
        error: null,
        exampleInput: exampleInput(model),
        trialRefusal: trialRefusal(model.facts.isReferenceOnly, model.facts.flavors, this.folder),
        canPersist: await hasCommand('mlflow.persistPretrainedModel'),
      });
      const { entries, reference } = await findRelated(this.services.stores, model, this.folder);
      if (read !== this.reads) return;
      if (reference !== undefined) this.reference = reference;
      this.owner.apply({ related: entries, storeName: reference?.name ?? null, canRegister: reference !== undefined });
    } catch (error) {
      if (read !== this.reads) return;
      const { message, details } = MlflowError.from(error);
      const line = details?.['line'];
      this.owner.apply({ error: { message, line: typeof line === 'number' ? line : null } });
    }
  }

  dispose(): void {
    this.trial?.abort();
    this.channel.close(MlflowError.cancelled());
  }

  private get folder(): string | undefined {
    return this.document.uri.scheme === 'file' ? path.dirname(this.document.uri.fsPath) : undefined;
  }

  private get name(): string {
    return path.basename(path.dirname(this.document.uri.path));
  }

  private async start(command: InspectorCommand): Promise<void> {
    switch (command) {
      case 'openText':
        return commands.executeCommand('vscode.openWith', this.document.uri, 'default');
      case 'manageTrust':
        return commands.executeCommand('workbench.trust.manage');
      case 'prompt':
        return commands.executeCommand('mlflow.promptModel', this.reference);
      case 'persistWeights':
        return commands.executeCommand('mlflow.persistPretrainedModel', this.reference);
      case 'register':
        return commands.executeCommand('mlflow.registerModel', this.reference);
      case 'setSignature':
        return commands.executeCommand('mlflow.setSignature', this.reference);
      case 'copyUri':
        return commands.executeCommand('mlflow.copyModelUri', this.reference);
      case 'copySnippet':
        return commands.executeCommand('mlflow.copyLoadSnippet', this.reference);
    }
  }

  private async tryOut(input: string, params: string): Promise<void> {
    const { model } = this.owner.state;
    if (model === null || this.folder === undefined || !workspace.isTrusted) return;
    this.trial?.abort();
    const controller = new AbortController();
    this.trial = controller;
    await runTrial({
      engine: this.services.engine,
      inspector: this.services.thread,
      model,
      folder: this.folder,
      input,
      params,
      signal: controller.signal,
      onChange: (trial) => {
        if (this.trial === controller) this.owner.apply({ trial });
      },
      log: this.services.log,
    });
  }

  private async openFile(relative: string, line: number | null): Promise<void> {
    const file = this.folder === undefined ? undefined : safeJoin(this.folder, relative);
    if (file === undefined) return;
    const position = new Position(Math.max(0, (line ?? 1) - 1), 0);
    try {
      await commands.executeCommand('vscode.open', Uri.file(file), { selection: new Range(position, position) });
    } catch (error) {
      await showError(error, { log: this.services.log });
    }
  }
}

function trialRefusal(
  isReferenceOnly: boolean,
  flavors: readonly string[],
  folder: string | undefined,
): InspectorState['trialRefusal'] {
  if (folder === undefined) return { message: l10n.t('Models run only from files on this machine.'), action: null };
  if (!flavors.includes('transformers')) {
    return { message: l10n.t('Only models with the transformers flavor run here.'), action: null };
  }
  if (isReferenceOnly) {
    return { message: l10n.t('The weights are not stored; persist them first.'), action: 'persistWeights' };
  }
  if (!workspace.isTrusted)
    return { message: l10n.t('Models run only in a trusted workspace.'), action: 'manageTrust' };
  return null;
}

/** A command may be missing in a build that cannot do it. */
async function hasCommand(id: string): Promise<boolean> {
  return (await commands.getCommands(true)).includes(id);
}

/** Opens an address that a model's files name, after asking. */
async function openLink(href: string): Promise<void> {
  if (!/^https?:\/\//.test(href)) return;
  const open = l10n.t('Open');
  const answer = await window.showInformationMessage(l10n.t('Open {0} in the browser?', href), { modal: true }, open);
  if (answer === open) await env.openExternal(Uri.parse(href, true));
}
