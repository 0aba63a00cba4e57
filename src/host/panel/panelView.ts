import { randomBytes } from 'node:crypto';
import {
  Uri,
  type CancellationToken,
  type Webview,
  type WebviewView,
  type WebviewViewProvider,
  type WebviewViewResolveContext,
} from 'vscode';
import type { Transport } from '../../protocol/channel.js';
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
    const dist = Uri.joinPath(this.extensionUri, 'dist', 'webview');
    webview.options = { enableScripts: true, localResourceRoots: [dist] };
    this.controller.attach(webviewTransport(webview));
    view.onDidDispose(() => this.controller.detach());
    webview.html = page(webview, dist);
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

function page(webview: Webview, dist: Uri): string {
  const nonce = randomBytes(16).toString('base64');
  const source = (name: string): string => webview.asWebviewUri(Uri.joinPath(dist, name)).toString();
  const policy = [
    `default-src 'none'`,
    `style-src ${webview.cspSource} 'nonce-${nonce}'`,
    `font-src ${webview.cspSource}`,
    `script-src 'nonce-${nonce}'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta property="csp-nonce" content="${nonce}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${source('codicon.css')}">
<link rel="stylesheet" href="${source('inference.css')}">
<title>Prompt</title>
</head>
<body>
<div id="root"></div>
<script type="module" nonce="${nonce}" src="${source('inference.js')}"></script>
</body>
</html>`;
}
