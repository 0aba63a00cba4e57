import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { validatePromptTemplate } from '../../../src/core/transformers/promptTemplate.js';
import { supportedTasks } from '../../../src/core/transformers/tasks.js';
import { TinySaves } from '../../helpers/tinySaves.js';

const saves = await TinySaves.open();
const tasks = ['feature-extraction', 'fill-mask', 'summarization', 'text2text-generation', 'text-generation'];

describe('prompt templates of saved models', () => {
  const rejected: [kind: string, template: unknown][] = [
    ['two fields', '{prompt} {answer}'],
    ['the field twice', '{prompt} {prompt}'],
    ['no field', 'answer kindly'],
    ['another name', '{question}'],
    ['a field without a name', '{}'],
    ['a number for a name', '{0}'],
    ['one with and one without a name', '{prompt} {}'],
    ['an attribute of it', '{prompt.x}'],
    ['an item of it', '{prompt[0]}'],
  ];
  for (const [kind, template] of rejected) {
    it(`${kind} is refused (K1)`, () =>
      saves.refuses(
        saves.save(saves.pipeline('text-generation'), { promptTemplate: template as string }),
        "Argument `prompt_template` must be a string with a single format arg, 'prompt'. For example: 'Answer the following question " +
          `in a friendly tone. Q: {prompt}. A:'\nReceived ${String(template)}. `,
      ));
  }
  it('an integer is refused by its type (K1)', () =>
    saves.refuses(
      saves.save(saves.pipeline('text-generation'), { promptTemplate: 1 as unknown as string }),
      "Argument `prompt_template` must be a string, received <class 'int'>",
    ));
  it('plain, with text around it, with escaped braces and a conversion, it is accepted for every task that has them (K2)', () => {
    for (const template of ['{prompt}', 'Q: {prompt}. A:', '{{json}} {prompt}', '{{{prompt}}}', '{prompt!r:>5}'])
      for (const task of tasks)
        assert.doesNotThrow(() => validatePromptTemplate(template, task), `${template} ${task}`);
  });
  it("it is stored in the metadata, beside the caller's, and return_full_text becomes false in the config (K3, G3)", async () => {
    const promptTemplate = 'Answer {{kindly}}: {prompt}';
    const { model } = await saves.save(saves.pipeline('text-generation'), { promptTemplate, metadata: { a: 1 } });
    assert.deepEqual(model.metadata, { a: 1, prompt_template: promptTemplate });
    assert.deepEqual(model.flavors['python_function']!['config'], { return_full_text: false });
    assert.ok(!('prompt_template' in model.flavors['transformers']!));
    for (const task of tasks.filter((name) => name !== 'text-generation')) {
      const other = await saves.save(saves.pipeline(task), { promptTemplate });
      assert.equal(other.model.flavors['python_function']!['config'], undefined);
    }
  });
  it("the user's return_full_text survives (K4)", async () => {
    const options = { promptTemplate: '{prompt}', modelConfig: { return_full_text: true, max_new_tokens: 3 } };
    const { model } = await saves.save(saves.pipeline('text-generation'), options);
    assert.deepEqual(model.flavors['python_function']!['config'], options.modelConfig);
  });
  it('every task without templates refuses one (K5)', async () => {
    const others = supportedTasks().filter((task) => !tasks.includes(task));
    assert.ok(others.length > 15);
    for (const task of others) {
      const save = saves.save(saves.pipeline(task), { promptTemplate: '{prompt}' });
      await saves.refuses(
        save,
        new RegExp(
          `^Prompt templating is not supported for the \`${task}\` task type\\. Supported task types are: \\{`,
        ),
        'INTERNAL_ERROR',
      );
    }
  });
});
