import os from 'node:os';
import { env, l10n, version, workspace } from 'vscode';
import type { HostServices } from '../hostServices.js';
import { redact } from '../log/redact.js';
import { tell, type Command } from './command.js';

/** Commands for people who look for what went wrong. */
export const diagnosticsCommands: readonly Command[] = [
  { id: 'mlflow.showLog', needsTrust: false, run: async ({ log }) => log.show() },
  { id: 'mlflow.copyDiagnostics', needsTrust: false, run: copyDiagnostics },
];

async function copyDiagnostics(services: HostServices): Promise<string> {
  const text = redact(await diagnostics(services));
  await env.clipboard.writeText(text);
  tell(l10n.t('Copied diagnostics'));
  return text;
}

async function diagnostics({ stores, models, extensionVersion, view }: HostServices): Promise<string> {
  const lines = [
    `MLflow Transformers ${extensionVersion}, VS Code ${version} (${env.appHost}${env.remoteName === undefined ? '' : `, ${env.remoteName}`})`,
    `${os.platform()} ${os.release()} ${os.arch()}, Node ${process.version}, ${os.cpus().length} × ${os.cpus()[0]?.model ?? 'unknown CPU'}`,
    `Memory: ${(os.totalmem() / 1e9).toFixed(1)} GB, ${(os.freemem() / 1e9).toFixed(1)} GB free`,
    `Trusted: ${workspace.isTrusted}, folders: ${workspace.workspaceFolders?.length ?? 0}, filter: ${view.current.filterString || 'none'}`,
    `Models: ${models.list().length}`,
    'Stores:',
  ];
  for (const connection of stores.all) {
    const state = await connection.open().then(
      () => 'open',
      (error: unknown) => String(error),
    );
    lines.push(`- ${connection.uri} (${connection.location.origin}): ${state}`);
  }
  return `${lines.join('\n')}\n`;
}
