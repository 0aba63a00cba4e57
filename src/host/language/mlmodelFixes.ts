import { CodeAction, CodeActionKind, Range, WorkspaceEdit, type CodeActionProvider, type TextDocument } from 'vscode';
import { fixEdit } from './fixEdit.js';
import type { MlmodelDiagnostics } from './mlmodelDiagnostics.js';

/** Quick fixes for problems that have one. */
export class MlmodelFixes implements CodeActionProvider {
  constructor(private readonly diagnostics: MlmodelDiagnostics) {}

  provideCodeActions(document: TextDocument, range: Range): CodeAction[] {
    return this.diagnostics.at(document, range.start.line).flatMap(({ fix, path }) => {
      const change = fix === undefined ? undefined : fixEdit(document.getText(), path, fix.value);
      if (fix === undefined || change === undefined) return [];
      const action = new CodeAction(fix.title, CodeActionKind.QuickFix);
      action.edit = new WorkspaceEdit();
      const target = new Range(document.positionAt(change.start), document.positionAt(change.end));
      action.edit.replace(document.uri, target, change.text);
      return [action];
    });
  }
}
