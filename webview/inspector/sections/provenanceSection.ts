import { l10n } from '../../../src/core/l10n.js';
import type { InspectorModel, ProvenanceEntry } from '../../../src/core/inspector/inspectorModel.js';
import type { InspectorState } from '../../../src/protocol/inspector.js';
import type { ComponentChildren } from 'preact';
import { element, type View } from '../../shared/dom.js';
import { iconButton } from '../../ui/button.js';
import type { PageContext } from '../inspectorPort.js';

/** Where the model comes from: run, logged model, registered versions, repository and commit. */
export function provenanceSection(model: InspectorModel, { related }: InspectorState, context: PageContext) {
  const entries = [...related, ...model.provenance];
  return {
    id: 'provenance',
    title: l10n.t('Provenance'),
    content: () => element('dl', { class: 'provenance' }, ...entries.flatMap((entry) => rows(entry, context))),
  };
}

function rows({ label, value, action }: ProvenanceEntry, { port }: PageContext): View[] {
  const go =
    (run: () => void) =>
    (event: Event): void => {
      event.preventDefault();
      run();
    };
  const content = (): ComponentChildren => {
    switch (action?.kind) {
      case 'link':
        return element(
          'a',
          { href: '#', title: action.href, onClick: go(() => port.request('openLink', { href: action.href })) },
          value,
        );
      case 'run':
        return element('a', { href: '#', onClick: go(() => port.request('openRun', { runId: action.runId })) }, value);
      case 'copy':
        return [
          element('code', null, value),
          iconButton({
            label: l10n.t('Copy {0}', label),
            icon: 'copy',
            onClick: () => port.request('copyText', { text: value }),
          }),
        ];
      default:
        return value;
    }
  };
  return [element('dt', null, label), element('dd', null, content())];
}
