import type { MlflowError } from '../../core/errors.js';
import type { OutputComparison } from '../../core/inspector/outputComparison.js';
import type { InspectorModel } from '../../core/inspector/inspectorModel.js';
import { errorText } from '../errors/errorTable.js';

/** What a validation came to: the answer, or why there is none. */
export type ValidationOutcome =
  | { predictions: unknown; /** `null` without an output signature. */ comparison: OutputComparison | null }
  | { error: MlflowError };

/** Characters of an answer in the report. */
const maxAnswerLength = 4000;

/** A report in Markdown: every check with its result. */
export function validationReport(
  name: string,
  model: InspectorModel,
  input: string,
  outcome: ValidationOutcome,
): { text: string; isValid: boolean } {
  const lines: string[] = [];
  let isValid = true;
  const check = (isGood: boolean, text: string): void => {
    isValid &&= isGood;
    lines.push(`- ${isGood ? '✓' : '✗'} ${text}`);
  };
  const errors = model.problems.filter(({ severity }) => severity === 'error');
  check(
    errors.length === 0,
    errors.length === 0 ? 'MLmodel and the files around it are consistent' : 'MLmodel has errors',
  );
  for (const { severity, message, line } of model.problems) lines.push(`  - ${severity}, line ${line}: ${message}`);
  check(model.weights.error === null, model.weights.error ?? 'The weight files are complete');
  if (model.inputExample !== null) {
    check(model.inputExample.error === null, model.inputExample.error ?? 'The input example is there');
  } else {
    lines.push('- – There is no input example; the model was asked with a text that suits its task');
  }
  if ('error' in outcome) {
    check(false, `The model did not answer: ${errorText(outcome.error)}`);
  } else {
    check(true, 'The model answered');
    checkSignature(outcome.comparison, check, lines);
  }
  const answer = 'error' in outcome ? [] : ['', '## Answer', '', block(outcome.predictions)];
  const head = [`# ${name}: ${isValid ? 'valid' : 'not valid'}`, ''];
  return { text: [...head, ...lines, '', '## Input', '', block(input), ...answer, ''].join('\n'), isValid };
}

function checkSignature(
  comparison: OutputComparison | null,
  check: (isGood: boolean, text: string) => void,
  lines: string[],
): void {
  if (comparison === null) {
    lines.push('- – There is no output signature to compare with');
    return;
  }
  check(
    comparison.matches,
    comparison.matches ? 'The answer matches the output signature' : 'The answer does not match the output signature',
  );
  for (const difference of comparison.differences) lines.push(`  - ${difference}`);
}

function block(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  const cut = text.length > maxAnswerLength ? `${text.slice(0, maxAnswerLength)}\n…` : text;
  return `\`\`\`\`\n${cut}\n\`\`\`\``;
}
