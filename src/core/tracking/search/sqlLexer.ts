import { wordTypes } from './sqlWords.js';

/** A token of the filter text. Types are dotted: `Keyword.Order` is a `Keyword`. */
export interface SqlToken {
  readonly kind: 'token';
  type: string;
  readonly text: string;
}

/** Whether a type is another or one of its subtypes. */
export function isOfType(type: string, parent: string): boolean {
  return type === parent || type.startsWith(`${parent}.`);
}

export const whitespace = 'Text.Whitespace';
export const newline = 'Text.Whitespace.Newline';

const letter = 'A-Z\u00c0-\u00dc';
const word = '\\p{L}\\p{N}_';
const space = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const digit = '\\p{Nd}';
const wordEnd = `(?<=[${word}])(?![${word}])`;

/**
 * The tokenizer behind MLflow's filters, rule by rule in its order: the first rule that matches wins, however short
 * its match is. A rule of type `null` looks the word up. Source: the behaviour of sqlparse 0.6.
 */
const rules: readonly [RegExp, string | null][] = (
  [
    ['(--|# )\\+[^\\n]*?(\\r\\n|\\r|\\n|$)', 'Comment.Single.Hint'],
    ['(--|# )[^\\n]*?(\\r\\n|\\r|\\n|$)', 'Comment.Single'],
    ['(\\r\\n|\\r|\\n)', newline],
    [space, whitespace],
    [':=', 'Assignment'],
    ['::', 'Punctuation'],
    ['\\*', 'Wildcard'],
    ['`(``|[^`])*`', 'Name'],
    ['´(´´|[^´])*´', 'Name'],
    ['\\?', 'Name.Placeholder'],
    [`%(\\([${word}]+\\))?s`, 'Name.Placeholder'],
    [`(?<![${word}])[$:?][${word}]+`, 'Name.Placeholder'],
    [`\\\\[${word}]+`, 'Generic.Command'],
    [`(CASE|IN|VALUES|USING|FROM|AS)${wordEnd}`, 'Keyword'],
    [`(@|##|#)[${letter}][${word}]+`, 'Name'],
    [`[${letter}][${word}]*(?=${space}*\\.(?!${digit}))`, 'Name'],
    [`(?<=\\.)[${letter}][${word}]*`, 'Name'],
    [`[${letter}][${word}]*(?=\\()`, 'Name'],
    [`-?0x[${digit}A-F]+`, 'Literal.Number.Hexadecimal'],
    [`-?${digit}+(\\.${digit}+)?E-?${digit}+`, 'Literal.Number.Float'],
    [`(?![_${letter}])-?(${digit}+(\\.${digit}*)|\\.${digit}+)(?![_${letter}])`, 'Literal.Number.Float'],
    [`(?![_${letter}])-?${digit}+(?![_${letter}])`, 'Literal.Number.Integer'],
    ["'(''|\\\\'|[^'])*'", 'Literal.String.Single'],
    ['"(""|\\\\"|[^"])*"', 'Literal.String.Symbol'],
    ['(""|"[^\\n]*?[^\\\\]")', 'Literal.String.Symbol'],
    [`(?<![${word}\\])])(\\[[^\\]\\[]+\\])`, 'Name'],
    [
      `((LEFT${space}+|RIGHT${space}+|FULL${space}+)?(INNER${space}+|OUTER${space}+|STRAIGHT${space}+)?|(CROSS${space}+|NATURAL${space}+)?)?JOIN${wordEnd}`,
      'Keyword',
    ],
    [`END(${space}+IF|${space}+LOOP|${space}+WHILE|${space}+FOR|${space}+CASE)?${wordEnd}`, 'Keyword'],
    [`IF${space}+(NOT${space}+)?EXISTS${wordEnd}`, 'Keyword'],
    [`NOT${space}+NULL${wordEnd}`, 'Keyword'],
    [`(ASC|DESC)(${space}+NULLS${space}+(FIRST|LAST))?${wordEnd}`, 'Keyword.Order'],
    [`NULLS${space}+(FIRST|LAST)${wordEnd}`, 'Keyword.Order'],
    [`UNION${space}+ALL${wordEnd}`, 'Keyword'],
    [`CREATE(${space}+OR${space}+REPLACE)?${wordEnd}`, 'Keyword.DDL'],
    [`DOUBLE${space}+PRECISION${wordEnd}`, 'Name.Builtin'],
    [`GROUP${space}+BY${wordEnd}`, 'Keyword'],
    [`ORDER${space}+BY${wordEnd}`, 'Keyword'],
    [`PRIMARY${space}+KEY${wordEnd}`, 'Keyword'],
    [`HANDLER${space}+FOR${wordEnd}`, 'Keyword'],
    [`GO(${space}${digit}+)${wordEnd}`, 'Keyword'],
    [`(LATERAL${space}+VIEW${space}+)(EXPLODE|INLINE|PARSE_URL_TUPLE|POSEXPLODE|STACK)${wordEnd}`, 'Keyword'],
    [`(AT|WITH')${space}+TIME${space}+ZONE${space}+'[^']+'`, 'Keyword.TZCast'],
    [`(NOT${space}+)?(LIKE|ILIKE|RLIKE)${wordEnd}`, 'Operator.Comparison'],
    [`(NOT${space}+)?(REGEXP)(${space}+(BINARY))?${wordEnd}`, 'Operator.Comparison'],
    [`[${word}][$#${word}]*`, null],
    ['[;:()\\[\\],.]', 'Punctuation'],
    ['(->>?|#>>?|@>|<@|\\?\\|?|\\?&|-|#-)', 'Operator'],
    ['[<>=~!]+', 'Operator.Comparison'],
    ['[+/@#%^&|^\\-]+', 'Operator'],
  ] as [string, string | null][]
).map(([pattern, type]) => [new RegExp(pattern, 'iuy'), type]);

