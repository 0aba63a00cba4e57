/** Where `actual` differs from `expected`: numbers by more than 1e-5 of their size, keys in their order; undefined when it does not. */
export function difference(
  actual: unknown,
  expected: unknown,
  at = 'value',
  ignored: readonly string[] = [],
): string | undefined {
  if (typeof actual === 'number' && typeof expected === 'number') {
    const allowed = 1e-5 * Math.max(1, Math.abs(expected));
    return Math.abs(actual - expected) <= allowed ? undefined : `${at}: ${actual} instead of ${expected}`;
  }
  if (Array.isArray(actual) && Array.isArray(expected)) {
    if (actual.length !== expected.length) return `${at}: ${actual.length} items instead of ${expected.length}`;
    return firstOf(actual.map((item, i) => difference(item, expected[i], `${at}[${i}]`, ignored)));
  }
  if (isRecord(actual) && isRecord(expected)) {
    const keys = Object.keys(actual);
    if (keys.join() !== Object.keys(expected).join())
      return `${at}: keys ${keys.join()} instead of ${Object.keys(expected).join()}`;
    const compared = keys.filter((key) => !ignored.includes(key));
    return firstOf(compared.map((key) => difference(actual[key], expected[key], `${at}.${key}`, ignored)));
  }
  return Object.is(actual, expected)
    ? undefined
    : `${at}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`;
}

function firstOf(differences: (string | undefined)[]): string | undefined {
  return differences.find((found) => found !== undefined);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
