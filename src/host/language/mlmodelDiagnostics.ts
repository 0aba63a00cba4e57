import path from 'node:path';
import {
  Diagnostic,
  DiagnosticSeverity,
  languages,
  Range,
  workspace,
  type Disposable,
  type TextDocument,
} from 'vscode';
import type { MlmodelProblem } from '../../core/mlmodel/mlmodelProblems.js';
import type { StoreThread } from '../stores/storeThread.js';

const severities = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
} as const;
/** Typing comes in bursts. */
const settleMs = 300;

/** Shows the problems of open MLmodel files, and keeps them for the quick fixes. */
export class MlmodelDiagnostics implements Disposable {
  private readonly collection = languages.createDiagnosticCollection('mlflow');
  private readonly problems = new Map<string, MlmodelProblem[]>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly disposables: Disposable[];

  constructor(private readonly thread: Pick<StoreThread, 'inspect'>) {
    this.disposables = [
      this.collection,
      workspace.onDidOpenTextDocument((document) => this.checkSoon(document)),
      workspace.onDidChangeTextDocument(({ document }) => this.checkSoon(document)),
      workspace.onDidSaveTextDocument((document) => this.checkSoon(document)),
      workspace.onDidCloseTextDocument((document) => this.forget(document)),
    ];
    for (const document of workspace.textDocuments) this.checkSoon(document);
  }

  /** Problems on a line (from 0) of a document. */
  at(document: TextDocument, line: number): MlmodelProblem[] {
    return (this.problems.get(document.uri.toString()) ?? []).filter((problem) => problem.line - 1 === line);
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    for (const disposable of this.disposables) disposable.dispose();
  }

  private checkSoon(document: TextDocument): void {
    if (path.posix.basename(document.uri.path) !== 'MLmodel' || document.uri.scheme === 'git') return;
    const key = document.uri.toString();
    clearTimeout(this.timers.get(key));
    this.timers.set(
      key,
      setTimeout(() => void this.check(document), settleMs),
    );
  }

  private async check(document: TextDocument): Promise<void> {
    const text = document.getText();
    const folder = document.uri.scheme === 'file' ? path.dirname(document.uri.fsPath) : undefined;
    const problems = await this.thread.inspect('mlmodelProblems', { text, folder });
    if (document.isClosed) return;
    this.problems.set(document.uri.toString(), problems);
    this.collection.set(
      document.uri,
      problems.map((problem) => diagnostic(document, problem)),
    );
  }

  private forget(document: TextDocument): void {
    const key = document.uri.toString();
    clearTimeout(this.timers.get(key));
    this.timers.delete(key);
    this.problems.delete(key);
    this.collection.delete(document.uri);
  }
}

function diagnostic(document: TextDocument, { line, column, message, severity, code }: MlmodelProblem): Diagnostic {
  const at = Math.min(Math.max(0, line - 1), document.lineCount - 1);
  const range = new Range(at, Math.max(0, column - 1), at, document.lineAt(at).text.length);
  const result = new Diagnostic(range, message, severities[severity]);
  result.source = 'MLflow';
  result.code = code;
  return result;
}
