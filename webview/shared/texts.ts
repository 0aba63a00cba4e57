import { l10n } from '../../src/core/l10n.js';

/** Takes the translations that the host has written into the page. Call it before anything is drawn. */
export function readTexts(page: Document = document): void {
  const json = page.getElementById('texts')?.textContent;
  if (json) l10n.configure(JSON.parse(json) as Record<string, string>);
}
