import { argmax } from './numeric.js';

/** One token with the probabilities of its labels. Offsets are code points of the text. */
export interface TokenScores {
  word: string;
  scores: number[];
  start: number;
  end: number;
  index: number;
  isSubword: boolean;
}

/** An entity with Python's keys: `entity` and `index` of single tokens, `entity_group` of joined ones. */
export interface Entity {
  entity?: string;
  entity_group?: string;
  score: number;
  index?: number;
  word: string;
  start: number;
  end: number;
}

type LabelOf = (index: number) => string;
type Join = (words: string[]) => string;

/** Each token under its best label. */
export function nameTokens(tokens: readonly TokenScores[], label: LabelOf): Entity[] {
  return tokens.map(({ word, scores, start, end, index }) => {
    const best = argmax(scores);
    return { entity: label(best), score: scores[best]!, index, word, start, end };
  });
}

/** Whole words under one label each, decided by their first token, the average, or the surest token. */
export function nameWords(
  tokens: readonly TokenScores[],
  strategy: 'FIRST' | 'AVERAGE' | 'MAX',
  label: LabelOf,
  join: Join,
): Entity[] {
  const words: TokenScores[][] = [];
  for (const token of tokens) {
    const last = words.at(-1);
    if (last && token.isSubword) last.push(token);
    else words.push([token]);
  }
  return words.map((word) => {
    const scores = wordScores(word, strategy);
    const best = argmax(scores);
    return {
      entity: label(best),
      score: scores[best]!,
      word: join(word.map((token) => token.word)),
      start: word[0]!.start,
      end: word.at(-1)!.end,
    };
  });
}

function wordScores(word: readonly TokenScores[], strategy: 'FIRST' | 'AVERAGE' | 'MAX'): number[] {
  if (strategy === 'FIRST') return word[0]!.scores;
  if (strategy === 'MAX') {
    return word
      .map(({ scores }) => scores)
      .reduce((best, scores) => (Math.max(...scores) > Math.max(...best) ? scores : best));
  }
  return word[0]!.scores.map((_, label) => mean(word.map(({ scores }) => scores[label]!)));
}

function mean(values: readonly number[]): number {
  return Math.fround(values.reduce((sum, value) => sum + value, 0) / values.length);
}

function tagOf(name: string): { isBeginning: boolean; tag: string } {
  if (name.startsWith('B-')) return { isBeginning: true, tag: name.slice(2) };
  return { isBeginning: false, tag: name.startsWith('I-') ? name.slice(2) : name };
}

/** Neighbours of one tag as one entity; a `B-` label always begins a new one. */
export function groupEntities(entities: readonly Entity[], join: Join): Entity[] {
  const groups: Entity[][] = [];
  for (const entity of entities) {
    const last = groups.at(-1);
    const { isBeginning, tag } = tagOf(entity.entity!);
    if (last && tagOf(last.at(-1)!.entity!).tag === tag && !isBeginning) last.push(entity);
    else groups.push([entity]);
  }
  return groups.map((group) => ({
    entity_group: withoutPrefix(group[0]!.entity!),
    score: mean(group.map(({ score }) => score)),
    word: join(group.map(({ word }) => word)),
    start: group[0]!.start,
    end: group.at(-1)!.end,
  }));
}

/** `name.split("-", 1)[-1]`. */
function withoutPrefix(name: string): string {
  const dash = name.indexOf('-');
  return dash < 0 ? name : name.slice(dash + 1);
}

/** Of entities that overlap (windows do), the longer stays, of equally long ones the surer. */
export function mergeOverlapping(entities: readonly Entity[]): Entity[] {
  const sorted = [...entities].sort((a, b) => a.start - b.start);
  const merged: Entity[] = [];
  for (const entity of sorted) {
    const previous = merged.at(-1);
    if (!previous || entity.start >= previous.end || entity.start < previous.start) {
      merged.push(entity);
      continue;
    }
    const length = entity.end - entity.start;
    const previousLength = previous.end - previous.start;
    if (length > previousLength || (length === previousLength && entity.score > previous.score)) {
      merged[merged.length - 1] = entity;
    }
  }
  return merged;
}
