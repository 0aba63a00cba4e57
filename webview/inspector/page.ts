import { l10n } from '../../src/core/l10n.js';
import type { InspectorModel } from '../../src/core/inspector/inspectorModel.js';
import type { InspectorState } from '../../src/protocol/inspector.js';
import type { ComponentChildren } from 'preact';
import { classes, element, type View } from '../shared/dom.js';
import { button } from '../ui/button.js';
import { icon } from '../ui/icon.js';
import { pageHeader, problemList } from './header.js';
import type { PageContext } from './inspectorPort.js';
import { cardSection } from './sections/cardSection.js';
import { configurationSection } from './sections/configurationSection.js';
import { environmentSection } from './sections/environmentSection.js';
import { exampleSection } from './sections/exampleSection.js';
import { filesSection } from './sections/filesSection.js';
import { provenanceSection } from './sections/provenanceSection.js';
import { signatureSection } from './sections/signatureSection.js';
import { tokenizerSection } from './sections/tokenizerSection.js';
import { weightsSection } from './sections/weightsSection.js';

/** One part of the page below the header. */
interface Section {
  id: string;
  title: string;
  /** Beside the title: a count or a size. */
  note?: string | undefined;
  content: () => ComponentChildren;
}

/** The whole page. */
export function inspectorPage(state: InspectorState | undefined, context: PageContext): View {
  if (state === undefined || (state.model === null && state.error === null)) return skeleton();
  const { model } = state;
  return element(
    'main',
    { class: 'inspector' },
    state.error === null ? null : errorCard(state, context),
    model === null ? null : document(model, state, context),
  );
}

function document(model: InspectorModel, state: InspectorState, context: PageContext): View {
  const sections = sectionsOf(model, state, context);
  return element(
    'div',
    { class: classes('document', state.error !== null && 'stale') },
    pageHeader(model, state, context),
    problemList(model, context),
    element(
      'div',
      { class: 'columns' },
      outline(sections),
      element('div', { class: 'sections' }, ...sections.map((section) => sectionView(section, context))),
    ),
  );
}

function sectionsOf(model: InspectorModel, state: InspectorState, context: PageContext): Section[] {
  const sections: (Section | undefined)[] = [
    { id: 'signature', title: l10n.t('Signature'), content: () => signatureSection(model, state, context) },
    model.inputExample === null
      ? undefined
      : { id: 'example', title: l10n.t('Input example'), content: () => exampleSection(model, context) },
    weightsSection(model, context),
    environmentSection(model),
    configurationSection(model, context),
    tokenizerSection(model, context),
    filesSection(model, context),
    cardSection(model, context),
    provenanceSection(model, state, context),
  ];
  return sections.filter((section) => section !== undefined);
}

/** A section with a heading. On narrow pages the heading opens it and closes the others. */
function sectionView({ id, title, note, content }: Section, { page, update }: PageContext): View {
  const isOpen = page.openSection === id;
  const toggle = (): void => update({ openSection: isOpen ? '' : id });
  return element(
    'section',
    { key: id, id, class: classes('section', isOpen && 'open'), 'aria-labelledby': `${id}-title` },
    element(
      'h2',
      { id: `${id}-title` },
      element(
        'button',
        {
          type: 'button',
          class: 'section-toggle',
          'aria-expanded': isOpen,
          'aria-controls': `${id}-content`,
          onClick: toggle,
        },
        icon(isOpen ? 'chevron-down' : 'chevron-right'),
        title,
      ),
      element('span', { class: 'section-title' }, title),
      note === undefined ? null : element('span', { class: 'section-note' }, note),
    ),
    element('div', { id: `${id}-content`, class: 'section-content' }, content()),
  );
}

function outline(sections: readonly Section[]): View {
  const scrollTo =
    (id: string) =>
    (event: Event): void => {
      event.preventDefault();
      window.document.getElementById(id)?.scrollIntoView({ block: 'start' });
    };
  return element(
    'nav',
    { class: 'outline', 'aria-label': l10n.t('Sections') },
    element(
      'ul',
      null,
      ...sections.map(({ id, title }) =>
        element('li', { key: id }, element('a', { href: `#${id}`, onClick: scrollTo(id) }, title)),
      ),
    ),
  );
}

function errorCard({ error, model }: InspectorState, { port }: PageContext): View {
  const place = error?.line == null || /\bline \d/.test(error.message) ? '' : ` ${l10n.t('(line {0})', error.line)}`;
  return element(
    'div',
    { class: 'error-card', role: 'alert' },
    icon('error'),
    element(
      'div',
      null,
      element('p', { class: 'error-message' }, `${error?.message ?? ''}${place}`),
      model === null
        ? null
        : element(
            'p',
            { class: 'hint' },
            l10n.t('Below is what the file said before. It is read again with every change.'),
          ),
      button({
        label: l10n.t('Open as text'),
        icon: 'code',
        appearance: 'secondary',
        onClick: () => port.request('openFile', { path: 'MLmodel', line: error?.line ?? null }),
      }),
    ),
  );
}

/** Holds the room until the model has been read. */
function skeleton(): View {
  const line = (width: string): View => element('div', { class: `skeleton ${width}` });
  return element(
    'main',
    { class: 'inspector', 'aria-busy': 'true' },
    element('p', { class: 'ui-visually-hidden' }, l10n.t('Reading the model')),
    line('title'),
    line('long'),
    line('block'),
    line('block'),
  );
}
