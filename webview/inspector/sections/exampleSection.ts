import { l10n } from '../../../src/core/l10n.js';
import type { InspectorModel } from '../../../src/core/inspector/inspectorModel.js';
import { element, type View } from '../../shared/dom.js';
import { button } from '../../ui/button.js';
import type { PageContext } from '../inspectorPort.js';

/** The input example that was logged with the model. */
export function exampleSection({ inputExample }: InspectorModel, { port }: PageContext): View {
  if (inputExample === null) return null;
  if (inputExample.error !== null) return element('p', { class: 'ui-error' }, inputExample.error);
  return element(
    'div',
    null,
    element('pre', { class: 'code-block', tabIndex: 0 }, inputExample.text, inputExample.isCut ? '\n…' : ''),
    element(
      'div',
      { class: 'row' },
      button({
        label: l10n.t('Copy'),
        icon: 'copy',
        appearance: 'secondary',
        onClick: () => port.request('copyText', { text: inputExample.text }),
      }),
      button({
        label: l10n.t('Open file'),
        icon: 'go-to-file',
        appearance: 'secondary',
        onClick: () => port.request('openFile', { path: inputExample.file, line: null }),
      }),
    ),
  );
}
