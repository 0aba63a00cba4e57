import { randomBytes } from 'node:crypto';
import { env, l10n, Uri, type Webview } from 'vscode';

/** Folder of the built webviews. */
export function webviewFolder(extensionUri: Uri): Uri {
  return Uri.joinPath(extensionUri, 'dist', 'webview');
}

/**
 * The empty page of a webview: scripts by nonce, styles and fonts from the extension, the user's language as data, nothing
 * else.
 * @param bundle name of the built script and style sheet.
 */
export function webviewPage(
  webview: Webview,
  extensionUri: Uri,
  bundle: 'inspector' | 'inference',
  title: string,
): string {
  const nonce = randomBytes(16).toString('base64');
  const source = (name: string): string =>
    webview.asWebviewUri(Uri.joinPath(webviewFolder(extensionUri), name)).toString();
  const policy = [
    `default-src 'none'`,
    `style-src ${webview.cspSource} 'nonce-${nonce}'`,
    `font-src ${webview.cspSource}`,
    `script-src 'nonce-${nonce}'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escape(env.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta property="csp-nonce" content="${nonce}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${source('codicon.css')}">
<link rel="stylesheet" href="${source(`${bundle}.css`)}">
<title>${escape(title)}</title>
</head>
<body>
<div id="root"></div>
<script type="application/json" id="texts">${data(l10n.bundle ?? {})}</script>
<script type="module" nonce="${nonce}" src="${source(`${bundle}.js`)}"></script>
</body>
</html>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** JSON that can stand in a script element: nothing in it ends the element. */
function data(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