/** Splits a text into tokens whose texts, put together, are the text again. */
export function tokenize(text: string): SqlToken[] {
  const tokens: SqlToken[] = [];
  let position = 0;
  while (position < text.length) {
    const token = delimitedSpanAt(text, position) ?? tokenAt(text, position);
    tokens.push(token);
    position += token.text.length;
  }
  return tokens;
}

function tokenAt(text: string, position: number): SqlToken {
  for (const [pattern, type] of rules) {
    pattern.lastIndex = position;
    const match = pattern.exec(text)?.[0];
    if (match === undefined || match === '') continue;
    return { kind: 'token', type: type ?? wordTypes.get(match.toUpperCase()) ?? 'Name', text: match };
  }
  return { kind: 'token', type: 'Error', text: String.fromCodePoint(text.codePointAt(position) ?? 0) };
}

const dollarQuote = new RegExp(`\\$(?:[_${letter}][${word}]*)?\\$`, 'iuy');
const beforeDollarQuote = new RegExp(`[${word}"$]$`, 'u');

/** A block comment or a text in dollar quotes, when it is closed. */
function delimitedSpanAt(text: string, position: number): SqlToken | null {
  if (text.startsWith('/*', position)) {
    const isHint = text[position + 2] === '+';
    const end = text.indexOf('*/', position + (isHint ? 3 : 2));
    if (end < 0) return null;
    return spanToken(text, position, end + 2, isHint ? 'Comment.Multiline.Hint' : 'Comment.Multiline');
  }
  if (text[position] !== '$' || beforeDollarQuote.test(text.slice(Math.max(0, position - 2), position))) return null;
  dollarQuote.lastIndex = position;
  const delimiter = dollarQuote.exec(text)?.[0];
  const end = delimiter === undefined ? -1 : text.indexOf(delimiter, position + delimiter.length);
  if (delimiter === undefined || end < 0) return null;
  return spanToken(text, position, end + delimiter.length, 'Literal');
}

function spanToken(text: string, start: number, end: number, type: string): SqlToken {
  return { kind: 'token', type, text: text.slice(start, end) };
}
