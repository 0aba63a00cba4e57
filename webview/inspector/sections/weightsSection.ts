import { l10n } from '../../../src/core/l10n.js';
import { formatBytes, formatCount } from '../../../src/core/format.js';
import type { InspectorModel, TensorRow } from '../../../src/core/inspector/inspectorModel.js';
import { element, type View } from '../../shared/dom.js';
import { table, type TableColumn } from '../../ui/table.js';
import { textField } from '../../ui/textField.js';
import type { PageContext } from '../inspectorPort.js';

/** Rows from which only those in sight are drawn. */
const virtualFrom = 18;

function columns(): readonly TableColumn<TensorRow>[] {
  return [
    { header: l10n.t('Tensor'), isMonospace: true, cell: ({ name }) => name, title: ({ name }) => name },
    { header: l10n.t('Type'), cell: ({ dtype }) => dtype },
    { header: l10n.t('Shape'), isMonospace: true, cell: ({ shape }) => shapeText(shape) },
    { header: l10n.t('Size'), align: 'end', cell: ({ sizeBytes }) => formatBytes(sizeBytes) },
  ];
}

function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? l10n.t('scalar') : shape.join(' × ');
}

/** The tensors of the stored weights, from their headers. */
export function weightsSection(model: InspectorModel, context: PageContext) {
  const { weights } = model;
  const note = weights.tensors.length === 0 ? undefined : l10n.t('{0} tensors', formatCount(weights.tensors.length));
  return { id: 'weights', title: l10n.t('Weights'), note, content: () => content(model, context) };
}

function content({ weights }: InspectorModel, { page, update }: PageContext): View {
  if (weights.error !== null) return element('p', { class: 'ui-error', role: 'alert' }, weights.error);
  const note = weights.note === null ? null : element('p', { class: 'empty' }, weights.note);
  if (weights.tensors.length === 0) return note;
  const needle = page.tensorFilter.trim().toLowerCase();
  const rows =
    needle === '' ? weights.tensors : weights.tensors.filter((row) => row.name.toLowerCase().includes(needle));
  const types = weights.parametersByDtype.map(({ dtype, count }) => `${formatCount(count)} ${dtype}`).join(' + ');
  const files = weights.files.length === 1 ? (weights.files[0]?.name ?? '') : l10n.t('{0} files', weights.files.length);
  return element(
    'div',
    null,
    note,
    element(
      'p',
      { class: 'facts' },
      `${l10n.t('{0} parameters', types)} · ${formatBytes(weights.weightsBytes)} · ${files}`,
    ),
    element(
      'div',
      { class: 'filter' },
      textField({
        id: 'tensor-filter',
        label: l10n.t('Filter tensors'),
        hideLabel: true,
        placeholder: l10n.t('Filter tensors by name'),
        value: page.tensorFilter,
        onInput: (value) => update({ tensorFilter: value }),
      }),
      element(
        'span',
        { class: 'hint', role: 'status' },
        needle === '' ? '' : l10n.t('{0} of {1}', rows.length, weights.tensors.length),
      ),
    ),
    rows.length === 0
      ? element('p', { class: 'empty' }, l10n.t('No tensor has this in its name.'))
      : table({
          caption: l10n.t('Tensors'),
          columns: columns(),
          rows,
          keyOf: ({ name }) => name,
          ...(rows.length >= virtualFrom ? { virtual: { rowHeightPx: 22, maxHeightPx: 400 } } : {}),
        }),
  );
}
