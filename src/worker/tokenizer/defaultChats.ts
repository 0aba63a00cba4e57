import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import { pythonStrip } from '../../core/pyfunc/pythonStrings.js';
import type { TransformersVersion } from '../../core/transformers/transformersVersion.js';

/** Writes a chat as one prompt, where a checkpoint has no template of its own. */
export type DefaultChat = (messages: readonly JsonObject[], chat: ChatSettings) => string;

export interface ChatSettings {
  /** Texts of `bos_token` and its like. */
  specialTokens: Readonly<Record<string, string>>;
  addGenerationPrompt: boolean;
}

const formats: Readonly<Record<string, DefaultChat>> = {
  BlenderbotTokenizer: spacedMessages,
  BlenderbotSmallTokenizer: spacedMessages,
  BloomTokenizer: endedMessages,
  CodeLlamaTokenizer: instructions,
  CohereTokenizer: turns,
  GPT2Tokenizer: endedMessages,
  GPTNeoXTokenizer: endedMessages,
  LlamaTokenizer: instructions,
  WhisperTokenizer: endedMessages,
};

/**
 * How the tokenizer class writes chats without a template: releases before 4.44 had a way for each class.
 * Source: `default_chat_template` of transformers' tokenizers.
 */
export function defaultChatOf(
  version: TransformersVersion,
  className: string | undefined,
  config: JsonObject,
): DefaultChat | undefined {
  if (!version.isBefore(4, 44)) return undefined;
  const name = (className ?? '').replace(/Fast$/, '');
  const format = Object.hasOwn(formats, name) ? formats[name]! : markedMessages;
  const hasOwnPrompt = config['use_default_system_prompt'] === true && (format === instructions || format === turns);
  return hasOwnPrompt ? refusedPrompt : format;
}

function refusedPrompt(): never {
  throw new MlflowError(
    'This tokenizer has no chat template and asks for the system prompt that its class once had ' +
      '(`use_default_system_prompt`), which is not known here. Save the tokenizer with a chat template.',
    'NOT_IMPLEMENTED',
  );
}

function contentOf(message: JsonObject): string {
  const content = message['content'];
  return typeof content === 'string' ? content : content === null || content === undefined ? '' : String(content);
}

/** ChatML, the way of most classes. */
function markedMessages(messages: readonly JsonObject[], { addGenerationPrompt }: ChatSettings): string {
  const parts = messages.map((message) => `<|im_start|>${String(message['role'])}\n${contentOf(message)}<|im_end|>\n`);
  return parts.join('') + (addGenerationPrompt ? '<|im_start|>assistant\n' : '');
}

function endedMessages(messages: readonly JsonObject[], { specialTokens }: ChatSettings): string {
  return messages.map((message) => contentOf(message) + (specialTokens['eos_token'] ?? '')).join('');
}

function spacedMessages(messages: readonly JsonObject[], { specialTokens }: ChatSettings): string {
  const parts = messages.map((message) => (message['role'] === 'user' ? ' ' : '') + contentOf(message));
  return parts.join('  ') + (specialTokens['eos_token'] ?? '');
}

/** Llama 2's way. */
function instructions(messages: readonly JsonObject[], { specialTokens }: ChatSettings): string {
  const { system, others } = apart(messages);
  const asSystem = (content: string): string => `<<SYS>>\n${content}\n<</SYS>>\n\n`;
  return others
    .map((message, index) => {
      checkTurn(message, index);
      const content = contentOf(message);
      const whole = index === 0 && system !== undefined ? asSystem(system) + content : content;
      const text = pythonStrip(whole);
      switch (message['role']) {
        case 'user':
          return `${neededToken(specialTokens, 'bos_token')}[INST] ${text} [/INST]`;
        case 'system':
          return asSystem(text);
        case 'assistant':
          return ` ${text} ${neededToken(specialTokens, 'eos_token')}`;
        default:
          return '';
      }
    })
    .join('');
}

/** Cohere's way. */
function turns(messages: readonly JsonObject[], { specialTokens, addGenerationPrompt }: ChatSettings): string {
  const { system, others } = apart(messages);
  const begin = '<|START_OF_TURN_TOKEN|>';
  const end = '<|END_OF_TURN_TOKEN|>';
  const parts = others.map((message, index) => {
    checkTurn(message, index);
    const text = pythonStrip(contentOf(message));
    if (message['role'] === 'user') return `${begin}<|USER_TOKEN|>${text}${end}`;
    return message['role'] === 'assistant' ? `${begin}<|CHATBOT_TOKEN|>${text}${end}` : '';
  });
  if (system !== undefined) parts.unshift(`${begin}<|SYSTEM_TOKEN|>${system}${end}`);
  if (addGenerationPrompt) parts.push(`${begin}<|CHATBOT_TOKEN|>`);
  return (specialTokens['bos_token'] ?? '') + parts.join('');
}

/** A leading system message apart from the others. */
function apart(messages: readonly JsonObject[]): { system: string | undefined; others: readonly JsonObject[] } {
  const [first] = messages;
  if (first?.['role'] !== 'system') return { system: undefined, others: messages };
  return { system: contentOf(first), others: messages.slice(1) };
}

function checkTurn(message: JsonObject, index: number): void {
  if ((message['role'] === 'user') === (index % 2 === 0)) return;
  throw MlflowError.invalidParameter('Conversation roles must alternate user/assistant/user/assistant/...');
}

function neededToken(specialTokens: Readonly<Record<string, string>>, name: string): string {
  const token = specialTokens[name];
  if (token === undefined) throw MlflowError.invalidParameter(`'${name}' is undefined`);
  return token;
}
