import { l10n } from '../../../src/core/l10n.js';
import type { EnvironmentFile, InspectorModel } from '../../../src/core/inspector/inspectorModel.js';
import { element, type View } from '../../shared/dom.js';

/** The Python environment that the model asks for. */
export function environmentSection({ environment }: InspectorModel) {
  if (environment.length === 0) return undefined;
  return {
    id: 'environment',
    title: l10n.t('Environment'),
    content: () => element('div', { class: 'file-grid' }, ...environment.map(file)),
  };
}

function file({ name, text }: EnvironmentFile): View {
  return element(
    'div',
    { key: name },
    element('h3', null, name),
    element('pre', { class: 'code-block', tabIndex: 0 }, text.trimEnd()),
  );
}
