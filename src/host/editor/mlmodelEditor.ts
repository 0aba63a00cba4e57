import path from 'node:path';
import {
  RelativePattern,
  Uri,
  workspace,
  type CustomTextEditorProvider,
  type TextDocument,
  type WebviewPanel,
} from 'vscode';
import { webviewTransport } from '../panel/panelView.js';
import { webviewPage, webviewFolder } from '../page/webviewPage.js';
import { InspectorSession, type InspectorServices } from './inspectorSession.js';

/** Changes of a file come in bursts. */
const settleMs = 200;

/** The custom editor of MLmodel files. Reads the document (also while it is edited) and the files around it; writes nothing. */
export class MlmodelEditor implements CustomTextEditorProvider {
  constructor(
    private readonly extensionUri: Uri,
    private readonly services: InspectorServices,
  ) {}

  resolveCustomTextEditor(document: TextDocument, panel: WebviewPanel): void {
    panel.webview.options = { enableScripts: true, localResourceRoots: [webviewFolder(this.extensionUri)] };
    const session = new InspectorSession(document, webviewTransport(panel.webview), this.services);
    let timer: NodeJS.Timeout | undefined;
    const readSoon = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => void session.read(), settleMs);
    };
    const disposables = [
      workspace.onDidChangeTextDocument((event) => {
        if (event.document === document && event.contentChanges.length > 0) readSoon();
      }),
      workspace.onDidGrantWorkspaceTrust(readSoon),
      ...watchFolder(document.uri, readSoon),
    ];
    panel.onDidDispose(() => {
      clearTimeout(timer);
      for (const disposable of disposables) disposable.dispose();
      session.dispose();
    });
    panel.webview.html = webviewPage(panel.webview, this.extensionUri, 'inspector', 'Model');
    void session.read();
  }
}

/** Tells of changes in the files beside the MLmodel. */
function watchFolder(uri: Uri, onChange: () => void): { dispose(): void }[] {
  if (uri.scheme !== 'file') return [];
  const pattern = new RelativePattern(Uri.file(path.dirname(uri.fsPath)), '**/*');
  const watcher = workspace.createFileSystemWatcher(pattern);
  return [watcher, watcher.onDidChange(onChange), watcher.onDidCreate(onChange), watcher.onDidDelete(onChange)];
}
