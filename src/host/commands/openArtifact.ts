import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { commands, l10n, Uri } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import type { HostServices } from '../hostServices.js';
import type { ArtifactNode } from '../tree/treeNode.js';
import { withProgress } from './progress.js';

/** Opens an artifact in an editor: where it lies, or as a downloaded copy of it. */
export async function openArtifact(services: HostServices, node: ArtifactNode): Promise<void> {
  await commands.executeCommand('vscode.open', Uri.file(await artifactFile(services, node)));
}

async function artifactFile({ stores, globalStorageUri }: HostServices, node: ArtifactNode): Promise<string> {
  const session = await stores.get(node.storeUri)?.open();
  if (session === undefined)
    throw MlflowError.doesNotExist(l10n.t('The store of {0} is not open any more.', node.path));
  const repository = await session.artifacts(node.artifactUri);
  if (repository.localPath !== undefined) return path.join(repository.localPath, ...node.path.split('/'));
  const name = createHash('sha256').update(node.artifactUri).digest('hex').slice(0, 32);
  const dstPath = path.join(globalStorageUri.fsPath, 'artifacts', name);
  await mkdir(dstPath, { recursive: true });
  return withProgress(l10n.t('Downloading {0}', node.path), (options) =>
    repository.download(node.path, { ...options, dstPath }),
  );
}
