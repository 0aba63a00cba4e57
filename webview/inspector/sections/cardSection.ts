import { l10n } from '../../../src/core/l10n.js';
import type { InspectorModel } from '../../../src/core/inspector/inspectorModel.js';
import { element } from '../../shared/dom.js';
import { markdown } from '../../shared/markdown.js';
import { table } from '../../ui/table.js';
import type { PageContext } from '../inspectorPort.js';
import { entryColumns } from './configurationSection.js';

/** The model card. Its HTML is shown as text, its images as their descriptions. */
export function cardSection({ card }: InspectorModel, { port }: PageContext) {
  if (card === null) return undefined;
  return {
    id: 'card',
    title: l10n.t('Card'),
    content: () =>
      element(
        'div',
        { class: 'card key-values' },
        card.metadata.length === 0
          ? null
          : table({
              caption: l10n.t('Card data'),
              columns: entryColumns(),
              rows: card.metadata,
              keyOf: ({ key }) => key,
            }),
        markdown(card.text, { onLink: (href) => port.request('openLink', { href }) }),
      ),
  };
}
