import { languages, type Disposable } from 'vscode';
import { MlmodelCodeLens } from './mlmodelCodeLens.js';
import { MlmodelHover } from './mlmodelHover.js';
import { MlmodelLinks } from './mlmodelLinks.js';
import { mlmodelSelector } from './mlmodelSelector.js';

/** Help in the text of MLmodel files. */
export function registerLanguage(): Disposable[] {
  return [
    languages.registerCodeLensProvider(mlmodelSelector, new MlmodelCodeLens()),
    languages.registerHoverProvider(mlmodelSelector, new MlmodelHover()),
    languages.registerDocumentLinkProvider(mlmodelSelector, new MlmodelLinks()),
  ];
}
