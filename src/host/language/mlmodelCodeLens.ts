import { CodeLens, l10n, Range, type CodeLensProvider, type TextDocument } from 'vscode';
import { folderReference } from '../commands/modelArgument.js';
import { topLevelKeys } from './mlmodelOutline.js';

/** *Inspect* at the top and above the signature, *Prompt* above the transformers flavor. */
export class MlmodelCodeLens implements CodeLensProvider {
  provideCodeLenses(document: TextDocument): CodeLens[] {
    const keys = topLevelKeys(document.getText());
    const model = folderReference(document.uri);
    const lens = (line: number, title: string, command: string): CodeLens =>
      new CodeLens(new Range(line, 0, line, 0), { title, command, arguments: [model] });
    const lenses = [lens(0, l10n.t('$(search) Inspect'), 'mlflow.openMlmodel')];
    const transformers = keys.find((key) => key.path === 'flavors.transformers');
    if (transformers !== undefined) {
      lenses.push(lens(transformers.line, l10n.t('$(play) Prompt'), 'mlflow.promptModel'));
    }
    return lenses;
  }
}
