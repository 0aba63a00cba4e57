import path from 'node:path';
import { l10n } from '../l10n.js';
import { Model } from '../mlmodel/model.js';
import { isReferenceOnlyFlavor, shortDtype } from '../mlmodel/modelSummary.js';
import { mlmodelProblems, type MlmodelProblem } from '../mlmodel/mlmodelProblems.js';
import { readModelFolderFacts, type ModelFolderFacts } from '../mlmodel/modelFolderFacts.js';
import type { TransformersFlavor } from '../mlmodel/transformersFlavor.js';
import { configurationFiles, environmentFiles, tokenizerView } from './folderViews.js';
import type { InputExampleView, InspectorModel, InspectorProblem, ModelFacts, WeightsView } from './inspectorModel.js';
import { cardView } from './cardView.js';
import { listFiles, readText } from './modelFolder.js';
import { provenance } from './provenance.js';
import { signatureView } from './signatureView.js';
import { weightsView } from './weightsView.js';

/** Characters of an input example that are shown. */
const maxExampleLength = 100_000;

/**
 * Reads everything about a model that its folder tells without loading it: weights by their headers only.
 * @param text of the MLmodel file, which may be newer than the one on disk
 * @param folder absolute path; `undefined` where only the text can be read (a virtual workspace)
 * @throws MlflowError `mlmodelInvalid` when the text is no MLmodel document
 */
export async function inspectModel(text: string, folder: string | undefined, name: string): Promise<InspectorModel> {
  const model = Model.fromText(text, folder === undefined ? 'MLmodel' : path.join(folder, 'MLmodel'));
  const flavor = model.transformersFlavor;
  const settings = model.flavors['transformers'] ?? {};
  const isReferenceOnly = isReferenceOnlyFlavor(settings);
  const [problems, files, weights, inputExample, environment, configuration, tokenizer, card] =
    folder === undefined
      ? ([
          problemsOf(text),
          [],
          emptyWeights(l10n.t('Files can only be read on this machine.')),
          null,
          [],
          [],
          null,
          null,
        ] as const)
      : await Promise.all([
          readModelFolderFacts(folder, weightsFolderOf(flavor)).then((found) => problemsOf(text, found)),
          listFiles(folder),
          weightsView(folder, flavor, isReferenceOnly),
          inputExampleView(folder, model),
          environmentFiles(folder),
          configurationFiles(folder, flavor),
          tokenizerView(folder, flavor),
          cardView(folder),
        ]);
  return {
    name,
    facts: facts(model, weights, isReferenceOnly),
    problems: [...problems],
    signature: model.signature === null ? null : signatureView(model.signature),
    signatureTexts: model.signature,
    inputExample,
    weights,
    environment: [...environment],
    configuration: [...configuration],
    tokenizer,
    files: [...files],
    filesSizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    card,
    provenance: provenance(model),
    text,
  };
}

/** Folder of the stored weights, `model` where the flavor names none. */
function weightsFolderOf(flavor: TransformersFlavor | undefined): string {
  return flavor?.weights.kind === 'stored' ? flavor.weights.folder : 'model';
}

/** Problems of a document and, where its folder can be read, of the files around it. */
export async function documentProblems(text: string, folder: string | undefined): Promise<MlmodelProblem[]> {
  if (folder === undefined) return mlmodelProblems(text);
  return mlmodelProblems(text, await readModelFolderFacts(folder, weightsFolderIn(text)));
}

function weightsFolderIn(text: string): string {
  try {
    return weightsFolderOf(Model.fromText(text).transformersFlavor);
  } catch {
    return weightsFolderOf(undefined);
  }
}

function problemsOf(text: string, folder?: ModelFolderFacts): InspectorProblem[] {
  return mlmodelProblems(text, folder).map(({ severity, message, line }) => ({
    severity: severity === 'information' ? 'info' : severity,
    message,
    line,
  }));
}

function emptyWeights(note: string): WeightsView {
  return { tensors: [], files: [], parameterCount: 0, weightsBytes: 0, parametersByDtype: [], note, error: null };
}

function facts(model: Model, weights: WeightsView, isReferenceOnly: boolean): ModelFacts {
  const flavor = model.transformersFlavor;
  const template = model.metadata?.['prompt_template'];
  const declared =
    flavor?.torchDtype === undefined || flavor.torchDtype === null ? [] : [shortDtype(flavor.torchDtype)];
  const counted = weights.parametersByDtype.map(({ dtype }) => dtype);
  return {
    flavors: Object.keys(model.flavors),
    task: flavor?.task ?? null,
    inferenceTask: flavor?.inferenceTask ?? null,
    modelClass: flavor?.modelType ?? null,
    pipelineClass: flavor?.instanceType ?? null,
    parameterCount: weights.parameterCount === 0 ? null : weights.parameterCount,
    weightsBytes: weights.weightsBytes === 0 ? null : weights.weightsBytes,
    dtypes: counted.length > 0 ? counted : declared,
    mlflowVersion: model.mlflowVersion,
    transformersVersion: flavor?.transformersVersion ?? null,
    isReferenceOnly,
    isAdapter: flavor?.peftAdaptor !== undefined && flavor.peftAdaptor !== null,
    hasCode: flavor?.code !== undefined && flavor.code !== null,
    promptTemplate: typeof template === 'string' ? template : null,
    uri: model.modelId === null ? null : `models:/${model.modelId}`,
    runId: model.runId,
    modelId: model.modelId,
  };
}

async function inputExampleView(folder: string, model: Model): Promise<InputExampleView | null> {
  const file = model.savedInputExampleInfo?.['artifact_path'];
  if (typeof file !== 'string') return null;
  const read = await readText(folder, file);
  if (read === undefined) {
    return {
      file,
      text: '',
      isCut: false,
      error: l10n.t('{0} is missing. Log the model with its input example again.', file),
    };
  }
  const text = read.isCut ? read.text : indented(read.text);
  const isCut = read.isCut || text.length > maxExampleLength;
  return { file, text: text.slice(0, maxExampleLength), isCut, error: null };
}

/** JSON with indentation; text that is no JSON (Python writes NaN) as it is. */
function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
