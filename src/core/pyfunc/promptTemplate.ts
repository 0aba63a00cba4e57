import { MlflowError } from '../errors.js';
import { classText } from '../signature/pythonValue.js';
import { pythonFormat } from './pythonFormat.js';

/** Pipeline tasks that a prompt template may be used with. */
export const promptTemplateTasks: readonly string[] = [
  'feature-extraction',
  'fill-mask',
  'summarization',
  'text2text-generation',
  'text-generation',
];

/** Each text put into the template by Python's format rules; without a template the data as it is. */
export function applyPromptTemplate(template: string | undefined, task: string, data: unknown): unknown {
  if (!template) return data;
  if (!promptTemplateTasks.includes(task)) {
    throw new MlflowError(
      '_format_prompt_template called on an unexpected pipeline type. ' +
        `Expected one of: {${promptTemplateTasks.map((name) => `'${name}'`).join(', ')}}. Received: ${task}`,
    );
  }
  if (typeof data === 'string') return pythonFormat(template, [], { prompt: data });
  if (Array.isArray(data) && data.every((item) => typeof item === 'string')) {
    return data.map((item) => pythonFormat(template, [], { prompt: item }));
  }
  throw MlflowError.invalidParameter(
    `Prompt templating is only supported for data of type str or List[str]. Got ${classText(data)} instead.`,
  );
}
