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
  return { id: 'tokenizer', title: 'Tokenizer', content: () => content(tokenizer, context) };
}

function content(tokenizer: TokenizerView, { port }: PageContext): View {
  const facts = [
    tokenizer.className,
    tokenizer.vocabularySize === null ? null : `${formatCount(tokenizer.vocabularySize)} tokens in its vocabulary`,
    tokenizer.maxLength === null ? null : `at most ${formatCount(tokenizer.maxLength)} tokens a text`,
  ].filter((part) => part !== null);
  const { chatTemplate, specialTokens } = tokenizer;
  return element(
    'div',
    { class: 'key-values' },
    element('p', { class: 'facts' }, facts.join(' · ')),
    specialTokens.length === 0
      ? null
      : table({ caption: 'Special tokens', columns: entryColumns, rows: specialTokens, keyOf: ({ key }) => key }),
    element('h3', null, 'Chat template'),
    chatTemplate === null
      ? element('p', { class: 'empty' }, 'None: the model takes plain text.')
      : element('pre', { class: 'code-block', tabIndex: 0 }, chatTemplate),
    chatTemplate === null
      ? null
      : button({
          label: 'Copy',
          icon: 'copy',
          appearance: 'secondary',
          onClick: () => port.request('copyText', { text: chatTemplate }),
        }),
  );
}
