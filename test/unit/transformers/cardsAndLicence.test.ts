import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { HubAccess } from '../../../src/core/transformers/hubAccess.js';
import { TinySaves } from '../../helpers/tinySaves.js';

const saves = await TinySaves.open();
const card = '---\nlicense: mit\n---\n# \u{1f600} é\n';
const saved = (name: string): Promise<string> => readFile(path.join(saves.target, name), 'utf8');
const saveNamed = (changes: Partial<HubAccess>, options = {}) =>
  saves.save(saves.pipeline(undefined, 'acme/tiny'), options, { hub: saves.hub(changes) });

describe('cards', () => {
  it("the Hub's card is written as text and data (C1)", async () => {
    const asked: string[] = [];
    await saveNamed({ modelCard: (repository) => Promise.resolve((asked.push(repository), card)) });
    assert.equal(await saved('model_card.md'), '# \u{1f600} é\n');
    assert.equal(await saved('model_card_data.yaml'), 'license: mit\n');
    assert.deepEqual(asked, ['acme/tiny']);
  });
  it("an explicit card beats the Hub's (C2)", async () => {
    await saveNamed({ modelCard: () => Promise.resolve(card) }, { modelCard: 'mine' });
    assert.equal(await saved('model_card.md'), 'mine');
  });
  it('a repository without a card is saved without (C3)', async () => {
    await saveNamed({ modelCard: () => Promise.resolve(null) });
    assert.ok(!(await readdir(saves.target)).some((name) => name.startsWith('model_card')));
  });
  it('without a Hub, or with one that fails, it is saved without a card (C4)', async () => {
    const { warnings } = await saveNamed({ modelCard: () => Promise.reject(new Error('offline')) });
    assert.ok(!(await readdir(saves.target)).includes('model_card.md'));
    assert.match(warnings.join(), /The model card could not be retrieved from the hub due to offline/);
    await saves.save({ task: 'text-classification', model: { folder: saves.source, nameOrPath: 'acme/tiny' } });
    assert.ok(!(await readdir(saves.target)).includes('model_card.md'));
  });
  it('a card is written in UTF-8 (C5)', async () => {
    await saves.save(saves.pipeline(), { modelCard: card });
    assert.deepEqual(await readFile(path.join(saves.target, 'model_card.md')), Buffer.from('# \u{1f600} é\n', 'utf8'));
  });
});

describe('licence', () => {
  const licences = async (): Promise<string[]> =>
    (await readdir(saves.target)).filter((name) => /licen[sc]e/i.test(name));

  it('one licence file, not empty: of repositories with none, a declared and an own one (C6)', async () => {
    await saveNamed({ listFiles: () => Promise.resolve(['config.json']) });
    assert.deepEqual(await licences(), ['LICENSE.txt']);
    assert.ok((await saved('LICENSE.txt')).length > 0);
    await saveNamed({ modelCard: () => Promise.resolve(card) });
    assert.deepEqual(await licences(), ['LICENSE.txt']);
    assert.match(await saved('LICENSE.txt'), /'mit'$/);
    const file = path.join(saves.root, 'licence-text');
    await writeFile(file, 'MIT');
    const listFiles = () => Promise.resolve(['config.json', 'LICENSE.md']);
    await saveNamed({ listFiles, downloadFile: () => Promise.resolve(file) });
    assert.deepEqual(await licences(), ['LICENSE.md']);
    assert.equal(await saved('LICENSE.md'), 'MIT');
  });
  it('a repository that the Hub does not know gets the fallback text (C7)', async () => {
    await saveNamed({ listFiles: () => Promise.reject(new Error('404')) });
    assert.match(await saved('LICENSE.txt'), /^A license file could not be found for the 'acme\/tiny' repository\. \n/);
  });
  it('the fallback text, with and without the declared licence, and a double slash for a path (C8)', async () => {
    const text =
      `A license file could not be found for the '${saves.source}' repository. \n` +
      'To ensure that you are in compliance with the license requirements for this model, please visit the model ' +
      `repository here: https://huggingface.co/${saves.source}`;
    assert.match(text, /huggingface\.co\/\//);
    await saves.save(saves.pipeline());
    assert.equal(await saved('LICENSE.txt'), text);
    await saves.save(saves.pipeline(), { modelCard: card });
    assert.equal(await saved('LICENSE.txt'), `${text}\nThe declared license type is: 'mit'`);
  });
});
