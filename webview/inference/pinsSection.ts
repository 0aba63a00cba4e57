import { l10n } from '../../src/core/l10n.js';
import { element, type View } from '../shared/dom.js';
import { iconButton } from '../ui/button.js';
import type { App } from './app.js';
import { section } from './section.js';

/** Pinned embeddings, while the panel shows any embedding. */
export function pinsSection(app: App): View {
  const { pins, turns } = app.state;
  const isShown = turns.some((turn) => turn.answers.some((answer) => answer.view?.kind === 'embedding'));
  if (pins.length === 0 || !isShown) return null;
  return section(app, 'pins', l10n.t('Pinned embeddings ({0})', pins.length), () =>
    pins.map((pin) =>
      element(
        'div',
        { class: 'row', key: pin.id },
        element('span', { class: 'grow ellipsis', title: `${pin.label}\n${pin.modelName}` }, pin.label),
        iconButton({
          label: l10n.t('Unpin {0}', pin.label),
          icon: 'close',
          onClick: () => void app.call('unpinEmbedding', { id: pin.id }),
        }),
      ),
    ),
  );
}
