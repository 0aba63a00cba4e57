import type { PanelState } from '../../src/protocol/panel.js';

/** Puts the focus where one types next: into the first field of a form that has just come, as soon as the panel has the focus. */
export class FieldFocus {
  private shown = '';
  private isDue = false;

  constructor(private readonly root: HTMLElement) {
    window.addEventListener('focus', () => this.take());
  }

  /** Called when `state` has been drawn. */
  drawn({ model, form, conversationId }: PanelState): void {
    const shown = model && form ? `${model.id}|${conversationId}` : '';
    if (shown === this.shown) return;
    this.shown = shown;
    this.isDue = shown !== '';
    this.take();
  }

  private take(): void {
    if (!this.isDue || !document.hasFocus()) return;
    this.isDue = false;
    // A control that has the focus keeps it.
    if (document.activeElement !== document.body) return;
    this.root.querySelector<HTMLElement>('.composer :is(vscode-text-area, vscode-text-field)')?.focus();
  }
}
