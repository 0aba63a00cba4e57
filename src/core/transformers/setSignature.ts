import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { openArtifacts } from '../artifacts/artifactFunctions.js';
import { isModelsUri, isRunsUri, parseModelUri, parseRunsUri } from '../artifacts/modelUri.js';
import { appendToUriPath } from '../artifacts/uri.js';
import type { MlflowClient } from '../client/mlflowClient.js';
import { MlflowError } from '../errors.js';
import { Model } from '../mlmodel/model.js';
import { stringRepr } from '../serialization/pythonRepr.js';
import { ModelSignature, type SignatureDict } from '../signature/modelSignature.js';

/**
 * Replaces the signature in the MLmodel file of a stored model; every other key stays as it is.
 * Source: mlflow.models.set_signature.
 * @throws MlflowError INVALID_PARAMETER_VALUE for `models:/name/version` URIs (Python's text), RESOURCE_DOES_NOT_EXIST when
 *   there is no model.
 */
export async function setSignature(
  modelUri: string,
  signature: ModelSignature | SignatureDict,
  client: MlflowClient,
): Promise<void> {
  const given = signatureOf(signature);
  const repository = await openArtifacts(await writableUri(modelUri, client), () => client.artifactStores());
  const folder = repository.localPath;
  if (folder === undefined) {
    throw new MlflowError(
      `${modelUri} does not lie on this machine; its signature cannot be changed from here yet.`,
      'NOT_IMPLEMENTED',
    );
  }
  const file = path.join(folder, 'MLmodel');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw MlflowError.doesNotExist(`Failed to download an "MLmodel" model file from "${modelUri}"`, {
      reason: 'fileMissing',
      details: { file },
    });
  }
  await changed(text, given, file).save(file);
}

/** The text of an MLmodel file with another signature. @throws MlflowError as {@link Model.fromText} */
export function withSignature(text: string, signature: ModelSignature | SignatureDict): string {
  return changed(text, signatureOf(signature)).toYaml();
}

function signatureOf(given: ModelSignature | SignatureDict): ModelSignature {
  return given instanceof ModelSignature ? given : ModelSignature.fromDict(given);
}

function changed(text: string, signature: ModelSignature, source?: string): Model {
  const model = Model.fromText(text, source);
  model.signature = signature.toDict({ compatibility: model.compatibility });
  return model;
}

/** Where the model's own files are. A run URI means the run's artifacts, also where a logged model has the same name. */
async function writableUri(modelUri: string, client: MlflowClient): Promise<string> {
  if (isRunsUri(modelUri)) {
    const { runId, artifactPath } = parseRunsUri(modelUri);
    const run = await client.getRun({ runId });
    return appendToUriPath(run.info.artifactUri, artifactPath);
  }
  if (isModelsUri(modelUri)) {
    const parsed = parseModelUri(modelUri);
    if (parsed.kind !== 'loggedModel') {
      throw MlflowError.invalidParameter(
        `Failed to set signature on ${stringRepr(modelUri)}. Model URIs with the \`models:/<name>/<version>\` scheme are not supported.`,
      );
    }
    return (await client.getLoggedModel({ modelId: parsed.modelId })).artifactLocation;
  }
  return modelUri;
}
