import { l10n } from '../../../src/core/l10n.js';
import type { InspectorModel, SignatureRow } from '../../../src/core/inspector/inspectorModel.js';
import type { InspectorState } from '../../../src/protocol/inspector.js';
import { element, type View } from '../../shared/dom.js';
import { button } from '../../ui/button.js';
import type { PageContext } from '../inspectorPort.js';
import { trialPanel } from '../trialPanel.js';

/** What the model takes and gives, and beside it a place to try it. */
export function signatureSection(model: InspectorModel, state: InspectorState, context: PageContext): View {
  return element(
    'div',
    { class: 'signature' },
    element(
      'div',
      { class: 'signature-table' },
      model.signature === null ? noSignature(state, context) : signatureTable(model),
    ),
    trialPanel(state, context),
  );
}

/** A signature comes of an answer, so a model that cannot run is offered none. */
function noSignature({ trialRefusal }: InspectorState, { port }: PageContext): View {
  return element(
    'div',
    null,
    element('p', { class: 'empty' }, l10n.t('The model has no signature: any input is passed on to it as it is.')),
    trialRefusal === null
      ? button({
          label: l10n.t('Set signature'),
          icon: 'edit',
          appearance: 'secondary',
          onClick: () => port.start('setSignature'),
        })
      : null,
  );
}

function signatureTable({ signature, facts }: InspectorModel): View {
  if (signature === null) return null;
  const error = signature.error === null ? null : element('p', { class: 'ui-error', role: 'alert' }, signature.error);
  const template =
    facts.promptTemplate === null
      ? null
      : element(
          'p',
          { class: 'prompt-template' },
          l10n.t('Prompt template'),
          ' ',
          element('code', null, facts.promptTemplate),
        );
  return element(
    'div',
    null,
    error,
    element(
      'table',
      { class: 'ui-table signature-rows' },
      element('caption', { class: 'ui-visually-hidden' }, l10n.t('Signature')),
      element(
        'thead',
        null,
        element(
          'tr',
          null,
          ...['', l10n.t('Name'), l10n.t('Type'), ''].map((text) => element('th', { scope: 'col' }, text)),
        ),
      ),
      part(l10n.t('Inputs'), signature.inputs, l10n.t('not given')),
      part(l10n.t('Outputs'), signature.outputs, l10n.t('not given')),
      part(l10n.t('Params'), signature.params, l10n.t('none')),
    ),
    template,
  );
}

function part(title: string, rows: readonly SignatureRow[], none: string): View {
  if (rows.length === 0) {
    return element(
      'tbody',
      null,
      element(
        'tr',
        null,
        element('th', { scope: 'rowgroup' }, title),
        element('td', { colSpan: 3, class: 'hint' }, none),
      ),
    );
  }
  return element('tbody', null, ...rows.map((row, index) => signatureRow(index === 0 ? title : '', row, rows.length)));
}

function signatureRow(title: string, row: SignatureRow, rowSpan: number): View {
  const note =
    row.defaultValue === null
      ? row.isRequired
        ? l10n.t('required')
        : l10n.t('optional')
      : l10n.t('default {0}', row.defaultValue);
  return element(
    'tr',
    null,
    title === '' ? null : element('th', { scope: 'rowgroup', rowSpan }, title),
    element(
      'td',
      { class: `depth-${Math.min(row.depth, 6)}` },
      row.name === null ? element('span', { class: 'hint' }, l10n.t('unnamed')) : element('code', null, row.name),
    ),
    element('td', null, row.type),
    element('td', { class: 'hint' }, note),
  );
}
