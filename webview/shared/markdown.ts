import { lexer, type Token, type Tokens } from 'marked';
import type { ComponentChildren, VNode } from 'preact';
import { l10n } from '../../src/core/l10n.js';
import { element } from './dom.js';

export interface MarkdownOptions {
  /** Called with the address when a link is clicked; the host asks before it opens anything. Nothing is ever fetched. */
  onLink: (href: string) => void;
}

/**
 * Markdown as DOM nodes, for text that nobody has vouched for: every piece of text becomes a text node, HTML is shown as the
 * text it is, images are shown as their alternative text, links do nothing but call `onLink`.
 */
export function markdown(text: string, options: MarkdownOptions): VNode {
  return element('div', { class: 'markdown' }, ...blocks(lexer(text), options));
}

function blocks(tokens: readonly Token[], options: MarkdownOptions): ComponentChildren[] {
  return tokens.map((token) => block(token, options));
}

function block(token: Token, options: MarkdownOptions): ComponentChildren {
  switch (token.type) {
    case 'space':
    case 'def':
      return null;
    case 'heading':
      return element(`h${Math.min(6, (token as Tokens.Heading).depth + 2)}`, null, ...inlines(token, options));
    case 'code':
      return element('pre', null, element('code', null, (token as Tokens.Code).text));
    case 'blockquote':
      return element('blockquote', null, ...blocks((token as Tokens.Blockquote).tokens, options));
    case 'hr':
      return element('hr');
    case 'list':
      return list(token as Tokens.List, options);
    case 'table':
      return table(token as Tokens.Table, options);
    case 'paragraph':
      return element('p', null, ...inlines(token, options));
    case 'text':
      return element('span', null, ...inlines(token, options));
    default:
      return element('p', null, token.raw);
  }
}

function list(token: Tokens.List, options: MarkdownOptions): VNode {
  const items = token.items.map((item) =>
    element('li', null, item.task ? (item.checked ? '☑ ' : '☐ ') : null, ...blocks(item.tokens, options)),
  );
  return token.ordered
    ? element('ol', { start: token.start === '' ? 1 : token.start }, ...items)
    : element('ul', null, ...items);
}

function table(token: Tokens.Table, options: MarkdownOptions): VNode {
  const cells = (row: Tokens.TableCell[], name: string) =>
    element('tr', null, ...row.map((cell) => element(name, null, ...inlineTokens(cell.tokens, options))));
  return element(
    'table',
    null,
    element('thead', null, cells(token.header, 'th')),
    element('tbody', null, ...token.rows.map((row) => cells(row, 'td'))),
  );
}

function inlines(token: Token, options: MarkdownOptions): ComponentChildren[] {
  return 'tokens' in token && token.tokens ? inlineTokens(token.tokens, options) : [unescape(token)];
}

function inlineTokens(tokens: readonly Token[], options: MarkdownOptions): ComponentChildren[] {
  return tokens.map((token) => inline(token, options));
}

function inline(token: Token, options: MarkdownOptions): ComponentChildren {
  switch (token.type) {
    case 'strong':
    case 'em':
    case 'del':
      return element(token.type, null, ...inlines(token, options));
    case 'codespan':
      return element('code', null, unescape(token));
    case 'br':
      return element('br');
    case 'link':
      return link(token as Tokens.Link, options);
    case 'image':
      return imageText(token as Tokens.Image);
    default:
      return 'tokens' in token && token.tokens ? inlineTokens(token.tokens, options) : unescape(token);
  }
}

function imageText({ text }: Tokens.Image): string {
  return text === '' ? l10n.t('[image without a description]') : l10n.t('[image: {0}]', text);
}

function link(token: Tokens.Link, options: MarkdownOptions): VNode {
  const open = (event: Event): void => {
    event.preventDefault();
    options.onLink(token.href);
  };
  return element('a', { href: '#', title: token.href, onClick: open }, ...inlines(token, options));
}

/** `text` of a token is the plain text; HTML tokens carry only `raw`. */
function unescape(token: Token): string {
  return token.type === 'html' ? token.raw : 'text' in token ? token.text : token.raw;
}
