import { stat } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import { readInputExample } from '../mlmodel/inputExample.js';
import { mlmodelFileName } from '../mlmodel/mlmodelText.js';
import { Model } from '../mlmodel/model.js';
import { exampleDraft } from '../signature/exampleDraft.js';
import type { FormDraft } from '../signature/formDraft.js';
import { ModelSignature } from '../signature/modelSignature.js';
import type { SignatureForm } from '../signature/formFields.js';
import { signatureForm } from '../signature/signatureForm.js';

/** Input examples beyond this are not offered: a form is no place for them. */
const exampleLimitBytes = 256 * 1024;

/** What a model asks for before it can answer. */
export interface ModelForm {
  /** Pipeline task. */
  task: string | null;
  inferenceTask: string | null;
  form: SignatureForm;
}

/**
 * The form of a model folder: from its signature, or from its task where there is none, with its input example.
 * @throws MlflowError when there is no MLmodel, it can't be read, its signature is not valid, or it has no transformers flavor.
 */
export async function readModelForm(folder: string): Promise<ModelForm> {
  const model = await Model.load(folder);
  const flavor = model.transformersFlavor;
  if (flavor === undefined) {
    const file = path.join(folder, mlmodelFileName);
    const others = Object.keys(model.flavors).join(', ') || 'none';
    throw MlflowError.invalidParameter(
      `${file} has no transformers flavor (it has: ${others}). Choose a model that was logged with mlflow.transformers.`,
      { reason: 'flavorMissing', details: { path: file } },
    );
  }
  const { task, inferenceTask } = flavor;
  const signature = model.signature === null ? null : ModelSignature.fromDict(model.signature);
  const form = signatureForm(signature, { task, inferenceTask });
  return { task, inferenceTask, form: { ...form, example: await storedExample(folder, model, form) } };
}

/** The stored example; `null` where it is missing, too large or does not fit the form: the panel asks without it. */
async function storedExample(folder: string, model: Model, form: SignatureForm): Promise<FormDraft | null> {
  const name = model.savedInputExampleInfo?.['artifact_path'];
  if (typeof name !== 'string') return null;
  try {
    if ((await stat(path.join(folder, name))).size > exampleLimitBytes) return null;
    const example = await readInputExample(folder, model.savedInputExampleInfo);
    return example === null ? null : exampleDraft(form, example);
  } catch {
    return null;
  }
}
