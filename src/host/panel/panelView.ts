import type {
  Uri,
  CancellationToken,
  Webview,
  WebviewView,
  WebviewViewProvider,
  WebviewViewResolveContext,
} from 'vscode';
import type { Transport } from '../../protocol/channel.js';
import { webviewFolder, webviewPage } from '../page/webviewPage.js';
import type { PanelController } from './panelController.js';

export const panelViewId = 'mlflow.prompt';

/** The view *Prompt*: an empty page that follows the controller's state. VS Code may drop and remake it at any time. */
export class PanelView implements WebviewViewProvider {
  constructor(
    private readonly extensionUri: Uri,
    private readonly controller: PanelController,
  ) {}

  resolveWebviewView(view: WebviewView, _context: WebviewViewResolveContext, _token: CancellationToken): void {
    const { webview } = view;
    webview.options = { enableScripts: true, localResourceRoots: [webviewFolder(this.extensionUri)] };
    this.controller.attach(webviewTransport(webview));
    view.onDidDispose(() => this.controller.detach());
    webview.html = webviewPage(webview, this.extensionUri, 'inference', 'Prompt');
    this.controller.restore();
  }
}

/** A webview as a pair of pipes. */
export function webviewTransport(webview: Webview): Transport {
  return {
    post: (message) => void webview.postMessage(message),
    onMessage: (listener) => void webview.onDidReceiveMessage(listener),
  };
}
