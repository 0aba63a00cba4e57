import { MlflowError } from '../errors.js';
import { parsePythonJson } from '../serialization/pythonJson.js';
import { PyYamlDocument, type TextPosition } from '../serialization/pyYamlDocument.js';
import { PyFloat, type PyValue } from '../serialization/pyValue.js';
import { filesProblems } from './mlmodelFileProblems.js';
import { isRecord, parseMlmodelText, mlmodelFileName } from './mlmodelText.js';
import { Model } from './model.js';
import type { ModelFolderFacts } from './modelFolderFacts.js';

/** A change of the text that removes a problem. */
export interface ProblemFix {
  /** What the action is called: `Write 5.23.0`. */
  readonly title: string;
  /** The value that it writes in place of the one at the problem's path; null removes the key. */
  readonly value: string | null;
}

/** Something wrong, or worth knowing, at one place of an MLmodel file. */
export interface MlmodelProblem {
  readonly severity: 'error' | 'warning' | 'information';
  /** Stable name of the rule. */
  readonly code: string;
  readonly message: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  /** Keys from the root to the place; empty for the whole document. */
  readonly path: readonly (string | number)[];
  readonly fix?: ProblemFix;
}

/** A problem before its place in the text has been looked up. */
export type Finding = Omit<MlmodelProblem, 'line' | 'column'>;

/**
 * Everything wrong with an MLmodel file, for the editor: bad YAML, flavors that lack what Python's loader needs, invalid
 * signatures, values that YAML turned into numbers; with the facts about the folder also dangling files, requirements that
 * contradict the flavor, and what will not be executed. Pure: nothing is read or changed.
 */
export function mlmodelProblems(text: string, folder?: ModelFolderFacts): MlmodelProblem[] {
  let document: Readonly<Record<string, PyValue>>;
  try {
    document = parseMlmodelText(text, mlmodelFileName).document;
  } catch (error) {
    return [parseProblem(MlflowError.from(error))];
  }
  const findings = [...documentFindings(document), ...modelFindings(document, folder)];
  if (findings.length === 0) return [];
  const positions = new PyYamlDocument(text.replaceAll('\r\n', '\n'));
  return findings.map((finding) => ({ ...finding, ...placeOf(positions, finding.path) }));
}

function placeOf(positions: PyYamlDocument, path: readonly (string | number)[]): TextPosition {
  return path.length === 0 ? { line: 1, column: 1 } : positions.positionOf(path);
}

function parseProblem(error: MlflowError): MlmodelProblem {
  const line = error.details?.['line'];
  const column = error.details?.['column'];
  const problem = error.details?.['problem'];
  return {
    severity: 'error',
    code: 'mlmodelInvalid',
    message: typeof problem === 'string' ? `This is not valid YAML: ${problem}.` : error.message,
    line: typeof line === 'number' ? line : 1,
    column: typeof column === 'number' ? column : 1,
    path: [],
  };
}

function documentFindings(document: Readonly<Record<string, PyValue>>): Finding[] {
  const flavors = document['flavors'];
  const findings = [...numberFindings(document), ...signatureFindings(document['signature'] ?? null)];
  if (!isRecord(flavors) || Object.keys(flavors).length === 0) {
    findings.push({
      severity: 'error',
      code: 'flavorsMissing',
      message: 'The model has no flavors, so nothing can load it. Save the model again.',
      path: 'flavors' in document ? ['flavors'] : [],
    });
  }
  return findings;
}

const versionPaths: readonly (readonly string[])[] = [
  ['mlflow_version'],
  ['flavors', 'python_function', 'python_version'],
  ['flavors', 'transformers', 'transformers_version'],
];

/** `1.10` without quotes is the number 1.1 to YAML. */
function numberFindings(document: Readonly<Record<string, PyValue>>): Finding[] {
  return versionPaths.flatMap((path) => {
    const value = path.reduce<PyValue>((inner, key) => (isRecord(inner) ? (inner[key] ?? null) : null), document);
    if (typeof value !== 'number' && !(value instanceof PyFloat)) return [];
    return [
      {
        severity: 'warning',
        code: 'versionIsNumber',
        message: `YAML reads this version as the number ${Number(value)}, which drops trailing zeros. Put it in quotes.`,
        path,
      } satisfies Finding,
    ];
  });
}

function signatureFindings(signature: PyValue): Finding[] {
  if (signature === null) return [];
  const problem = (message: string, path: string[]): Finding => ({
    severity: 'error',
    code: 'signatureInvalid',
    message,
    path,
  });
  if (!isRecord(signature))
    return [problem('The signature is no mapping. Set it again, or remove the key.', ['signature'])];
  const parts = ['inputs', 'outputs', 'params'] as const;
  if (parts.every((part) => (signature[part] ?? '') === '')) {
    return [problem('The signature is empty: inputs, outputs and params are all null. Remove the key.', ['signature'])];
  }
  return parts.flatMap((part) => {
    const fault = signaturePartFault(signature[part] ?? null);
    return fault === undefined ? [] : [problem(`The signature's ${part} ${fault}.`, ['signature', part])];
  });
}

