import type { OutputComparison } from '../core/inspector/outputComparison.js';
import type { InspectorModel } from '../core/inspector/inspectorModel.js';
import type { ModelForm } from '../core/inspector/modelForm.js';
import type { SerializedSignature } from '../core/mlmodel/serializedSignature.js';
import type { MlmodelProblem } from '../core/mlmodel/mlmodelProblems.js';

/**
 * Reading model folders, off the thread that draws: a tokenizer's vocabulary alone can be megabytes of JSON. Answered by the
 * thread that reads stores.
 */
export type InspectionMethods = {
  /** `folder` is absent where only the text can be read. */
  inspectModel: { params: { text: string; folder: string | undefined; name: string }; result: InspectorModel };
  mlmodelProblems: { params: { text: string; folder: string | undefined }; result: MlmodelProblem[] };
  compareOutput: {
    params: { signature: SerializedSignature; predictions: unknown };
    result: OutputComparison | null;
  };
  /** What a model asks for before it can answer. */
  modelForm: { params: { folder: string }; result: ModelForm };
  /** A model as text, one fact a line, for comparing two of them. */
  describeModel: { params: { folder: string }; result: string };
};
