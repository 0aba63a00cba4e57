export type ThemeKind = 'light' | 'dark' | 'highContrast' | 'highContrastLight';

/** The kind of colour theme VS Code shows now, from the classes it puts on the body. */
export function themeKind(body: Element = document.body): ThemeKind {
  if (body.classList.contains('vscode-high-contrast-light')) return 'highContrastLight';
  if (body.classList.contains('vscode-high-contrast')) return 'highContrast';
  return body.classList.contains('vscode-light') ? 'light' : 'dark';
}

/** Whether the user asked for fewer animations. */
export function prefersReducedMotion(body: Element = document.body): boolean {
  return body.classList.contains('vscode-reduce-motion');
}

/** Calls `listener` after each change of the theme. @returns a function that ends it. */
export function onThemeChange(listener: (kind: ThemeKind) => void): () => void {
  const observer = new MutationObserver(() => listener(themeKind()));
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
  return () => observer.disconnect();
}
