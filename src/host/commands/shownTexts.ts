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

  /** Keeps a text for an editor. @param name what the editor's tab says; its ending decides the language */
  keep(name: string, text: string): Uri {
    const id = String(++this.count);
    this.texts.set(id, text);
    const [oldest] = this.texts.keys();
    if (this.texts.size > maxTexts && oldest !== undefined) this.texts.delete(oldest);
    return Uri.from({ scheme: shownTextScheme, path: `/${name.replaceAll('/', ' ')}`, query: id });
  }

  /** Shows a text in an editor, Markdown as a page. @param name as for {@link keep} */
  async show(name: string, text: string, options: { preserveFocus?: boolean } = {}): Promise<void> {
    const uri = this.keep(name, text);
    if (name.endsWith('.md')) {
      await commands.executeCommand('markdown.showPreview', uri);
      return;
    }
    const document = await workspace.openTextDocument(uri);
    await window.showTextDocument(document, { preview: true, preserveFocus: options.preserveFocus ?? false });
  }
}
