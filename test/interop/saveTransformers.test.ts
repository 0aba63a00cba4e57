import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { MlflowError } from '../../src/core/errors.js';
import type { PythonGeneration } from '../helpers/environment.js';
import { PythonSession } from '../helpers/pythonSession.js';
import {
  commit,
  comparable,
  inPlace,
  ourSave,
  savedFiles,
  writeArgumentFiles,
  type Checkpoint,
  type PythonVersions,
} from '../helpers/saveHarness.js';
import { writeGolden } from '../golden/transformersGolden.js';
import { refusedCases, saveCases, type SaveCase } from './saveCases.js';

interface PythonError {
  type: string;
  code: string | null;
  message: string;
}
interface PythonSave {
  files?: Record<string, string>;
  tree?: string[];
  error?: PythonError;
}

const root = await mkdtemp(path.join(tmpdir(), 'save-'));
const sessions = { new: new PythonSession('new'), old: new PythonSession('old') };

await writeArgumentFiles(root);

const [checkpoints, versions] = await Promise.all([
  inBoth(async (generation) => {
    const question = { root: path.join(root, generation) };
    const made = await sessions[generation].ask<Checkpoint[]>('make', question);
    return [...made, ...(await sessions[generation].ask<Checkpoint[]>('makeMedia', question))];
  }),
  inBoth((generation) => sessions[generation].ask<PythonVersions>('versions')),
]);
after(async () => {
  for (const session of Object.values(sessions)) session.close();
  await rm(root, { recursive: true, force: true });
});

async function inBoth<T>(ask: (generation: PythonGeneration) => Promise<T>): Promise<Record<PythonGeneration, T>> {
  const [newer, older] = await Promise.all([ask('new'), ask('old')]);
  return { new: newer, old: older };
}

function pythonQuestion(test: SaveCase, checkpoint: Checkpoint, target: string): object {
  const { folder, task, parts, adapter } = checkpoint;
  const options = inPlace(test.options, root, checkpoint);
  return {
    folder,
    task,
    parts,
    adapter,
    target,
    how: test.how ?? 'pipeline',
    nameOrPath: test.nameOrPath,
    commit,
    options,
  };
}

/** Everything is asked before the first test is declared: hooks of the file run when the declared tests are done. */
async function answersOf(generation: PythonGeneration) {
  const name = generation === 'new' ? 'MLflow 3.17 (compatibility 3)' : 'MLflow 2.16 (compatibility 2)';
  const made = new Map(checkpoints[generation].map((checkpoint) => [checkpoint.name, checkpoint]));
  const plain: SaveCase[] = [...made.keys()].map((checkpoint) => ({
    name: `default save of ${checkpoint}`,
    checkpoint,
    options: { pip_requirements: ['x'] },
  }));
  const chosen = [...plain, ...saveCases].filter(
    ({ checkpoint, only }) => made.has(checkpoint) && (only ?? generation) === generation,
  );
  const target = (side: string, index: number): string => path.join(root, generation, side, String(index));
  const theirs = await sessions[generation].ask<PythonSave[]>('saveAll', {
    questions: chosen.map((test, index) => pythonQuestion(test, made.get(test.checkpoint)!, target('python', index))),
  });
  const refusals = await sessions[generation].ask<PythonSave[]>('saveAll', {
    questions: refusedCases.map((test, index) =>
      pythonQuestion(test, made.get(test.checkpoint)!, target('refused', index)),
    ),
  });
  return { generation, name, made, chosen, theirs, refusals, target };
}

for (const answers of [await answersOf('new'), await answersOf('old')]) {
  const { generation, name, made, chosen, theirs, refusals, target } = answers;
  const setting = { root, generation, versions: versions[generation] };
  if (process.env['UPDATE_GOLDEN']) {
    await writeGolden({
      generation,
      root,
      versions: versions[generation],
      checkpoints: [...made.values()],
      cases: chosen,
      saves: theirs,
    });
  }
  describe(`files are those of ${name}`, () => {
    for (const [index, test] of chosen.entries()) {
      it(test.name, async () => {
        const wanted = theirs[index]!;
        assert.equal(wanted.error, undefined);
        await ourSave(test, made.get(test.checkpoint)!, target('ours', index), setting);
        const { files, tree } = await savedFiles(target('ours', index));
        assert.deepEqual(comparable(files, root), comparable(wanted.files!, root));
        assert.deepEqual(tree, wanted.tree);
      });
    }
  });

  describe(`refused as by ${name} (B29)`, () => {
    for (const [index, test] of refusedCases.entries()) {
      it(test.name, async () => {
        const wanted = refusals[index]!.error;
        assert.ok(wanted, 'Python saves it');
        const folder = target('refused-ours', index);
        await assert.rejects(ourSave(test, made.get(test.checkpoint)!, folder, setting), (error: unknown) => {
          assert.ok(MlflowError.is(error), String(error));
          assert.equal(withoutSets(error.message), withoutSets(wanted.message));
          if (wanted.code !== null) assert.equal(error.errorCode, wanted.code);
          return true;
        });
        assert.ok(!(await readdir(path.dirname(folder)).catch(() => [] as string[])).includes(path.basename(folder)));
      });
    }
  });
}

/** Members of Python's sets come in any order. */
function withoutSets(text: string): string {
  return text.replace(/\{[^{}]*\}/g, (set) => [...set].sort().join(''));
}
