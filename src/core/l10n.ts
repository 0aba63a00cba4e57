type Argument = string | number;
type Bundle = Readonly<Record<string, string>>;

/** Where the translations are: the bundles of one process share them. */
const key = Symbol.for('mlflow-transformers.l10n');
const shared = globalThis as { [key]?: Bundle };

/**
 * The texts of the interface, where VS Code's own `l10n` cannot be imported: webviews, and code that runs outside the editor
 * too. English is both the key and what is said without a translation. `scripts/extractTexts.mjs` collects the calls of `t`.
 */
export const l10n = {
  /** Sets the translations by their English texts: the content of VS Code's `l10n.bundle`. */
  configure(bundle: Bundle): void {
    shared[key] = bundle;
  },

  /** A text in the user's language, `{0}`, `{1}`, ... replaced by the arguments. `text` is one literal. */
  t(text: string, ...args: Argument[]): string {
    const bundle = shared[key];
    const translated = bundle !== undefined && Object.hasOwn(bundle, text) ? (bundle[text] ?? text) : text;
    return translated.replace(/\{(\d+)\}/g, (place, index: string) => String(args[Number(index)] ?? place));
  },
};
