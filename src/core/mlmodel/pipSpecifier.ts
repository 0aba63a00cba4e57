import { compareCodePoints } from '../serialization/pyValue.js';
import { canonicalVersion, comparePythonVersions, parsePythonVersion, type PythonVersion } from './pep440.js';

/** One version clause: `>=1.0`. */
export interface PipSpecifier {
  readonly operator: string;
  readonly version: string;
}

const preRelease = String.raw`(?:[-_.]?(?:alpha|beta|preview|pre|a|b|c|rc)[-_.]?[0-9]*)?`;
const postRelease = String.raw`(?:-[0-9]+|[-_.]?(?:post|rev|r)[-_.]?[0-9]*)?`;
const devRelease = String.raw`(?:[-_.]?dev[-_.]?[0-9]*)?`;
const localLabel = String.raw`(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?`;
const release = String.raw`v?(?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*`;

/** Source of a pattern for one specifier, by the grammar of `packaging.specifiers`. */
export const specifierSource = [
  String.raw`===\s*[^\s;)]*`,
  String.raw`(?:==|!=)\s*${release}(?:\.\*|${preRelease}${postRelease}${devRelease}${localLabel})`,
  String.raw`~=\s*v?(?:[0-9]+!)?[0-9]+(?:\.[0-9]+)+${preRelease}${postRelease}${devRelease}`,
  String.raw`(?:<=|>=|<|>)\s*${release}${preRelease}${postRelease}${devRelease}`,
].join('|');

/** Takes `>=1.0,<2` apart; the text has been checked against {@link specifierSource}. */
export function splitSpecifiers(text: string): PipSpecifier[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const operator = /^(?:===|~=|==|!=|<=|>=|<|>)/.exec(part)?.[0] ?? '';
      return { operator, version: part.slice(operator.length).trim() };
    });
}

export function specifierText({ operator, version }: PipSpecifier): string {
  return operator + version;
}

/** Two specifiers with the same form allow the same versions. */
function canonicalForm({ operator, version }: PipSpecifier): string {
  if (operator === '===' || version.endsWith('.*')) return operator + version;
  return operator + canonicalVersion(version, operator !== '~=');
}

/** Each clause once, sorted by its text. Source: packaging's `SpecifierSet`. */
export function specifierSet(specifiers: readonly PipSpecifier[]): PipSpecifier[] {
  const seen = new Set<string>();
  return [...specifiers]
    .sort((left, right) => compareCodePoints(specifierText(left), specifierText(right)))
    .filter((specifier) => !seen.has(canonicalForm(specifier)) && seen.add(canonicalForm(specifier)));
}

export function specifierSetText(specifiers: readonly PipSpecifier[]): string {
  return specifierSet(specifiers).map(specifierText).join(',');
}

export function sameSpecifiers(left: readonly PipSpecifier[], right: readonly PipSpecifier[]): boolean {
  const forms = (specifiers: readonly PipSpecifier[]) => [...new Set(specifiers.map(canonicalForm))].sort().join();
  return forms(left) === forms(right);
}

/**
 * Whether no version at all can satisfy the clauses, as far as that shows without an index: a pinned version outside the
 * bounds, two different pins, a lower bound above the upper one.
 */
export function areContradictory(specifiers: readonly PipSpecifier[]): boolean {
  const bounds = specifiers.flatMap(({ operator, version }) => {
    const parsed = version.endsWith('.*') ? undefined : parsePythonVersion(version);
    return parsed === undefined || operator === '===' ? [] : [{ operator, version: parsed }];
  });
  const pins = bounds.filter(({ operator }) => operator === '==');
  if (pins.length > 0) return pins.some((pin) => bounds.some((bound) => !allows(bound, pin.version)));
  const lower = bounds.filter(({ operator }) => operator === '>=' || operator === '>' || operator === '~=');
  const upper = bounds.filter(({ operator }) => operator === '<=' || operator === '<');
  return lower.some((low) =>
    upper.some((high) => {
      const order = comparePythonVersions(low.version, high.version);
      return order > 0 || (order === 0 && (low.operator === '>' || high.operator === '<'));
    }),
  );
}

function allows(bound: { operator: string; version: PythonVersion }, version: PythonVersion): boolean {
  const order = comparePythonVersions(version, bound.version);
  switch (bound.operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    default: {
      const prefix = bound.version.release.slice(0, -1);
      return order >= 0 && prefix.every((part, index) => part === (version.release[index] ?? 0));
    }
  }
}
