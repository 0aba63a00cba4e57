const patterns = new Map<string, RegExp>();
const maxPatterns = 64;

/**
 * Whether a text matches a LIKE pattern: `%` any run, `_` one character, neither a line break; there is no escape
 * character. Source: mlflow.utils.search_utils._like and _ilike (a file store's; SQLite has its own LIKE)
 */
export function matchesLike(text: string, pattern: string, ignoreCase: boolean): boolean {
  return likeExpression(pattern, ignoreCase).test(text);
}

function likeExpression(pattern: string, ignoreCase: boolean): RegExp {
  const key = `${ignoreCase}:${pattern}`;
  const known = patterns.get(key);
  if (known !== undefined) return known;
  const body = pattern
    .replace(/[\\^$.*+?()[\]{}|/-]/g, (character) => `\\${character}`)
    .replaceAll('\\-', '-')
    .replaceAll('%', '[^\\n]*')
    .replaceAll('_', '[^\\n]');
  const end = pattern.endsWith('%') ? '' : '(?=\\n?$)';
  const expression = new RegExp(`^${body}${end}`, ignoreCase ? 'iu' : 'u');
  if (patterns.size >= maxPatterns) patterns.clear();
  patterns.set(key, expression);
  return expression;
}