function signaturePartFault(text: PyValue): string | undefined {
  if (text === null || text === '') return undefined;
  if (typeof text !== 'string') return 'should be JSON in a quoted text';
  let value: PyValue;
  try {
    value = parsePythonJson(text);
  } catch (error) {
    return `are not valid JSON: ${MlflowError.from(error).message}`;
  }
  if (!Array.isArray(value)) return 'should be a JSON list';
  const untyped = value.findIndex((item: PyValue) => !isRecord(item) || typeof item['type'] !== 'string');
  return untyped < 0 ? undefined : `have no type in item ${untyped + 1}`;
}

function modelFindings(document: Readonly<Record<string, PyValue>>, folder: ModelFolderFacts | undefined): Finding[] {
  let model: Model;
  try {
    model = Model.fromDict(document);
  } catch (error) {
    const failure = MlflowError.from(error);
    if (failure.reason === 'signatureInvalid') return [];
    return [{ severity: 'error', code: 'mlmodelInvalid', message: failure.message, path: [] }];
  }
  return [...flavorFindings(model), ...(folder === undefined ? [] : filesProblems(model, folder))];
}

function flavorFindings(model: Model): Finding[] {
  const names = Object.keys(model.flavors);
  if (names.length === 0) return [];
  const findings: Finding[] = [];
  if (model.transformersFlavor === undefined) {
    findings.push({
      severity: 'information',
      code: 'flavorMissing',
      message: `The model has no transformers flavor (only ${names.join(', ')}): it can be viewed here, but not prompted.`,
      path: ['flavors'],
    });
  } else {
    findings.push(...transformersFindings(model));
  }
  if (model.pythonFunctionFlavor === undefined) {
    findings.push({
      severity: 'information',
      code: 'pythonFunctionMissing',
      message: 'The model has no python_function flavor: Python can load it, but neither serve nor score it.',
      path: ['flavors'],
    });
  } else if (model.pythonFunctionFlavor.loaderModule === null) {
    findings.push({
      severity: 'error',
      code: 'flavorIncomplete',
      message: 'The python_function flavor has no `loader_module`, so Python cannot load the model for scoring.',
      path: ['flavors', 'python_function'],
    });
  }
  return findings;
}

function transformersFindings(model: Model): Finding[] {
  const flavor = model.transformersFlavor;
  if (flavor === undefined) return [];
  const path = ['flavors', 'transformers'];
  const missing = (key: string, why: string): Finding => ({
    severity: 'error',
    code: 'flavorIncomplete',
    message: `The transformers flavor has no \`${key}\`, ${why}.`,
    path,
  });
  const findings: Finding[] = [];
  if (flavor.task === null) findings.push(missing('task', 'which Python needs to build the pipeline'));
  if (flavor.modelType === null) {
    findings.push(missing('pipeline_model_type', "which names the model's class for Python's loader"));
  }
  for (const name of flavor.listedComponents) {
    const component = flavor.components.find((candidate) => candidate.name === name);
    if (component?.type == null) findings.push(missing(`${name}_type`, `although \`components\` lists ${name}`));
  }
  if (flavor.weights.kind === 'hub') findings.push(...referenceFindings(model));
  if (flavor.weights.kind === 'localBase') {
    findings.push({
      severity: 'information',
      code: 'referenceOnly',
      message: `The base model's weights are not stored: they are expected in ${flavor.weights.path}.`,
      path: [...path, 'local_base_model_path'],
    });
  }
  return findings;
}

function referenceFindings(model: Model): Finding[] {
  const flavor = model.transformersFlavor;
  if (flavor?.weights.kind !== 'hub') return [];
  const path = ['flavors', 'transformers', 'source_model_revision'];
  const { repository, revision } = flavor.weights;
  if (flavor.modelBinary !== null) {
    return [
      {
        severity: 'warning',
        code: 'weightsAmbiguous',
        message: `The model names both stored weights (${flavor.modelBinary}) and a Hub revision; Python loads those of the Hub.`,
        path,
        fix: { title: 'Remove source_model_revision', value: null },
      },
    ];
  }
  if (repository === '') {
    const message = 'The model refers to the Hub, but `source_model_name` does not say to which repository.';
    return [{ severity: 'error', code: 'flavorIncomplete', message, path }];
  }
  return [
    {
      severity: 'information',
      code: 'referenceOnly',
      message: `The weights are not stored: they are downloaded from ${repository} at ${revision.slice(0, 8)} when the model is loaded.`,
      path,
    },
  ];
}
