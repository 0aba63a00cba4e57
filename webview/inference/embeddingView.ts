import type { VNode } from 'preact';
import { l10n } from '../../src/core/l10n.js';
import { formatScore } from '../../src/core/format.js';
import type { EmbeddingSummary } from '../../src/protocol/answerView.js';
import type { PinnedEmbedding } from '../../src/protocol/panel.js';
import { cosineSimilarity } from '../../src/protocol/similarity.js';
import { element } from '../shared/dom.js';
import type { App } from './app.js';

/** An embedding in a few figures, its values' histogram, and how near it is to the pinned ones. */
export function embeddingView(app: App, embedding: EmbeddingSummary, id: string): VNode {
  const { dimensions, norm, minimum, maximum, rowCount } = embedding;
  const facts = [l10n.t('{0} dimensions', dimensions), l10n.t('norm {0}', formatScore(norm))];
  if (rowCount > 1) facts.push(l10n.t('mean of {0} token vectors', rowCount));
  return element(
    'div',
    { class: 'embedding' },
    element('div', null, facts.join(' · ')),
    histogram(embedding, id),
    element(
      'div',
      { class: 'row hint' },
      element('span', null, formatScore(minimum)),
      element('span', { class: 'grow' }),
      element('span', null, formatScore(maximum)),
    ),
    similarities(app.state.pins, embedding),
  );
}

function histogram({ histogram: bins, minimum, maximum }: EmbeddingSummary, id: string): VNode {
  const most = Math.max(...bins, 1);
  const label = l10n.t('Histogram of the values between {0} and {1}', formatScore(minimum), formatScore(maximum));
  return element(
    'svg',
    {
      class: 'histogram',
      viewBox: `0 0 ${bins.length} 20`,
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-labelledby': `histogram-${id}`,
    },
    element('title', { id: `histogram-${id}` }, label),
    ...bins.map((count, index) => {
      const height = (count / most) * 20;
      return element('rect', { x: index + 0.1, y: 20 - height, width: 0.8, height });
    }),
  );
}

function similarities(pins: readonly PinnedEmbedding[], { vector }: EmbeddingSummary): VNode {
  const rows = pins
    .map((pin) => ({ pin, similarity: cosineSimilarity(pin.vector, vector) }))
    .filter((row): row is { pin: PinnedEmbedding; similarity: number } => row.similarity !== null)
    .sort((a, b) => b.similarity - a.similarity);
  if (rows.length === 0)
    return element('p', { class: 'hint' }, l10n.t('Pin an embedding to see how near others are to it.'));
  return element(
    'ul',
    { class: 'bars', 'aria-label': l10n.t('Cosine similarity to pinned embeddings') },
    ...rows.map(({ pin, similarity }) =>
      element(
        'li',
        {
          key: pin.id,
          class: 'bar',
          title: `${pin.label}\n${pin.modelName}`,
          'aria-label': l10n.t('{0}: cosine similarity {1}', pin.label, formatScore(similarity)),
        },
        element('span', { class: 'bar-label ellipsis' }, pin.label),
        element('span', { class: 'bar-score' }, similarity.toFixed(3)),
        element(
          'span',
          { class: 'bar-track', 'aria-hidden': 'true' },
          element('span', { class: 'bar-fill', style: { width: `${Math.max(0, similarity) * 100}%` } }),
        ),
      ),
    ),
  );
}
