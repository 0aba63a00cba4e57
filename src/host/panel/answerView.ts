import type { Prediction } from '../../protocol/inference.js';
import type {
  AnswerSpan,
  AnswerView,
  EntityText,
  LabelGroup,
  LabelScore,
  MaskFill,
} from '../../protocol/answerView.js';
import { embeddingSummary } from './embedding.js';

/** Rows of a table that are sent to the panel; the rest is in the raw answer. */
const tableRowLimit = 200;

export interface AskedModel {
  task: string;
  inferenceTask: string | null;
}

/**
 * The form in which an answer is shown, by task. What the pipeline said (`raw`) is preferred, because MLflow's shaping drops
 * scores and offsets; an answer of an unexpected shape is shown as a table or as JSON, never refused.
 * `data` is what was asked.
 */
export function answerView(model: AskedModel, data: unknown, prediction: Prediction): AnswerView {
  const { predictions, raw } = prediction;
  const envelope = llmTexts(predictions);
  if (model.inferenceTask?.startsWith('llm/v1/') && envelope) return envelope;
  return (
    taskView(model.task.replace(/^translation_.*/, 'translation'), data, raw, predictions) ??
    textView(predictions) ??
    tableView(predictions) ?? { kind: 'json' }
  );
}

function taskView(task: string, data: unknown, raw: unknown, predictions: unknown): AnswerView | null {
  switch (task) {
    case 'text-classification':
    case 'sentiment-analysis':
    case 'image-classification':
    case 'audio-classification':
      return labelView(raw, data) ?? labelView(predictions, data);
    case 'zero-shot-classification':
    case 'zero-shot-image-classification':
      return zeroShotView(raw);
    case 'token-classification':
    case 'ner':
      return entityView(raw, data);
    case 'question-answering':
    case 'document-question-answering':
      return spanView(raw, data);
    case 'fill-mask':
      return fillView(raw);
    case 'feature-extraction': {
      const embedding = embeddingSummary(predictions) ?? embeddingSummary(raw);
      return embedding === null ? null : { kind: 'embedding', embedding };
    }
    case 'automatic-speech-recognition':
      return transcriptView(raw);
    case 'text-generation':
    case 'text2text-generation':
    case 'summarization':
    case 'translation':
      return textView(predictions);
    default:
      return null;
  }
}

function textView(predictions: unknown): AnswerView | null {
  if (typeof predictions === 'string') return { kind: 'text', texts: [predictions] };
  const isTexts =
    Array.isArray(predictions) && predictions.length > 0 && predictions.every((item) => typeof item === 'string');
  return isTexts ? { kind: 'text', texts: predictions } : null;
}

/** The messages, texts or vectors inside MLflow's OpenAI-like envelopes. */
function llmTexts(predictions: unknown): AnswerView | null {
  const envelopes = (Array.isArray(predictions) ? predictions : [predictions]).filter(isRecord);
  const choices = envelopes.flatMap((envelope) => (Array.isArray(envelope['choices']) ? envelope['choices'] : []));
  const texts = choices.filter(isRecord).map((choice) => {
    const message = choice['message'];
    return isRecord(message) ? message['content'] : choice['text'];
  });
  if (texts.length > 0 && texts.every((text) => typeof text === 'string')) return { kind: 'text', texts };
  const vectors = envelopes.flatMap((envelope) => (Array.isArray(envelope['data']) ? envelope['data'] : []));
  const first = vectors.filter(isRecord)[0];
  const embedding = first === undefined ? null : embeddingSummary(first['embedding']);
  return embedding === null ? null : { kind: 'embedding', embedding };
}

function labelView(raw: unknown, data: unknown): AnswerView | null {
  if (!Array.isArray(raw) || raw.length === 0) return null;
  const isFlat = raw.every(isLabelScore);
  const texts = Array.isArray(data) ? data : [data];
  const lists =
    isFlat && raw.length === texts.length && texts.length > 1 ? raw.map((item) => [item]) : isFlat ? [raw] : raw;
  const groups: LabelGroup[] = [];
  for (const [index, list] of lists.entries()) {
    const labels = (Array.isArray(list) ? list : isRecord(list) ? Object.values(list) : []).filter(isLabelScore);
    if (labels.length === 0) return null;
    const title = texts.length > 1 && typeof texts[index] === 'string' ? texts[index] : null;
    groups.push({
      title,
      labels: labels.map(({ label, score }) => ({ label, score })).sort((a, b) => b.score - a.score),
    });
  }
  return { kind: 'labels', groups };
}

function zeroShotView(raw: unknown): AnswerView | null {
  const answers = (Array.isArray(raw) ? raw : [raw]).filter(isRecord);
  const groups: LabelGroup[] = [];
  for (const answer of answers) {
    const labels = answer['labels'];
    const scores = answer['scores'];
    if (!Array.isArray(labels) || !Array.isArray(scores)) return labelView(raw, null);
    const title = answers.length > 1 && typeof answer['sequence'] === 'string' ? answer['sequence'] : null;
    groups.push({
      title,
      labels: labels.map((label, index) => ({ label: String(label), score: Number(scores[index]) })),
    });
  }
  return groups.length === 0 ? null : { kind: 'labels', groups };
}

