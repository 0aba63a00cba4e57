import { commands, l10n, window, workspace, type Disposable } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import { showError } from '../errors/showError.js';
import type { HostServices } from '../hostServices.js';
import { modelArgument } from './modelArgument.js';

/** One command: what the palette, a menu or another extension starts. */
export interface Command {
  /** `mlflow.<verb><Noun>`, as in package.json. */
  id: string;
  /** Refused in Restricted Mode: it runs a model, or writes into a store or a folder. */
  needsTrust: boolean;
  /** `first` is what a menu was opened on, `selected` everything that is selected with it. */
  run(services: HostServices, first: unknown, selected: unknown): Promise<unknown>;
}

/** Registers commands; each refuses what it may not do and tells of its failures. */
export function registerCommands(table: readonly Command[], services: HostServices): Disposable[] {
  return table.map((command) =>
    commands.registerCommand(command.id, (first?: unknown, selected?: unknown) =>
      start(command, services, first, selected),
    ),
  );
}

async function start(command: Command, services: HostServices, first: unknown, selected: unknown): Promise<unknown> {
  const run = async (): Promise<unknown> => {
    if (command.needsTrust && !workspace.isTrusted) throw untrusted();
    return command.run(services, first, selected);
  };
  try {
    return await run();
  } catch (error) {
    void showError(error, {
      log: services.log,
      retry: () => start(command, services, first, selected),
      modelArgument: modelArgument(first),
    });
    return undefined;
  }
}

function untrusted(): MlflowError {
  return new MlflowError(
    l10n.t('This workspace is not trusted. Models can be looked at, but not run, saved or changed.'),
    'PERMISSION_DENIED',
    { reason: 'untrusted' },
  );
}

/** Says that something was done, and goes on without waiting for the message to be closed. */
export function tell(message: string): void {
  window.setStatusBarMessage(message, 5000);
}

/** A way on, as a button. */
export interface NextStep {
  label: string;
  run(): unknown;
}

/** A button that starts a command. */
export function commandStep(label: string, command: string, argument: unknown): NextStep {
  return { label, run: () => commands.executeCommand(command, argument) };
}

export interface Outcome {
  message: string;
  steps: readonly NextStep[];
  /** What the user should know of it; the first is said, all are in the log. */
  warnings?: readonly string[];
  /** The message itself is a warning. */
  isWarning?: boolean;
}

/** Says what long work has come to, with the ways on, and goes on without waiting for the message to be closed. */
export function offer({ log }: Pick<HostServices, 'log'>, outcome: Outcome): void {
  const { message, steps, warnings = [], isWarning = false } = outcome;
  for (const warning of warnings) log.warn(warning);
  const [first, ...others] = warnings;
  const showLog: NextStep = { label: l10n.t('Show Log'), run: () => log.show() };
  const offered = first === undefined ? steps : [...steps.slice(0, 1), showLog];
  const more = others.length === 0 ? '' : ` ${l10n.t('({0} more in the log)', others.length)}`;
  const labels = offered.map(({ label }) => label);
  const text = first === undefined ? message : `${message} ${first}${more}`;
  const shown =
    first === undefined && !isWarning
      ? window.showInformationMessage(text, ...labels)
      : window.showWarningMessage(text, ...labels);
  void shown.then((chosen) => offered.find(({ label }) => label === chosen)?.run());
}
