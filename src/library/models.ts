import { resolveModelUri } from '../core/artifacts/resolveModelUri.js';
import type { Fluent } from '../core/client/fluent.js';
import { Model } from '../core/mlmodel/model.js';
import type { ModelInfo } from '../core/mlmodel/modelInfo.js';
import { DataClass } from '../core/signature/dataClass.js';
import { inferSignature } from '../core/signature/inferSignature.js';
import { ModelSignature, type SignatureDict } from '../core/signature/modelSignature.js';
import { setSignature, withSignature } from '../core/transformers/setSignature.js';

/** `mlflow.models`. */
export function createModels(fluent: Fluent) {
  const load = async (uriOrPath: string): Promise<Model> => {
    return Model.load(await fluent.artifacts.downloadArtifacts({ artifactUri: uriOrPath }));
  };
  return {
    /** Reads the MLmodel document of a model URI, a folder or the file itself. */
    Model: { load },
    ModelSignature,
    /** The fields of a data class, of which a signature is made as Python makes it of a dataclass. */
    DataClass,
    inferSignature,
    /** What the document and, for a logged model, the store say of a model. */
    getModelInfo: async (modelUri: string): Promise<ModelInfo> => {
      const model = await load(modelUri);
      const { loggedModel } = await resolveModelUri(modelUri, () => fluent.client().artifactStores());
      return model.getModelInfo(loggedModel ?? null);
    },
    /** The text of an MLmodel file with another signature. */
    withSignature: (text: string, signature: ModelSignature | SignatureDict): string => withSignature(text, signature),
    /** Replaces the signature of a stored model. */
    setSignature: (modelUri: string, signature: ModelSignature | SignatureDict): Promise<void> =>
      setSignature(modelUri, signature, fluent.client()),
  };
}
