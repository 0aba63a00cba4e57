import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

const root = new URL('../../../', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, root), 'utf8');

interface Manifest {
  icon: string;
  contributes: {
    commands: { command: string; title: string; category?: string }[];
    menus: Record<string, { command: string }[]>;
    views: Record<string, { id: string; icon?: string }[]>;
    viewsContainers: Record<string, { icon: string }[]>;
    viewsWelcome: { contents: string }[];
    walkthroughs: { steps: { description: string; media: { svg: string }; completionEvents: string[] }[] }[];
  };
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const texts = JSON.parse(read('package.nls.json')) as Record<string, string>;
const { contributes } = manifest;
const contributed = contributes.commands.map(({ command }) => command).sort();

/** Every command that the sources register: by the table, or directly. */
function registered(): string[] {
  const files = readdirSync(new URL('src/host/', root), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const ids = files.flatMap((name) => {
    const source = read(`src/host/${name}`);
    return [...source.matchAll(/(?:\bid: |registerCommand\(\s*)'(mlflow\.\w+)'/g)].map((match) => match[1] ?? '');
  });
  return [...new Set(ids)].sort();
}

describe('package.json', () => {
  it('contributes exactly the commands that are registered', () => assert.deepEqual(contributed, registered()));

  it('uses only contributed commands in menus, welcome texts and the walkthrough', () => {
    const known = new Set(contributed);
    const inMenus = Object.values(contributes.menus)
      .flat()
      .map(({ command }) => command);
    const resolve = (text: string): string => texts[text.replaceAll('%', '')] ?? text;
    const linked = [
      ...contributes.viewsWelcome.map(({ contents }) => contents),
      ...contributes.walkthroughs.flatMap(({ steps }) =>
        steps.flatMap((step) => [step.description, ...step.completionEvents]),
      ),
    ].flatMap((text) =>
      [...resolve(text).matchAll(/(?:command:|onCommand:)(mlflow\.\w+)/g)].map((match) => match[1] ?? ''),
    );
    for (const command of [...inMenus, ...linked]) assert.ok(known.has(command), command);
  });

  it('has a text for every placeholder, and no others', () => {
    const used = new Set([...read('package.json').matchAll(/"%([^%"]+)%"/g)].map((match) => match[1]));
    assert.deepEqual([...used].sort(), Object.keys(texts).sort());
  });

  it('gives every command a category and a title that is a text', () => {
    for (const command of contributes.commands) {
      assert.equal(command.category, 'MLflow', command.command);
      assert.match(command.title, /^%.+%$/, command.command);
    }
  });

  it('names pictures that exist', () => {
    const pictures = [
      manifest.icon,
      ...Object.values(contributes.viewsContainers)
        .flat()
        .map(({ icon }) => icon),
      ...Object.values(contributes.views)
        .flat()
        .flatMap(({ icon }) => icon ?? []),
      ...contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.svg)),
    ];
    for (const file of pictures) assert.ok(existsSync(new URL(file, root)), file);
  });

  it('comes with every text of the sources for translators', async () => {
    const module = '../../../scripts/extractTexts.mjs';
    const { extractTexts } = (await import(module)) as { extractTexts(): Promise<Record<string, string>> };
    const written = Object.keys(JSON.parse(read('l10n/bundle.l10n.json')) as object);
    const extracted = Object.keys(await extractTexts());
    const difference = {
      missing: extracted.filter((text) => !written.includes(text)),
      stale: written.filter((text) => !extracted.includes(text)),
    };
    assert.deepEqual(difference, { missing: [], stale: [] }, 'Run node scripts/extractTexts.mjs.');
  });
});
