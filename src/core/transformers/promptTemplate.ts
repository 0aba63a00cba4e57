import { MlflowError } from '../errors.js';
import { parseFormat } from '../pyfunc/pythonFormat.js';
import { promptTemplateTasks } from '../pyfunc/promptTemplate.js';
import { classText } from '../signature/pythonValue.js';

/**
 * Checks a prompt template as MLflow does when a model is saved: a supported task, and a format string with one field,
 * `prompt`.
 * Source: mlflow.transformers._validate_prompt_template.
 * @throws MlflowError with Python's texts.
 */
export function validatePromptTemplate(template: unknown, task: string): asserts template is string {
  if (!promptTemplateTasks.includes(task)) {
    const supported = promptTemplateTasks.map((name) => `'${name}'`).join(', ');
    throw new MlflowError(
      `Prompt templating is not supported for the \`${task}\` task type. Supported task types are: {${supported}}.`,
    );
  }
  if (typeof template !== 'string') {
    throw MlflowError.invalidParameter(
      `Argument \`prompt_template\` must be a string, received ${classText(template)}`,
    );
  }
  const fields = parseFormat(template).filter(({ expression }) => expression !== undefined);
  if (fields.length !== 1 || fields[0]?.expression !== 'prompt') {
    throw MlflowError.invalidParameter(
      "Argument `prompt_template` must be a string with a single format arg, 'prompt'. For example: " +
        `'Answer the following question in a friendly tone. Q: {prompt}. A:'\nReceived ${template}. `,
    );
  }
}
