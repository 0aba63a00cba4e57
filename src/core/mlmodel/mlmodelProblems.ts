import { MlflowError } from '../errors.js';
import { l10n } from '../l10n.js';
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
    message: typeof problem === 'string' ? l10n.t('This is not valid YAML: {0}.', problem) : error.message,
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
      message: l10n.t('The model has no flavors, so nothing can load it. Save the model again.'),
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
        message: l10n.t(
          'YAML reads this version as the number {0}, which drops trailing zeros. Put it in quotes.',
          Number(value),
        ),
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
    return [problem(l10n.t('The signature is no mapping. Set it again, or remove the key.'), ['signature'])];
  const parts = ['inputs', 'outputs', 'params'] as const;
  if (parts.every((part) => (signature[part] ?? '') === '')) {
    return [
      problem(l10n.t('The signature is empty: inputs, outputs and params are all null. Remove the key.'), [
        'signature',
      ]),
    ];
  }
  return parts.flatMap((part) => {
    const fault = signaturePartFault(part, signature[part] ?? null);
    return fault === undefined ? [] : [problem(fault, ['signature', part])];
  });
}

function signaturePartFault(part: string, text: PyValue): string | undefined {
  if (text === null || text === '') return undefined;
  if (typeof text !== 'string') return l10n.t("The signature's {0} should be JSON in a quoted text.", part);
  let value: PyValue;
  try {
    value = parsePythonJson(text);
  } catch (error) {
    return l10n.t("The signature's {0} are not valid JSON: {1}.", part, MlflowError.from(error).message);
  }
  if (!Array.isArray(value)) return l10n.t("The signature's {0} should be a JSON list.", part);
  const untyped = value.findIndex((item: PyValue) => !isRecord(item) || typeof item['type'] !== 'string');
  return untyped < 0 ? undefined : l10n.t("The signature's {0} have no type in item {1}.", part, untyped + 1);
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
      message: l10n.t(
        'The model has no transformers flavor (only {0}): it can be viewed here, but not prompted.',
        names.join(', '),
      ),
      path: ['flavors'],
    });
  } else {
    findings.push(...transformersFindings(model));
  }
  if (model.pythonFunctionFlavor === undefined) {
    findings.push({
      severity: 'information',
      code: 'pythonFunctionMissing',
      message: l10n.t('The model has no python_function flavor: Python can load it, but neither serve nor score it.'),
      path: ['flavors'],
    });
  } else if (model.pythonFunctionFlavor.loaderModule === null) {
    findings.push({
      severity: 'error',
      code: 'flavorIncomplete',
      message: l10n.t(
        'The python_function flavor has no `loader_module`, so Python cannot load the model for scoring.',
      ),
      path: ['flavors', 'python_function'],
    });
  }
  return findings;
}

function transformersFindings(model: Model): Finding[] {
  const flavor = model.transformersFlavor;
  if (flavor === undefined) return [];
  const path = ['flavors', 'transformers'];
  const missing = (message: string): Finding => ({ severity: 'error', code: 'flavorIncomplete', message, path });
  const findings: Finding[] = [];
  if (flavor.task === null)
    findings.push(missing(l10n.t('The transformers flavor has no `task`, which Python needs to build the pipeline.')));
  if (flavor.modelType === null) {
    findings.push(
      missing(
        l10n.t(
          "The transformers flavor has no `pipeline_model_type`, which names the model's class for Python's loader.",
        ),
      ),
    );
  }
  for (const name of flavor.listedComponents) {
    const component = flavor.components.find((candidate) => candidate.name === name);
    if (component?.type == null) {
      const message = l10n.t('The transformers flavor has no `{0}_type`, although `components` lists {0}.', name);
      findings.push(missing(message));
    }
  }
  if (flavor.weights.kind === 'hub') findings.push(...referenceFindings(model));
  if (flavor.weights.kind === 'localBase') {
    findings.push({
      severity: 'information',
      code: 'referenceOnly',
      message: l10n.t("The base model's weights are not stored: they are expected in {0}.", flavor.weights.path),
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
        message: l10n.t(
          'The model names both stored weights ({0}) and a Hub revision; Python loads those of the Hub.',
          flavor.modelBinary,
        ),
        path,
        fix: { title: l10n.t('Remove source_model_revision'), value: null },
      },
    ];
  }
  if (repository === '') {
    const message = l10n.t('The model refers to the Hub, but `source_model_name` does not say to which repository.');
    return [{ severity: 'error', code: 'flavorIncomplete', message, path }];
  }
  return [
    {
      severity: 'information',
      code: 'referenceOnly',
      message: l10n.t(
        'The weights are not stored: they are downloaded from {0} at {1} when the model is loaded.',
        repository,
        revision.slice(0, 8),
      ),
      path,
    },
  ];
}
