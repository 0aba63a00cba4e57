/** The parts of a date that a text names. */
export interface PartialDate {
  year: number | null;
  month: number | null;
  day: number | null;
}

const months = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

/** Python's `strptime` directives, in the English locale. */
const directives: Readonly<Record<string, string>> = {
  A: `(?:${weekdays.join('|')})`,
  B: `(?<month>${months.join('|')})`,
  b: `(?<month>${months.map((month) => month.slice(0, 3)).join('|')})`,
  d: '(?<day>3[01]|[12]\\d|0[1-9]|[1-9])',
  m: '(?<month>1[0-2]|0[1-9]|[1-9])',
  Y: '(?<year>\\d{4})',
};

/** In the order of trying. Source: `_DATE_PATTERNS` of transformers' tokenization_tapas. */
const patterns = [
  '%B',
  '%Y',
  '%Ys',
  '%b %Y',
  '%B %Y',
  '%B %d',
  '%b %d',
  '%d %b',
  '%d %B',
  '%B %d, %Y',
  '%d %B %Y',
  '%m-%d-%Y',
  '%Y-%m-%d',
  '%Y-%m',
  '%d %b %Y',
  '%b %d, %Y',
  '%d.%m.%Y',
  '%A, %b %d',
  '%A, %B %d',
].map(patternOf);

const firstYear = 1700;
const lastYear = 2016;
/** What Python's `strptime` fills in. */
const defaultYear = 1900;

function patternOf(format: string): RegExp {
  const source = format
    .replace(/[.]/g, '\\$&')
    .replace(/ /g, '\\s+')
    .replace(/%(\w)/g, (_, directive: string) => directives[directive] ?? '');
  return new RegExp(`^${source}$`, 'i');
}

/** The date of a text that is nothing but a date between 1700 and 2016; `null` for other texts. */
export function parseDate(text: string): PartialDate | null {
  const standard = text.replace(/Sept\b/g, 'Sep');
  for (const pattern of patterns) {
    const groups = pattern.exec(standard)?.groups;
    if (!groups) continue;
    const date = partialDate(groups);
    if (isPossible(date)) return date;
  }
  return null;
}

function partialDate({ year, month, day }: Record<string, string | undefined>): PartialDate {
  const number = (text: string | undefined): number | null => (text === undefined ? null : Number(text));
  const named = month === undefined ? -1 : months.findIndex((name) => name.startsWith(month.toLowerCase()));
  return { year: number(year), month: named >= 0 ? named + 1 : number(month), day: number(day) };
}

function isPossible({ year, month, day }: PartialDate): boolean {
  const whole = year ?? defaultYear;
  if (whole < firstYear || whole > lastYear) return false;
  return (day ?? 1) <= new Date(Date.UTC(whole, month ?? 1, 0)).getUTCDate();
}
