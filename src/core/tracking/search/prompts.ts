import { textOfValue, type Clause } from './clause.js';

/** The tag that makes a registered model a prompt. */
export const promptTagKey = 'mlflow.prompt.is_prompt';

export function isPromptTag(clause: Pick<Clause, 'entity' | 'key'>): boolean {
  return clause.entity === 'tag' && clause.key === promptTagKey;
}

/** What does not carry the tag is no prompt: it satisfies `= 'false'` and `!= 'true'`. */
export function satisfiesAsNoPrompt(clause: Clause, comparator: string): boolean {
  const value = textOfValue(clause.value);
  return (comparator === '=' && value === 'false') || (comparator === '!=' && value === 'true');
}

/** Whether a filter of a SQL store asks for prompts; the first clause on the tag decides. */
export function asksForPrompts(clauses: readonly Clause[]): boolean {
  const clause = clauses.find(isPromptTag);
  if (clause === undefined) return false;
  const value = textOfValue(clause.value).toLowerCase();
  return (clause.comparator === '=' && value === 'true') || (clause.comparator === '!=' && value === 'false');
}

/**
 * A filter with the clause that leaves prompts out, unless it speaks of them itself. It is added as text: what the filter leaves
 * open (a comment, a quote) takes the clause with it. Source: mlflow.prompt.registry_utils.add_prompt_filter_string
 */
export function withoutPrompts(filterString: string | null | undefined): string {
  const exclusion = `tag.\`${promptTagKey}\` != 'true'`;
  if (filterString == null || filterString === '') return exclusion;
  return filterString.includes(promptTagKey) ? filterString : `${filterString} AND ${exclusion}`;
}
