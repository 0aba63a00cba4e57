import { readFile } from 'node:fs/promises';
import type { Environment } from '../ports.js';
import type { MlflowGeneration } from './compatibility.js';

/** Holds the version in clusters that have no environment variable for it. */
const versionFile = '/databricks/DBR_VERSION';

/**
 * The version of the Databricks runtime that this process runs in, as MLmodel records it; `null` outside of one.
 * Source: mlflow.utils.databricks_utils.get_databricks_runtime_version.
 */
export async function databricksRuntimeVersion(
  environment: Environment,
  generation: MlflowGeneration,
): Promise<string | null> {
  const serverless = environment['DATABRICKS_ENV_VERSION'];
  if (serverless && generation === '3') {
    return `client.${serverless}${environment['DATABRICKS_ACCELERATOR'] ? '-gpu' : ''}`;
  }
  const version = environment['DATABRICKS_RUNTIME_VERSION'];
  if (version) return version;
  return readFile(versionFile, 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
}
