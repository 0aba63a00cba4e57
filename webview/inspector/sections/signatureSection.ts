import type { InspectorModel, SignatureRow } from '../../../src/core/inspector/inspectorModel.js';
import type { InspectorState } from '../../../src/protocol/inspector.js';
import { element, type View } from '../../shared/dom.js';
import type { PageContext } from '../inspectorPort.js';
import { trialPanel } from '../trialPanel.js';

/** What the model takes and gives, and beside it a place to try it. */
export function signatureSection(model: InspectorModel, state: InspectorState, context: PageContext): View {
  return element(
    'div',
    { class: 'signature' },
    element('div', { class: 'signature-table' }, signatureTable(model)),
    trialPanel(state, context),
  );
}

function signatureTable({ signature, facts }: InspectorModel): View {
  if (signature === null) {
    return element('p', { class: 'empty' }, 'The model has no signature: any input is passed on to it as it is.');
  }
  const error = signature.error === null ? null : element('p', { class: 'ui-error', role: 'alert' }, signature.error);
  const template =
    facts.promptTemplate === null
      ? null
      : element('p', { class: 'prompt-template' }, 'Prompt template ', element('code', null, facts.promptTemplate));
  return element(
    'div',
    null,
    error,
    element(
      'table',
      { class: 'ui-table signature-rows' },
      element('caption', { class: 'ui-visually-hidden' }, 'Signature'),
      element(
        'thead',
        null,
        element('tr', null, ...['', 'Name', 'Type', ''].map((text) => element('th', { scope: 'col' }, text))),
      ),
      part('Inputs', signature.inputs),
      part('Outputs', signature.outputs),
      part('Params', signature.params),
    ),
    template,
  );
}

function part(title: string, rows: readonly SignatureRow[]): View {
  if (rows.length === 0) {
    return element(
      'tbody',
      null,
      element(
        'tr',
        null,
        element('th', { scope: 'rowgroup' }, title),
        element('td', { colSpan: 3, class: 'hint' }, title === 'Params' ? 'none' : 'not given'),
      ),
    );
  }
  return element('tbody', null, ...rows.map((row, index) => signatureRow(index === 0 ? title : '', row, rows.length)));
}

function signatureRow(title: string, row: SignatureRow, rowSpan: number): View {
  const note = row.defaultValue === null ? (row.isRequired ? 'required' : 'optional') : `default ${row.defaultValue}`;
  return element(
    'tr',
    null,
    title === '' ? null : element('th', { scope: 'rowgroup', rowSpan }, title),
    element(
      'td',
      { class: `depth-${Math.min(row.depth, 6)}` },
      row.name === null ? element('span', { class: 'hint' }, 'unnamed') : element('code', null, row.name),
    ),
    element('td', null, row.type),
    element('td', { class: 'hint' }, note),
  );
}
