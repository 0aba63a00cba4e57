import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { inspectModel } from './inspectModel.js';
import type { SignatureRow } from './inspectorModel.js';
import { signatureRowText } from './signatureView.js';

/** A model as text, one fact a line, so that two of them can be compared: flavors, signature, requirements, tensors. */
export async function modelDocument(folder: string): Promise<string> {
  const text = await readFile(path.join(folder, 'MLmodel'), 'utf8');
  const model = await inspectModel(text, folder, path.basename(folder));
  const { facts, signature, weights } = model;
  const document = {
    model: {
      task: facts.inferenceTask ?? facts.task,
      class: facts.modelClass,
      pipeline: facts.pipelineClass,
      flavors: facts.flavors,
      parameters: facts.parameterCount,
      weights_bytes: facts.weightsBytes,
      dtypes: facts.dtypes,
      prompt_template: facts.promptTemplate,
      mlflow_version: facts.mlflowVersion,
      transformers_version: facts.transformersVersion,
    },
    signature:
      signature === null
        ? null
        : { inputs: columns(signature.inputs), outputs: columns(signature.outputs), params: columns(signature.params) },
    environment: Object.fromEntries(model.environment.map(({ name, text }) => [name, `${text.trimEnd()}\n`])),
    configuration: Object.fromEntries(
      model.configuration.map(({ name, entries }) => [
        name,
        Object.fromEntries(entries.map(({ key, value }) => [key, value])),
      ]),
    ),
    files: Object.fromEntries(model.files.map((file) => [file.path, file.sizeBytes])),
    tensors: Object.fromEntries(
      weights.tensors.map(({ name, dtype, shape }) => [name, `${dtype} (${shape.join(', ')})`]),
    ),
  };
  return stringify(document, { lineWidth: 0, blockQuote: 'literal' });
}

function columns(rows: readonly SignatureRow[]): string[] {
  return rows.map(signatureRowText);
}
