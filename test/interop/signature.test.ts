import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Compatibility } from '../../src/core/signature/compatibility.js';
import { defaultSignature, tasksWithDefaultSignature } from '../../src/core/signature/defaultSignatures.js';
import { llmSignature, llmTasks } from '../../src/core/signature/llmSchemas.js';
import { askPython, type Answer, type Question } from './signaturePython.js';
import { differences, llmQuestions, questionsOf } from './signatureQuestions.js';

/** Another value asks other questions: a way to look for differences beyond the fixed ones. */
const seed = Number(process.env['SIGNATURE_SEED'] ?? 0);

const generations = [
  ['new', '3'],
  ['old', '2'],
] as const;

function compare(questions: readonly Question[], theirs: readonly Answer[], compatibility: Compatibility): void {
  const found = differences(questions, theirs, compatibility);
  const shown = found.slice(0, Number(process.env['SHOW'] ?? 10)).join('\n');
  assert.equal(found.length, 0, `${found.length} of ${questions.length} differ:\n${shown}`);
}

for (const [generation, compatibility] of generations) {
  describe(`signatures against MLflow ${generation === 'new' ? '3.17' : '2.16'}`, () => {
    const groups = {
      ...questionsOf(compatibility === '3', seed),
      'reads unified LLM requests and params': llmQuestions(compatibility),
    };
    const answers = new Map<string, Answer[]>();
    let llm: Answer | undefined;
    let defaults: Answer | undefined;

    before(async () => {
      const questions = Object.values(groups).flat();
      const all = await askPython(generation, [...questions, { op: 'llm', args: [] }, { op: 'defaults', args: [] }]);
      for (const [name, group] of Object.entries(groups)) answers.set(name, all.splice(0, group.length));
      [llm, defaults] = all;
    });

    for (const [name, group] of Object.entries(groups)) {
      it(name, () => compare(group, answers.get(name) ?? [], compatibility));
    }

    it('has the llm/v1 signatures of that generation, byte for byte (J7, J10)', () => {
      const ours = Object.fromEntries(llmTasks.map((task) => [task, llmSignature(task, compatibility).toDict()]));
      assert.deepEqual(llm, { value: ours });
    });

    it('has the default signature of each task, byte for byte (J1)', () => {
      const ours = tasksWithDefaultSignature.map((task) => [task, defaultSignature(task)?.toDict()]);
      assert.deepEqual(defaults, { value: Object.fromEntries(ours) });
      assert.deepEqual(defaultSignature('translation_en_to_fr'), defaultSignature('translation'));
    });
  });
}