function entityView(raw: unknown, data: unknown): AnswerView | null {
  if (!Array.isArray(raw)) return null;
  const texts = (Array.isArray(data) ? data : [data]).map((item) => (isRecord(item) ? Object.values(item)[0] : item));
  const lists = raw.length > 0 && raw.every((item) => Array.isArray(item)) ? raw : [raw];
  const entityTexts = lists.map((list, index) =>
    entityText(String(texts[index] ?? ''), (list as unknown[]).filter(isRecord)),
  );
  return { kind: 'entities', texts: entityTexts };
}

function entityText(text: string, entities: Record<string, unknown>[]): EntityText {
  const pieces: EntityText['pieces'] = [];
  const located = entities
    .map((entity) => ({
      start: Number(entity['start'] ?? NaN),
      end: Number(entity['end'] ?? NaN),
      label: String(entity['entity_group'] ?? entity['entity'] ?? ''),
      score: typeof entity['score'] === 'number' ? entity['score'] : null,
    }))
    .filter(({ start, end }) => start >= 0 && end > start)
    .sort((a, b) => a.start - b.start);
  // Python counts code points, JavaScript UTF-16 units.
  const points = Array.from(text);
  let position = 0;
  for (const { start, end, label, score } of located) {
    if (start < position) continue;
    if (start > position) pieces.push({ text: points.slice(position, start).join(''), label: null, score: null });
    pieces.push({ text: points.slice(start, end).join(''), label, score });
    position = end;
  }
  if (position < points.length) pieces.push({ text: points.slice(position).join(''), label: null, score: null });
  if (located.length > 0 || entities.length === 0) return { pieces };
  return {
    pieces: entities.map((entity) => ({
      text: `${String(entity['word'] ?? '')} `,
      label: String(entity['entity_group'] ?? entity['entity'] ?? ''),
      score: typeof entity['score'] === 'number' ? entity['score'] : null,
    })),
  };
}

function spanView(raw: unknown, data: unknown): AnswerView | null {
  const question = (Array.isArray(data) ? data[0] : data) as unknown;
  const context =
    isRecord(question) && typeof question['context'] === 'string' ? Array.from(question['context']) : null;
  const answers: AnswerSpan[] = (Array.isArray(raw) ? raw : [raw])
    .filter(isRecord)
    .filter((answer) => typeof answer['answer'] === 'string')
    .map((answer) => {
      const start = Number(answer['start'] ?? NaN);
      const end = Number(answer['end'] ?? NaN);
      const isKnown = context !== null && start >= 0 && end >= start && end <= context.length;
      return {
        answer: String(answer['answer']),
        score: typeof answer['score'] === 'number' ? answer['score'] : null,
        context: isKnown
          ? {
              before: context.slice(0, start).join(''),
              marked: context.slice(start, end).join(''),
              after: context.slice(end).join(''),
            }
          : null,
      };
    });
  return answers.length === 0 ? null : { kind: 'span', answers };
}

function fillView(raw: unknown): AnswerView | null {
  if (!Array.isArray(raw) || raw.length === 0) return null;
  const lists = raw.every((item) => Array.isArray(item)) ? raw : [raw];
  const masks = lists.map((list) =>
    (list as unknown[]).filter(isRecord).map((fill): MaskFill => ({
      token: String(fill['token_str'] ?? ''),
      score: Number(fill['score'] ?? NaN),
      sequence: String(fill['sequence'] ?? ''),
    })),
  );
  return masks.some((mask) => mask.length === 0) ? null : { kind: 'fills', masks };
}

function transcriptView(raw: unknown): AnswerView | null {
  const answer = (Array.isArray(raw) ? raw[0] : raw) as unknown;
  if (!isRecord(answer) || typeof answer['text'] !== 'string') return null;
  const chunks = (Array.isArray(answer['chunks']) ? answer['chunks'] : []).filter(isRecord).map((chunk) => {
    const times = Array.isArray(chunk['timestamp']) ? chunk['timestamp'] : [];
    const time = (value: unknown): number | null => (typeof value === 'number' ? value : null);
    return { startS: time(times[0]), endS: time(times[1]), text: String(chunk['text'] ?? '') };
  });
  return { kind: 'transcript', text: answer['text'], chunks };
}

/** A frame as a list of records. */
function tableView(predictions: unknown): AnswerView | null {
  if (!Array.isArray(predictions) || predictions.length === 0 || !predictions.every(isRecord)) return null;
  const columns = [...new Set(predictions.slice(0, tableRowLimit).flatMap((row) => Object.keys(row)))];
  const rows = predictions.slice(0, tableRowLimit).map((row) => columns.map((column) => cellText(row[column])));
  return { kind: 'table', columns, rows, rowCount: predictions.length };
}

function cellText(value: unknown): string {
  return typeof value === 'string'
    ? value
    : value === undefined
      ? ''
      : typeof value === 'number'
        ? String(value)
        : JSON.stringify(value);
}

function isLabelScore(value: unknown): value is LabelScore {
  return isRecord(value) && typeof value['label'] === 'string' && typeof value['score'] === 'number';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
