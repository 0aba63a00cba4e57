import type { ConfigurationEntry, InspectorModel } from '../../../src/core/inspector/inspectorModel.js';
import { element, type View } from '../../shared/dom.js';
import { table, type TableColumn } from '../../ui/table.js';
import { textField } from '../../ui/textField.js';
import type { PageContext } from '../inspectorPort.js';

export const entryColumns: readonly TableColumn<ConfigurationEntry>[] = [
  { header: 'Key', isMonospace: true, cell: ({ key }) => key },
  { header: 'Value', isMonospace: true, cell: ({ value }) => value, title: ({ value }) => value },
];

/** The checkpoint's settings: config.json, generation_config.json and their like. */
export function configurationSection(model: InspectorModel, context: PageContext) {
  if (model.configuration.length === 0) return undefined;
  return { id: 'configuration', title: 'Configuration', content: () => content(model, context) };
}

function content({ configuration }: InspectorModel, { page, update }: PageContext): View {
  const needle = page.configurationFilter.trim().toLowerCase();
  const fits = ({ key, value }: ConfigurationEntry): boolean =>
    needle === '' || key.toLowerCase().includes(needle) || value.toLowerCase().includes(needle);
  return element(
    'div',
    { class: 'key-values' },
    element(
      'div',
      { class: 'filter' },
      textField({
        id: 'configuration-filter',
        label: 'Filter settings',
        hideLabel: true,
        placeholder: 'Filter settings',
        value: page.configurationFilter,
        onInput: (value) => update({ configurationFilter: value }),
      }),
    ),
    ...configuration.map(({ name, entries, error }) =>
      element(
        'div',
        { key: name },
        element('h3', null, name),
        error === null
          ? table({ caption: name, columns: entryColumns, rows: entries.filter(fits), keyOf: ({ key }) => key })
          : element('p', { class: 'ui-error' }, error),
      ),
    ),
  );
}
