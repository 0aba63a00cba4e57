import { l10n } from '../l10n.js';
import type { FieldProblem } from './formDraft.js';
import type { FormField, SignatureForm } from './formFields.js';

/** What a field is called. */
export function fieldLabel({ name, purpose, fileKind }: FormField, form?: SignatureForm): string {
  if (purpose === 'prompt') return l10n.t('Prompt');
  if (purpose !== undefined) return l10n.t('Text');
  if (form?.kind === 'row') return l10n.t('Input {0}', Number(name) + 1);
  if (name !== '') return name;
  if (fileKind === 'image') return l10n.t('Image');
  if (fileKind === 'audio') return l10n.t('Audio');
  return fileKind === 'any' ? l10n.t('File') : l10n.t('Input');
}

/** What an empty field shows; `undefined` where its label and type say enough. */
export function fieldPlaceholder({ name, purpose, control }: FormField): string | undefined {
  if (control === 'file') return l10n.t('Path or address');
  if (control === 'lines') return l10n.t('One item a line');
  if (purpose === 'masked') return l10n.t('Text with the mask token, such as [MASK]');
  if (name === 'candidate_labels') return l10n.t('sports, politics, science');
  if (name === 'hypothesis_template') return l10n.t('This example is {}.');
  return undefined;
}

/** What the user should know of a form. */
export function noteText(note: NonNullable<SignatureForm['note']>): string {
  return note === 'tensors'
    ? l10n.t('The signature asks for tensors: enter them as JSON.')
    : l10n.t('This model was saved without an input signature, so nothing checks what is sent.');
}

/** What is wrong with a text, as a sentence. `label` is the field's. */
export function problemText(problem: FieldProblem, label: string): string {
  switch (problem.kind) {
    case 'required':
      return l10n.t('{0} is required.', label);
    case 'boolean':
      return l10n.t('Enter true or false.');
    case 'datetime':
      return l10n.t('Enter a date such as 2026-01-31 or 2026-01-31T12:30:00.');
    case 'number':
      return l10n.t('Enter a number.');
    case 'wholeNumber':
      return l10n.t('Enter a whole number.');
    case 'tooLarge':
      return l10n.t('This number does not fit into {0} bits.', problem.bits);
    case 'jsonMissing':
      return l10n.t('Enter the input as JSON.');
    case 'notJson':
      return l10n.t('This is not JSON: {0}', problem.message);
    case 'line':
      return l10n.t('Line {0}: {1}', problem.line, problemText(problem.problem, label));
  }
}
