import type { Template } from '@huggingface/jinja';
import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';

export interface ChatTemplateOptions {
  addGenerationPrompt?: boolean | undefined;
  tools?: unknown;
  documents?: unknown;
  /** Further variables that the template may use. */
  variables?: JsonObject | undefined;
}

/** A checkpoint's chat template, compiled once. */
export class ChatTemplate {
  private readonly compiled = new Map<string, Template>();

  private constructor(
    private readonly templateClass: typeof Template | undefined,
    private readonly templates: Readonly<Record<string, string>>,
    /** `bos_token` and its like, as the template sees them. */
    private readonly specialTokens: Readonly<Record<string, string>>,
  ) {}

  /** The template engine is loaded only where there is a template. */
  static async load(
    templates: Readonly<Record<string, string>>,
    specialTokens: Readonly<Record<string, string>>,
  ): Promise<ChatTemplate> {
    const isNeeded = Object.keys(templates).length > 0;
    return new ChatTemplate(
      isNeeded ? (await import('@huggingface/jinja')).Template : undefined,
      templates,
      specialTokens,
    );
  }

  get exists(): boolean {
    return Object.keys(this.templates).length > 0;
  }

  /** @throws MlflowError when there is no template, or it refuses the messages. */
  render(messages: readonly JsonObject[], options: ChatTemplateOptions = {}): string {
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

  private select(hasTools: boolean): Template {
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
