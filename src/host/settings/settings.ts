import { ConfigurationTarget, workspace } from 'vscode';

/** Tracking URIs of the setting, those of all scopes that apply to the workspace. */
export function trackingUris(): string[] {
  return workspace.getConfiguration('mlflow').get<string[]>('trackingUris', []);
}

/** Writes the setting where it already stands, else into the workspace (or, without one, for the user). */
export async function setTrackingUris(uris: readonly string[]): Promise<void> {
  const configuration = workspace.getConfiguration('mlflow');
  const inspected = configuration.inspect<string[]>('trackingUris');
  const hasWorkspace = (workspace.workspaceFolders?.length ?? 0) > 0;
  const target =
    !hasWorkspace || (inspected?.workspaceValue === undefined && inspected?.globalValue !== undefined)
      ? ConfigurationTarget.Global
      : ConfigurationTarget.Workspace;
  await configuration.update('trackingUris', uris.length === 0 ? undefined : uris, target);
}

/** Milliseconds between two looks for changes while the tree is visible. */
export function refreshIntervalMs(): number {
  const seconds = workspace.getConfiguration('mlflow').get<number>('tree.refreshIntervalSeconds', 1);
  return Math.max(1, seconds) * 1000;
}

/** How models are saved. */
export function saveSettings(): { compatibility: '2' | '3' | undefined; allowHardLinks: boolean } {
  const configuration = workspace.getConfiguration('mlflow.save');
  const compatibility = configuration.get<string>('compatibility', 'both');
  return {
    compatibility: compatibility === '2' || compatibility === '3' ? compatibility : undefined,
    allowHardLinks: configuration.get<boolean>('allowHardLinks', false),
  };
}
