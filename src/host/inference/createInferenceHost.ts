import { Uri, workspace, type ExtensionContext } from 'vscode';
import type { Log } from '../../core/ports.js';
import { InferenceHost } from './inferenceHost.js';

/** The inference host of the extension, with its settings. It starts no process before a model is loaded. */
export function createInferenceHost(context: ExtensionContext, log: Log): InferenceHost {
  const settings = () => workspace.getConfiguration('mlflow.inference');
  const host = new InferenceHost({
    workerPath: Uri.joinPath(context.extensionUri, 'dist', 'worker.mjs').fsPath,
    log,
    nodePath: () => settings().get<string>('nodePath', '').trim() || undefined,
    idleUnloadMs: () => {
      const minutes = settings().get<number>('idleUnloadMinutes', 10);
      return minutes > 0 ? minutes * 60_000 : null;
    },
    cacheFolder: Uri.joinPath(context.globalStorageUri, 'sessions').fsPath,
    cacheLimitBytes: () => Math.max(0, settings().get<number>('cacheLimitGigabytes', 8)) * 1e9,
  });
  context.subscriptions.push({ dispose: () => void host.dispose() });
  return host;
}
