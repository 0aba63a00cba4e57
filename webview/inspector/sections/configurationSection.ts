import { l10n } from '../../../src/core/l10n.js';
import type { ConfigurationEntry, InspectorModel } from '../../../src/core/inspector/inspectorModel.js';
import { element, type View } from '../../shared/dom.js';
import { table, type TableColumn } from '../../ui/table.js';
import { textField } from '../../ui/textField.js';
import type { PageContext } from '../inspectorPort.js';

/** The columns of a table of settings. */
export function entryColumns(): readonly TableColumn<ConfigurationEntry>[] {
  return [
    { header: l10n.t('Key'), isMonospace: true, cell: ({ key }) => key },
    { header: l10n.t('Value'), isMonospace: true, cell: ({ value }) => value, title: ({ value }) => value },
  ];
}

/** The checkpoint's settings: config.json, generation_config.json and their like. */
export function configurationSection(model: InspectorModel, context: PageContext) {
  if (model.configuration.length === 0) return undefined;
  return { id: 'configuration', title: l10n.t('Configuration'), content: () => content(model, context) };
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
        label: l10n.t('Filter settings'),
        hideLabel: true,
        placeholder: l10n.t('Filter settings'),
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
          ? table({ caption: name, columns: entryColumns(), rows: entries.filter(fits), keyOf: ({ key }) => key })
          : element('p', { class: 'ui-error' }, error),
      ),
    ),
  );
}
