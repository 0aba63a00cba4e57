type Argument = string | number;

let translations: Readonly<Record<string, string>> = {};

/**
 * The texts of the interface, where VS Code's own `l10n` cannot be imported: webviews, and code that runs outside the editor
 * too. English is both the key and what is said without a translation. `scripts/extractTexts.mjs` collects the calls of `t`.
 */
export const l10n = {
  /** Sets the translations by their English texts: the content of VS Code's `l10n.bundle`. */
  configure(bundle: Readonly<Record<string, string>>): void {
    translations = bundle;
  },

  /** A text in the user's language, `{0}`, `{1}`, ... replaced by the arguments. `text` is one literal. */
  t(text: string, ...args: Argument[]): string {
    const translated = Object.hasOwn(translations, text) ? (translations[text] ?? text) : text;
    return translated.replace(/\{(\d+)\}/g, (place, index: string) => String(args[Number(index)] ?? place));
  },
};
