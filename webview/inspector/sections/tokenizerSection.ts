import { l10n } from '../../../src/core/l10n.js';
import { formatCount } from '../../../src/core/format.js';
import type { InspectorModel, TokenizerView } from '../../../src/core/inspector/inspectorModel.js';
import { element, type View } from '../../shared/dom.js';
import { button } from '../../ui/button.js';
import { table } from '../../ui/table.js';
import type { PageContext } from '../inspectorPort.js';
import { entryColumns } from './configurationSection.js';

/** The tokenizer: class, size of its vocabulary, special tokens, and the chat template as it is. */
export function tokenizerSection({ tokenizer }: InspectorModel, context: PageContext) {
  if (tokenizer === null) return undefined;
  return { id: 'tokenizer', title: l10n.t('Tokenizer'), content: () => content(tokenizer, context) };
}

function content(tokenizer: TokenizerView, { port }: PageContext): View {
  const facts = [
    tokenizer.className,
    tokenizer.vocabularySize === null
      ? null
      : l10n.t('{0} tokens in its vocabulary', formatCount(tokenizer.vocabularySize)),
    tokenizer.maxLength === null ? null : l10n.t('at most {0} tokens a text', formatCount(tokenizer.maxLength)),
  ].filter((part) => part !== null);
  const { chatTemplate, specialTokens } = tokenizer;
  return element(
    'div',
    { class: 'key-values' },
    element('p', { class: 'facts' }, facts.join(' · ')),
    specialTokens.length === 0
      ? null
      : table({
          caption: l10n.t('Special tokens'),
          columns: entryColumns(),
          rows: specialTokens,
          keyOf: ({ key }) => key,
        }),
    element('h3', null, l10n.t('Chat template')),
    chatTemplate === null
      ? element('p', { class: 'empty' }, l10n.t('None: the model takes plain text.'))
      : element('pre', { class: 'code-block', tabIndex: 0 }, chatTemplate),
    chatTemplate === null
      ? null
      : button({
          label: l10n.t('Copy'),
          icon: 'copy',
          appearance: 'secondary',
          onClick: () => port.request('copyText', { text: chatTemplate }),
        }),
  );
}
