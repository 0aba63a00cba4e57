import { copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Log, LongRunningOptions } from '../ports.js';
import { pythonStr } from '../serialization/pythonRepr.js';
import { isRepositoryId, type HubAccess } from './hubAccess.js';
import { declaredLicense, type ModelCard } from './modelCard.js';

/** Source: mlflow.transformers._LICENSE_FILE_PATTERN. */
const licenseFile = /license(\.[a-z]+|$)/i;

/**
 * Writes the licence file of the model's repository under its own name, else LICENSE.txt with Python's words on where to
 * find it.
 * Source: mlflow.transformers._write_license_information.
 */
export async function writeLicense(
  folder: string,
  nameOrPath: string,
  card: ModelCard | null,
  hub: HubAccess | undefined,
  log: Log,
  options: LongRunningOptions = {},
): Promise<void> {
  if (hub && isRepositoryId(nameOrPath)) {
    try {
      const name = (await hub.listFiles(nameOrPath, options)).find((file) => licenseFile.test(file));
      if (name !== undefined) {
        await copyFile(await hub.downloadFile(nameOrPath, name, options), path.join(folder, path.basename(name)));
        return;
      }
    } catch (error) {
      if (options.signal?.aborted) throw error;
      log.warn(`Failed to download the license file due to: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  await writeFile(path.join(folder, 'LICENSE.txt'), fallbackText(nameOrPath, card));
}

function fallbackText(nameOrPath: string, card: ModelCard | null): string {
  const lines = [
    `A license file could not be found for the '${nameOrPath}' repository. `,
    'To ensure that you are in compliance with the license requirements for this model, please visit the model repository ' +
      `here: https://huggingface.co/${nameOrPath}`,
  ];
  if (card && declaredLicense(card) !== 'other')
    lines.push(`The declared license type is: '${pythonStr(declaredLicense(card))}'`);
  return lines.join('\n');
}
