import { CodeActionKind, languages, type Disposable } from 'vscode';
import type { StoreThread } from '../stores/storeThread.js';
import { MlmodelCodeLens } from './mlmodelCodeLens.js';
import { MlmodelDiagnostics } from './mlmodelDiagnostics.js';
import { MlmodelFixes } from './mlmodelFixes.js';
import { MlmodelHover } from './mlmodelHover.js';
import { MlmodelLinks } from './mlmodelLinks.js';
import { mlmodelSelector } from './mlmodelSelector.js';

/** Help in the text of MLmodel files. */
export function registerLanguage(thread: Pick<StoreThread, 'inspect'>): Disposable[] {
  const diagnostics = new MlmodelDiagnostics(thread);
  return [
    diagnostics,
    languages.registerCodeLensProvider(mlmodelSelector, new MlmodelCodeLens()),
    languages.registerHoverProvider(mlmodelSelector, new MlmodelHover()),
    languages.registerDocumentLinkProvider(mlmodelSelector, new MlmodelLinks()),
    languages.registerCodeActionsProvider(mlmodelSelector, new MlmodelFixes(diagnostics), {
      providedCodeActionKinds: [CodeActionKind.QuickFix],
    }),
  ];
}
