import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import type { DefaultChat } from './defaultChats.js';
import type { PythonTemplate } from './pythonTemplate.js';

export interface ChatTemplateOptions {
  addGenerationPrompt?: boolean | undefined;
  tools?: unknown;
  documents?: unknown;
  /** Further variables that the template may use. */
  variables?: JsonObject | undefined;
}

/** A checkpoint's chat template, compiled once. */
export class ChatTemplate {
  private readonly compiled = new Map<string, PythonTemplate>();

  private constructor(
    private readonly templateClass: typeof PythonTemplate | undefined,
    private readonly templates: Readonly<Record<string, string>>,
    /** `bos_token` and its like, as the template sees them. */
    private readonly specialTokens: Readonly<Record<string, string>>,
    private readonly defaultChat: DefaultChat | undefined,
  ) {}

  /**
   * The template engine is loaded only where there is a template.
   * @param defaultChat what stands for a template where there is none.
   */
  static async load(
    templates: Readonly<Record<string, string>>,
    specialTokens: Readonly<Record<string, string>>,
    defaultChat?: DefaultChat,
  ): Promise<ChatTemplate> {
    const isNeeded = Object.keys(templates).length > 0;
    return new ChatTemplate(
      isNeeded ? (await import('./pythonTemplate.js')).PythonTemplate : undefined,
      templates,
      specialTokens,
      defaultChat,
    );
  }

  get exists(): boolean {
    return Object.keys(this.templates).length > 0;
  }

  /** @throws MlflowError when there is no template, or it refuses the messages. */
  render(messages: readonly JsonObject[], options: ChatTemplateOptions = {}): string {
    if (!this.exists && this.defaultChat) {
      const { addGenerationPrompt = false } = options;
      return this.defaultChat(messages, { specialTokens: this.specialTokens, addGenerationPrompt });
    }
    const template = this.select(options.tools !== undefined);
    try {
      return template.render({
        ...this.specialTokens,
        messages,
        tools: options.tools ?? null,
        documents: options.documents ?? null,
        add_generation_prompt: options.addGenerationPrompt ?? false,
        ...options.variables,
      });
    } catch (error) {
      throw MlflowError.invalidParameter((error as Error).message, { cause: error });
    }
  }

  private select(hasTools: boolean): PythonTemplate {
    const name = hasTools && 'tool_use' in this.templates ? 'tool_use' : 'default';
    const source = this.templates[name];
    if (source === undefined || !this.templateClass) {
      throw MlflowError.invalidParameter(
        'Cannot use chat template functions because tokenizer.chat_template is not set and no template argument was ' +
          'passed! For information about writing templates and setting the tokenizer.chat_template attribute, please see ' +
          'the documentation at https://huggingface.co/docs/transformers/main/en/chat_templating',
      );
    }
    let template = this.compiled.get(name);
    if (!template) this.compiled.set(name, (template = new this.templateClass(source)));
    return template;
  }
}

const reasoningNames = ['reasoning_content', 'thinking', 'reasoning'];

/** A message as transformers 5 shows it to templates: without nulls, its reasoning under the names that templates read. */
export function templateMessage(message: JsonObject): JsonObject {
  const fields = Object.fromEntries(Object.entries(message).filter(([, value]) => value !== null));
  const name = reasoningNames.find((candidate) => fields[candidate] !== undefined);
  const reasoning = name === undefined ? undefined : fields[name];
  return reasoning === undefined ? fields : { thinking: reasoning, ...fields, reasoning_content: reasoning };
}
