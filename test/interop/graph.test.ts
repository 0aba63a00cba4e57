import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { compareWithPython, makeModels, type PythonAnswer } from './graphComparison.js';
import { graphModels } from './graphModels.js';

const only = process.env['GRAPH_MODELS'];

for (const generation of ['new', 'old'] as const) {
  describe(`graphs against PyTorch, transformers ${generation === 'new' ? 5 : 4}`, () => {
    const specs = graphModels.filter(
      ({ generations, name }) => generations.includes(generation) && (!only || new RegExp(only).test(name)),
    );
    let folder: string;
    let answers: Record<string, PythonAnswer>;
    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'graphs-'));
      answers = await makeModels(generation, folder, specs);
    });
    after(() => rm(folder, { recursive: true, force: true }));

    for (const spec of specs) {
      it(`${spec.name} answers as PyTorch does`, async () => {
        const answer = answers[spec.name];
        assert.ok(answer);
        assert.equal(answer.error, undefined, answer.error);
        await compareWithPython(generation, folder, spec, answer);
      });
    }
  });
}
