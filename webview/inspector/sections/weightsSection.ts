import { formatBytes, formatCount } from '../../../src/core/format.js';
import type { InspectorModel, TensorRow } from '../../../src/core/inspector/inspectorModel.js';
import { element, type View } from '../../shared/dom.js';
import { table, type TableColumn } from '../../ui/table.js';
import { textField } from '../../ui/textField.js';
import type { PageContext } from '../inspectorPort.js';

/** Rows from which only those in sight are drawn. */
const virtualFrom = 18;

const columns: readonly TableColumn<TensorRow>[] = [
  { header: 'Tensor', isMonospace: true, cell: ({ name }) => name, title: ({ name }) => name },
  { header: 'Type', cell: ({ dtype }) => dtype },
  { header: 'Shape', isMonospace: true, cell: ({ shape }) => (shape.length === 0 ? 'scalar' : shape.join(' × ')) },
  { header: 'Size', align: 'end', cell: ({ sizeBytes }) => formatBytes(sizeBytes) },
];

/** The tensors of the stored weights, from their headers. */
export function weightsSection(model: InspectorModel, context: PageContext) {
  const { weights } = model;
  const note = weights.tensors.length === 0 ? undefined : `${formatCount(weights.tensors.length)} tensors`;
  return { id: 'weights', title: 'Weights', note, content: () => content(model, context) };
}

function content({ weights }: InspectorModel, { page, update }: PageContext): View {
  if (weights.error !== null) return element('p', { class: 'ui-error', role: 'alert' }, weights.error);
  const note = weights.note === null ? null : element('p', { class: 'empty' }, weights.note);
  if (weights.tensors.length === 0) return note;
  const needle = page.tensorFilter.trim().toLowerCase();
  const rows =
    needle === '' ? weights.tensors : weights.tensors.filter((row) => row.name.toLowerCase().includes(needle));
  const types = weights.parametersByDtype.map(({ dtype, count }) => `${formatCount(count)} ${dtype}`).join(' + ');
  const files = weights.files.length === 1 ? (weights.files[0]?.name ?? '') : `${weights.files.length} files`;
  return element(
    'div',
    null,
    note,
    element('p', { class: 'facts' }, `${types} parameters · ${formatBytes(weights.weightsBytes)} · ${files}`),
    element(
      'div',
      { class: 'filter' },
      textField({
        id: 'tensor-filter',
        label: 'Filter tensors',
        hideLabel: true,
        placeholder: 'Filter tensors by name',
        value: page.tensorFilter,
        onInput: (value) => update({ tensorFilter: value }),
      }),
      element(
        'span',
        { class: 'hint', role: 'status' },
        needle === '' ? '' : `${rows.length} of ${weights.tensors.length}`,
      ),
    ),
    rows.length === 0
      ? element('p', { class: 'empty' }, 'No tensor has this in its name.')
      : table({
          caption: 'Tensors',
          columns,
          rows,
          keyOf: ({ name }) => name,
          ...(rows.length >= virtualFrom ? { virtual: { rowHeightPx: 22, maxHeightPx: 400 } } : {}),
        }),
  );
}
