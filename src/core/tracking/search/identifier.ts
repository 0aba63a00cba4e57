import { MlflowError } from '../../errors.js';
import type { ClauseEntity } from './clause.js';
import { datasetAttributes, setText, type FilterGrammar } from './filterGrammar.js';

const entityNames: Readonly<Record<string, ClauseEntity>> = {
  metric: 'metric',
  metrics: 'metric',
  parameter: 'parameter',
  parameters: 'parameter',
  param: 'parameter',
  params: 'parameter',
  tag: 'tag',
  tags: 'tag',
  attribute: 'attribute',
  attributes: 'attribute',
  attr: 'attribute',
  run: 'attribute',
  dataset: 'dataset',
  datasets: 'dataset',
};

interface Identifier {
  entity: ClauseEntity;
  key: string;
}

/**
 * Splits `entity.key` at its first dot and checks both. `attributes` are the attribute keys allowed here.
 * @throws INVALID_PARAMETER_VALUE for an unknown entity or attribute.
 */
export function parseIdentifier(text: string, grammar: FilterGrammar, attributes: readonly string[]): Identifier {
  const dot = text.indexOf('.');
  const entityText = dot < 0 ? null : text.slice(0, dot);
  const rawKey = dot < 0 ? text : text.slice(dot + 1);
  const knowsAllEntities = grammar.kind === 'runs' || grammar.kind === 'loggedModels';
  const entity =
    entityText === null ? 'attribute' : knowsAllEntities ? anyEntity(entityText) : attributeOrTag(entityText);
  const key = trimBackticks(stripQuotes(rawKey));
  const checksQuotedKey = grammar.kind === 'registeredModels' || grammar.kind === 'modelVersions';
  checkKey(entity, checksQuotedKey ? rawKey : key, attributes);
  return { entity, key };
}

/** As {@link parseIdentifier} in an `order_by` of experiments and of the registry, where the key's quotes are cut first. */
export function parseOrderIdentifier(text: string, attributes: readonly string[]): Identifier {
  const dot = text.indexOf('.');
  const entity = dot < 0 ? 'attribute' : attributeOrTag(text.slice(0, dot));
  const key = trimBackticks(stripQuotes(dot < 0 ? text : text.slice(dot + 1)));
  checkKey(entity, key, attributes);
  return { entity, key };
}

function checkKey(entity: ClauseEntity, key: string, attributes: readonly string[]): void {
  if (entity === 'attribute' && !attributes.includes(key)) {
    throw MlflowError.invalidParameter(
      `Invalid attribute key '${key}' specified. Valid keys are '${setText(attributes)}'`,
    );
  }
  if (entity === 'dataset' && !(datasetAttributes as readonly string[]).includes(key)) {
    throw MlflowError.invalidParameter(
      `Invalid dataset key '${key}' specified. Valid keys are '${setText(datasetAttributes)}'`,
    );
  }
}

function anyEntity(text: string): ClauseEntity {
  const name = trimBackticks(text);
  const entity = Object.hasOwn(entityNames, name) ? entityNames[name] : undefined;
  if (entity !== undefined) return entity;
  throw MlflowError.invalidParameter(
    `Invalid entity type '${name}'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']`,
  );
}

function attributeOrTag(text: string): ClauseEntity {
  if (text === 'attribute') return 'attribute';
  if (text === 'tag' || text === 'tags') return 'tag';
  throw MlflowError.invalidParameter(
    `Invalid entity type '${text}'. Valid entity types are ('attribute', 'tag', 'tags')`,
  );
}

/** Other spellings of run attributes. */
export function translateKeyAlias(key: string): string {
  if (key === 'created' || key === 'Created') return 'start_time';
  if (key === 'run name' || key === 'Run name' || key === 'Run Name') return 'run_name';
  return key;
}

function isQuoted(text: string, quote: string): boolean {
  return text.length >= 2 && text.startsWith(quote) && text.endsWith(quote);
}

function trimBackticks(text: string): string {
  return isQuoted(text, '`') ? text.slice(1, -1) : text;
}

/** Cuts the outer quotes off; nothing inside is unescaped. */
export function stripQuotes(text: string): string {
  return isQuoted(text, "'") || isQuoted(text, '"') ? text.slice(1, -1) : text;
}

/** @throws INVALID_PARAMETER_VALUE when there are no quotes to cut off. */
export function stripRequiredQuotes(text: string): string {
  if (isQuoted(text, "'") || isQuoted(text, '"')) return text.slice(1, -1);
  throw MlflowError.invalidParameter(
    'Parameter value is either not quoted or unidentified quote ' +
      `types used for string value ${text}. Use either single or double quotes.`,
  );
}
