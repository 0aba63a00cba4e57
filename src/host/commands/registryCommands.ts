import { l10n, window } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import type { ModelVersion } from '../../core/tracking/entities.js';
import type { HostServices } from '../hostServices.js';
import type { TreeNode } from '../tree/treeNode.js';
import { tell, type Command } from './command.js';
import { write } from './runCommands.js';

/** Commands on registered models and their versions. */
export const registryCommands: readonly Command[] = [
  { id: 'mlflow.setModelAlias', needsTrust: true, run: setModelAlias },
  { id: 'mlflow.deleteModelAlias', needsTrust: true, run: deleteModelAlias },
];

/** A version with the store it is in. */
interface VersionReference {
  storeUri: string;
  version: ModelVersion;
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
  const node = argument as TreeNode | undefined;
  if (node?.kind === 'modelVersion') return { storeUri: node.storeUri, version: node.version };
  const chosen = await window.showQuickPick(listVersions(services), { title, matchOnDescription: true });
  if (chosen === undefined) throw MlflowError.cancelled();
  return chosen.reference;
}

async function listVersions({ stores }: HostServices) {
  const lists = await Promise.all(
    stores.all.map(async (connection) => {
      const { registry } = await connection.open();
      const { items } = await registry.searchModelVersions();
      return items.map((version) => ({
        reference: { storeUri: connection.uri, version },
        label: `${version.name} v${version.version}`,
        description: [...version.aliases.map((alias) => `@${alias}`), connection.location.label].join(' · '),
      }));
    }),
  );
  const versions = lists.flat();
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
