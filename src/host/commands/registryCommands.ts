import { l10n, window, type QuickPickItem } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import type { ModelVersion, RegisteredModel } from '../../core/tracking/entities.js';
import type { HostServices } from '../hostServices.js';
import type { TreeNode } from '../tree/treeNode.js';
import { chooseModel, loggedModels } from './chooseModel.js';
import { commandStep, offer, tell, type Command } from './command.js';
import { fromStores, requireStore } from './fromStores.js';
import { write } from './runCommands.js';

/** Commands on registered models and their versions. */
export const registryCommands: readonly Command[] = [
  { id: 'mlflow.registerModel', needsTrust: true, run: registerModel },
  { id: 'mlflow.setModelAlias', needsTrust: true, run: setModelAlias },
  { id: 'mlflow.deleteModelAlias', needsTrust: true, run: deleteModelAlias },
];

/** A version with the store it is in. */
interface VersionReference {
  storeUri: string;
  version: ModelVersion;
}

/** Registers a logged model as a new version. @returns the version's URI */
async function registerModel(services: HostServices, argument: unknown): Promise<string> {
  const model = await chooseModel(services, argument, l10n.t('Register model'), loggedModels());
  const { storeUri } = model;
  const connection = storeUri === undefined ? undefined : services.stores.get(storeUri);
  if (storeUri === undefined || connection === undefined) {
    throw MlflowError.invalidParameter(
      l10n.t('{0} is a folder that no open store knows. Log it to a run first, then it can be registered.', model.name),
    );
  }
  const library = await services.library();
  library.setTrackingUri(storeUri);
  await library.transformers.assertRegistrable(model.uri);
  const { registry } = await connection.open();
  const { items } = await registry.searchRegisteredModels();
  const name = await askName(items, model.name);
  const registered = await library.registerModel(model.uri, name);
  await services.view.storeChanged(storeUri);
  const version = await registry.getModelVersion({ name, version: registered.version });
  offer(services, {
    message: l10n.t('Registered {0} as version {1} of {2}.', model.name, version.version, version.name),
    steps: [commandStep(l10n.t('Set Alias…'), 'mlflow.setModelAlias', { kind: 'modelVersion', storeUri, version })],
  });
  return `models:/${version.name}/${version.version}`;
}

/** The name to register under: one of those that exist, or a new one. */
async function askName(existing: readonly RegisteredModel[], suggestion: string): Promise<string> {
  const isNew: QuickPickItem & { name?: string } = {
    label: `$(add) ${l10n.t('New registered model…')}`,
    alwaysShow: true,
  };
  const items = [
    isNew,
    ...existing.map(({ name, aliases }) => ({
      label: `$(library) ${name}`,
      description: Object.entries(aliases)
        .map(([alias, version]) => `@${alias} v${version}`)
        .join(' · '),
      name,
    })),
  ];
  const title = l10n.t('Register model');
  const chosen =
    existing.length === 0
      ? isNew
      : await window.showQuickPick(items, { title, placeHolder: l10n.t('As a version of which model?') });
  if (chosen === undefined) throw MlflowError.cancelled();
  const name =
    chosen.name ??
    (await window.showInputBox({
      title,
      prompt: l10n.t('Name of the registered model'),
      value: suggestion.replace(/[/:]/g, '-'),
      validateInput: (text) => nameProblem(text, existing),
    }));
  if (name === undefined) throw MlflowError.cancelled();
  return name.trim();
}

function nameProblem(text: string, existing: readonly RegisteredModel[]): string | undefined {
  if (text.trim() === '' || /[/:]/.test(text)) return l10n.t("A name without '/' and ':'.");
  return existing.some(({ name }) => name === text.trim())
    ? l10n.t('There is a registered model of this name. Go back and choose it, or enter another name.')
    : undefined;
}

async function setModelAlias(services: HostServices, argument: unknown): Promise<void> {
  const { storeUri, version } = await chooseVersion(services, argument, l10n.t('Set alias'));
  const alias = await window.showInputBox({
    title: l10n.t('Alias of {0} v{1}', version.name, version.version),
    prompt: l10n.t('An alias that another version has moves to this one.'),
    placeHolder: 'champion',
    validateInput: aliasProblem,
  });
  if (alias === undefined) return;
  const { name } = version;
  await write(services, storeUri, ({ registry }) =>
    registry.setRegisteredModelAlias({ name, alias: alias.trim(), version: version.version }),
  );
  tell(l10n.t('{0} v{1} is now @{2}', name, version.version, alias.trim()));
}

async function deleteModelAlias(services: HostServices, argument: unknown): Promise<void> {
  const { storeUri, version } = await chooseVersion(services, argument, l10n.t('Delete alias'));
  if (version.aliases.length === 0) {
    throw MlflowError.doesNotExist(l10n.t('{0} v{1} has no alias.', version.name, version.version));
  }
  const alias =
    version.aliases.length === 1
      ? version.aliases[0]
      : await window.showQuickPick(version.aliases, { title: l10n.t('Delete alias') });
  if (alias === undefined) return;
  await write(services, storeUri, ({ registry }) => registry.deleteRegisteredModelAlias({ name: version.name, alias }));
}

async function chooseVersion(services: HostServices, argument: unknown, title: string): Promise<VersionReference> {
  if (isVersion(argument)) return { storeUri: argument.storeUri, version: argument.version };
  await requireStore(services, title);
  const chosen = await window.showQuickPick(listVersions(services), { title, matchOnDescription: true });
  if (chosen === undefined) throw MlflowError.cancelled();
  return chosen.reference;
}

/** A version of the tree, or one that a message carries. */
function isVersion(node: unknown): node is VersionReference {
  return typeof node === 'object' && node !== null && (node as Partial<TreeNode>).kind === 'modelVersion';
}

async function listVersions(services: HostServices) {
  const versions = await fromStores(services, async ({ registry }, { uri: storeUri, location }) => {
    const { items: models } = await registry.searchRegisteredModels();
    // A search leaves the aliases of versions out; the registered model has them.
    const aliases = new Map(models.map((model) => [model.name, Object.entries(model.aliases)]));
    const { items } = await registry.searchModelVersions();
    return items.map((found) => {
      const own = (aliases.get(found.name) ?? []).filter(([, version]) => version === found.version);
      const version = { ...found, aliases: own.map(([alias]) => alias) };
      return {
        reference: { storeUri, version },
        label: `${version.name} v${version.version}`,
        description: [...version.aliases.map((alias) => `@${alias}`), location.label].join(' · '),
      };
    });
  });
  if (versions.length === 0) throw MlflowError.doesNotExist(l10n.t('There is no registered model in the open stores.'));
  return versions;
}

/** MLflow's rules for aliases: word characters and dashes, not `latest`, not `v` and digits. */
function aliasProblem(text: string): string | undefined {
  const alias = text.trim();
  if (!/^[\w-]{1,255}$/.test(alias)) return l10n.t('Letters, digits, dashes and underscores.');
  if (alias.toLowerCase() === 'latest' || /^v\d+$/i.test(alias)) return l10n.t("'{0}' is a reserved name.", alias);
  return undefined;
}
