import { MlflowError } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/ports.js';
import type { TransformersVersion } from '../../core/transformers/transformersVersion.js';

/** Marks where the last message ends in the rendered chat; a template may cut the space off. Source: chat_template_utils.py. */
const tag = 'CONTINUE_FINAL_MESSAGE_TAG ';

/**
 * A chat as text that ends with what its last message says, so that the model goes on writing it.
 * @throws MlflowError INVALID_PARAMETER_VALUE with transformers' texts where the template leaves the message out.
 */
export function openFinalMessage(
  messages: readonly JsonObject[],
  version: TransformersVersion,
  render: (messages: JsonObject[]) => string,
): string {
  const text = finalText(messages);
  const trimmed = text.trim();
  if (!version.isBefore(4, 54)) return cutAtTag(render(tagged(messages)), trimmed);
  const rendered = render([...messages]);
  if (version.isBefore(4, 47)) return rendered.slice(0, endOf(rendered, trimmed)).trimEnd();
  if (version.isBefore(4, 52)) return rendered.slice(0, endOf(rendered, rendered.includes(text) ? text : trimmed));
  if (!rendered.includes(trimmed)) throw notRendered(trimmed, rendered);
  const start = rendered.lastIndexOf(trimmed);
  const keepsSpace = rendered.slice(start, start + text.trimStart().length) === text;
  return rendered.slice(0, start + (keepsSpace ? text.trimStart() : trimmed).length);
}

function cutAtTag(rendered: string, trimmed: string): string {
  const end = rendered.lastIndexOf(tag.trim());
  if (end < 0 || !rendered.includes(trimmed)) throw notRendered(trimmed, rendered);
  const before = rendered.slice(0, end);
  return rendered.startsWith(tag, end) ? before : before.trimEnd();
}

function endOf(rendered: string, text: string): number {
  const start = rendered.lastIndexOf(text);
  if (start < 0) throw MlflowError.invalidParameter('substring not found');
  return start + text.length;
}

function finalText(messages: readonly JsonObject[]): string {
  const content = messages.at(-1)?.['content'] ?? null;
  if (!Array.isArray(content)) return String(content);
  const block = content.findLast(hasText);
  if (block) return String(block['text']);
  throw MlflowError.invalidParameter(
    'continue_final_message is set but we could not find any text to continue in the final message!',
  );
}

function tagged(messages: readonly JsonObject[]): JsonObject[] {
  const last = messages.at(-1) ?? {};
  const content = last['content'] ?? null;
  if (!Array.isArray(content)) return [...messages.slice(0, -1), { ...last, content: String(content) + tag }];
  const index = content.findLastIndex(hasText);
  const blocks = content.map((block, place) =>
    place === index && hasText(block) ? { ...block, text: String(block['text']) + tag } : block,
  );
  return [...messages.slice(0, -1), { ...last, content: blocks }];
}

function hasText(block: JsonValue): block is JsonObject {
  return typeof block === 'object' && block !== null && 'text' in block;
}

function notRendered(trimmed: string, rendered: string): MlflowError {
  return MlflowError.invalidParameter(
    'continue_final_message is set but the final message does not appear in the chat after applying the chat template! ' +
      'This can happen if the chat template deletes portions of the final message. Please verify the chat template and ' +
      `final message in your chat to ensure they are compatible.Final message to continue: ${trimmed}\n` +
      `Rendered chat:\n${rendered}`,
  );
}
