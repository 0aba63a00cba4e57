import { Template } from '@huggingface/jinja';
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

  constructor(
    private readonly templates: Readonly<Record<string, string>>,
    /** `bos_token` and its like, as the template sees them. */
    private readonly specialTokens: Readonly<Record<string, string>>,
  ) {}

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
        raise_exception: (message: string) => {
          throw new Error(message);
        },
        strftime_now: (format: string) => formatTime(new Date(), format),
        ...options.variables,
      });
    } catch (error) {
      throw MlflowError.invalidParameter((error as Error).message, { cause: error });
    }
  }

  private select(hasTools: boolean): Template {
    const name = hasTools && 'tool_use' in this.templates ? 'tool_use' : 'default';
    const source = this.templates[name];
    if (source === undefined) {
      throw MlflowError.invalidParameter(
        'Cannot use chat template functions because tokenizer.chat_template is not set and no template argument was ' +
          'passed! For information about writing templates and setting the tokenizer.chat_template attribute, please see ' +
          'the documentation at https://huggingface.co/docs/transformers/main/en/chat_templating',
      );
    }
    let template = this.compiled.get(name);
    if (!template) this.compiled.set(name, (template = new Template(source)));
    return template;
  }
}

const monthNames = 'January February March April May June July August September October November December'.split(' ');
const dayNames = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** The directives of Python's `strftime` that chat templates use. */
function formatTime(date: Date, format: string): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const directives: Record<string, () => string> = {
    d: () => two(date.getDate()),
    m: () => two(date.getMonth() + 1),
    Y: () => String(date.getFullYear()),
    y: () => two(date.getFullYear() % 100),
    H: () => two(date.getHours()),
    I: () => two(date.getHours() % 12 || 12),
    M: () => two(date.getMinutes()),
    S: () => two(date.getSeconds()),
    p: () => (date.getHours() < 12 ? 'AM' : 'PM'),
    B: () => monthNames[date.getMonth()]!,
    b: () => monthNames[date.getMonth()]!.slice(0, 3),
    A: () => dayNames[date.getDay()]!,
    a: () => dayNames[date.getDay()]!.slice(0, 3),
    '%': () => '%',
  };
  return format.replace(/%([a-zA-Z%])/g, (whole, directive: string) => directives[directive]?.() ?? whole);
}
