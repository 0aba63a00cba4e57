import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MlflowError } from '../../src/core/errors.js';
import { compareWithPython, makeModels, type PythonAnswer } from './graphComparison.js';
import { families, randomModel } from './graphSweep/randomModels.js';

/** Models of each family; GRAPH_SWEEP asks for more. */
const count = Number(process.env['GRAPH_SWEEP'] ?? 3);

for (const generation of ['new', 'old'] as const) {
  describe(`random configurations, transformers ${generation === 'new' ? 5 : 4}`, () => {
    const known = Object.entries(families).filter(([, { generations }]) => generations?.includes(generation) ?? true);
    const specs = new Map(
      known.map(([family]) => [family, Array.from({ length: count }, (_, index) => randomModel(family, index))]),
    );
    let folder: string;
    let answers: Record<string, PythonAnswer>;
    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'sweep-'));
      answers = await makeModels(generation, folder, [...specs.values()].flat());
    });
    after(() => rm(folder, { recursive: true, force: true }));

    for (const [family, models] of specs) {
      it(`${family} answers as PyTorch does wherever PyTorch answers, or refuses`, async () => {
        let answered = 0;
        for (const spec of models) {
          const answer = answers[spec.name];
          assert.ok(answer);
          if (answer.error !== undefined) continue;
          try {
            await compareWithPython(generation, folder, spec, answer);
            answered += 1;
          } catch (error) {
            const isRefused = MlflowError.is(error, 'NOT_IMPLEMENTED') && error.reason === 'architectureUnsupported';
            if (!isRefused) throw new Error(`${spec.name} ${JSON.stringify(spec.config)}`, { cause: error });
          }
        }
        assert.ok(answered > 0);
      });
    }
  });
}
