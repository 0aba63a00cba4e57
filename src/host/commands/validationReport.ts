import { l10n } from '../../core/l10n.js';
import { jsonText } from '../../core/signature/formDraft.js';
import type { CheckName, ValidationCheck, ValidationReport } from '../../core/transformers/validateModel.js';
import { errorText } from '../errors/errorTable.js';
import type { ModelReference } from '../tree/modelReference.js';
import { summaryParts } from '../tree/describeNode.js';

/** Characters of an input or an answer in the report. */
const maxBlockLength = 4000;

/** The order of the checks on the page. */
const checkOrder: readonly CheckName[] = ['mlmodel', 'requirements', 'example', 'load', 'predict', 'signature'];

export interface ShownReport {
  /** Markdown. */
  text: string;
  /** One sentence. */
  summary: string;
  isValid: boolean;
}

/** A validation as a page: every check with its result, the input example and the answer. */
export function validationReport({ name, uri, summary }: ModelReference, report: ValidationReport): ShownReport {
  const failed = report.checks.filter(({ ok }) => !ok).length;
  const isValid = failed === 0;
  const sentence = isValid
    ? l10n.t('{0} is valid.', name)
    : failed === 1
      ? l10n.t('{0} is not valid: 1 check failed.', name)
      : l10n.t('{0} is not valid: {1} checks failed.', name, failed);
  const facts = [`\`${uri}\``, ...(summary === undefined ? [] : summaryParts(summary))];
  const lines = [
    `# ${isValid ? '✓' : '✗'} ${escape(sentence)}`,
    '',
    facts.join(' · '),
    '',
    `| | ${l10n.t('Check')} | ${l10n.t('Result')} |`,
    '| :-: | :-- | :-- |',
    ...checkOrder.flatMap((check) => rows(check, report.checks)),
  ];
  if (report.input !== undefined) {
    lines.push('', `## ${l10n.t('Input example')}`, '', block(report.input.data));
    const { params } = report.input;
    if (params !== undefined) lines.push('', `### ${l10n.t('Params')}`, '', block(params));
  }
  if (report.predictions !== undefined) lines.push('', `## ${l10n.t('Answer')}`, '', block(report.predictions));
  return { text: `${lines.join('\n')}\n`, summary: sentence, isValid };
}

/** A row for each finding of a check; one that says that it was not reached where there is none. */
function rows(name: CheckName, checks: readonly ValidationCheck[]): string[] {
  const own = checks.filter((check) => check.name === name);
  if (own.length === 0) return [row('–', name, l10n.t('Not tried: a check before it failed'))];
  return own.map((check) => row(check.ok ? '✓' : '✗', name, resultText(check)));
}

function row(mark: string, name: CheckName, result: string): string {
  return `| ${mark} | ${checkLabel(name).replaceAll(' ', '\u00a0')} | ${escape(result)} |`;
}

function checkLabel(name: CheckName): string {
  switch (name) {
    case 'mlmodel':
      return l10n.t('MLmodel file');
    case 'requirements':
      return l10n.t('Requirement files');
    case 'example':
      return l10n.t('Input example');
    case 'load':
      return l10n.t('Loading');
    case 'predict':
      return l10n.t('Answer');
    case 'signature':
      return l10n.t('Output signature');
  }
}

function resultText({ message, line, error }: ValidationCheck): string {
  const text = error === undefined ? message : errorText(error);
  return line === undefined ? text : l10n.t('Line {0}: {1}', line, text);
}

/** Text that is not Markdown, in one line of a table. */
function escape(text: string): string {
  return text.replace(/[\\`*_{}[\]<>()#|~]/g, '\\$&').replace(/\s+/g, ' ');
}

function block(value: unknown): string {
  const text = typeof value === 'string' ? value : jsonText(value);
  const cut = text.length > maxBlockLength ? `${text.slice(0, maxBlockLength)}\n…` : text;
  const language = typeof value === 'string' ? 'text' : 'json';
  const fence = '`'.repeat(Math.max(3, ...[...cut.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
  return `${fence}${language}\n${cut}\n${fence}`;
}
