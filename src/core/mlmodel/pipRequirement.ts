import { compareCodePoints } from '../serialization/pyValue.js';
import type { MlflowGeneration } from './compatibility.js';
import { MarkerParser, formatMarker, type MarkerExpression } from './pipMarker.js';
import { specifierSetText, specifierSource, splitSpecifiers, type PipSpecifier } from './pipSpecifier.js';
import { TextScanner } from './textScanner.js';

/** A requirement by PEP 508. Source: packaging.requirements. */
export interface PipRequirement {
  readonly name: string;
  readonly extras: readonly string[];
  readonly specifiers: readonly PipSpecifier[];
  /** The clauses as MLflow 2 joins them when it merges two requirements; it does not sort them then. */
  readonly joinedSpecifiers?: string | undefined;
  readonly url: string | null;
  readonly marker: MarkerExpression | null;
}

const blank = /[ \t]+/y;
const identifier = /\b[a-zA-Z0-9][a-zA-Z0-9._-]*\b/y;
const specifier = new RegExp(specifierSource, 'iy');
const wildcardTail = /\.\*/y;
const localTail = /\+[a-z0-9]+(?:[-_.][a-z0-9]+)*/y;
const url = /[^ \t]+/y;

/** @returns undefined where Python raises `InvalidRequirement`: URLs, paths, options, hashes */
export function parsePipRequirement(text: string): PipRequirement | undefined {
  const scanner = new TextScanner(text);
  scanner.take(blank);
  const name = scanner.take(identifier);
  if (name === undefined) return undefined;
  scanner.take(blank);
  const extras = parseExtras(scanner);
  if (extras === undefined) return undefined;
  scanner.take(blank);
  if (scanner.takeText('@')) return parseUrlRequirement(scanner, name, extras);
  const specifiers = parseSpecifiers(scanner);
  if (specifiers === undefined) return undefined;
  scanner.take(blank);
  const marker = parseTrailingMarker(scanner);
  return marker === undefined
    ? undefined
    : { name, extras, specifiers: splitSpecifiers(specifiers), url: null, marker: marker.expression };
}

function parseUrlRequirement(
  scanner: TextScanner,
  name: string,
  extras: readonly string[],
): PipRequirement | undefined {
  scanner.take(blank);
  const target = scanner.take(url);
  if (target === undefined) return undefined;
  if (!scanner.isAtEnd && scanner.take(blank) === undefined) return undefined;
  const marker = parseTrailingMarker(scanner);
  return marker === undefined ? undefined : { name, extras, specifiers: [], url: target, marker: marker.expression };
}

function parseExtras(scanner: TextScanner): string[] | undefined {
  const extras: string[] = [];
  if (!scanner.takeText('[')) return extras;
  scanner.take(blank);
  for (let extra = scanner.take(identifier); extra !== undefined; extra = scanner.take(identifier)) {
    extras.push(extra);
    scanner.take(blank);
    if (!scanner.takeText(',')) break;
    scanner.take(blank);
    if (!scanner.matches(identifier)) return undefined;
  }
  scanner.take(blank);
  return scanner.takeText(']') ? extras : undefined;
}

function parseSpecifiers(scanner: TextScanner): string | undefined {
  const isEnclosed = scanner.takeText('(');
  scanner.take(blank);
  let text = '';
  for (let part = scanner.take(specifier); part !== undefined; part = scanner.take(specifier)) {
    text += part;
    if (scanner.matches(wildcardTail) || scanner.matches(localTail)) return undefined;
    scanner.take(blank);
    if (!scanner.takeText(',')) break;
    text += ',';
    scanner.take(blank);
  }
  scanner.take(blank);
  return !isEnclosed || scanner.takeText(')') ? text : undefined;
}

function parseTrailingMarker(scanner: TextScanner): { expression: MarkerExpression | null } | undefined {
  if (scanner.isAtEnd) return { expression: null };
  if (!scanner.takeText(';')) return undefined;
  const expression = new MarkerParser(scanner).parse();
  scanner.take(blank);
  return expression === undefined || !scanner.isAtEnd ? undefined : { expression };
}

/**
 * A requirement's text as Python's `str(Requirement)` gives it under either generation's `packaging`: extras and clauses
 * sorted, markers in double quotes.
 */
export function pipRequirementText(requirement: PipRequirement, generation: MlflowGeneration): string {
  const { name, extras, specifiers, joinedSpecifiers, url: target, marker } = requirement;
  const extrasText = [...new Set(extras)].sort(compareCodePoints).join(',');
  return [
    name,
    extrasText === '' ? '' : `[${extrasText}]`,
    joinedSpecifiers ?? specifierSetText(specifiers),
    target === null ? '' : `${generation === '3' ? ' ' : ''}@ ${target}${marker === null ? '' : ' '}`,
    marker === null ? '' : `; ${formatMarker(marker, generation)}`,
  ].join('');
}

/** A package name in PEP 503's normal form: lower case, runs of `-`, `_` and `.` as one hyphen. */
export function normalizePackageName(name: string): string {
  return name.replaceAll(/[-_.]+/g, '-').toLowerCase();
}
