import { commands, Uri, window, workspace, type TextDocumentContentProvider } from 'vscode';

/** Scheme of texts that are shown and never saved. */
export const shownTextScheme = 'mlflow-text';
/** Texts kept for editors that are shown again. */
const maxTexts = 20;

/** Shows texts that were made here in read-only editors: nothing asks whether to save them. */
export class ShownTexts implements TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();
  private count = 0;

  provideTextDocumentContent(uri: Uri): string {
    return this.texts.get(uri.query) ?? '';
  }

  /** @param name what the editor's tab says; its ending decides the language */
  async show(name: string, text: string, options: { preserveFocus?: boolean } = {}): Promise<void> {
    const id = String(++this.count);
    this.texts.set(id, text);
    const [oldest] = this.texts.keys();
    if (this.texts.size > maxTexts && oldest !== undefined) this.texts.delete(oldest);
    const uri = Uri.from({ scheme: shownTextScheme, path: `/${name.replaceAll('/', ' ')}`, query: id });
    if (name.endsWith('.md')) {
      await commands.executeCommand('markdown.showPreview', uri);
      return;
    }
    const document = await workspace.openTextDocument(uri);
    await window.showTextDocument(document, { preview: true, preserveFocus: options.preserveFocus ?? false });
  }
}
