import { l10n } from '../l10n.js';
import { environmentFileNames, isIn, type ModelFolderFacts } from './modelFolderFacts.js';
import type { Finding } from './mlmodelProblems.js';
import type { Model } from './model.js';
import { normalizePackageName, parsePipRequirement } from './pipRequirement.js';
import { splitPythonLines } from './requirementsFile.js';

const pickledExtensions = /\.(?:bin|pt|pth|pkl|pickle|ckpt|h5|msgpack)$/;
/** Left by a trainer beside the weights; nothing opens them. */
const trainerFiles = /(?:^|\/)(?:training_args|optimizer|scheduler|rng_state[^/]*|scaler)\.(?:bin|pt|pth)$/;
const weightsExtensions = /\.(?:safetensors|onnx)$/;

/** What does not fit between an MLmodel and the files around it. */
export function filesProblems(model: Model, folder: ModelFolderFacts): Finding[] {
  return [
    ...danglingFiles(model, folder),
    ...versionMismatches(model, folder),
    ...unexecutedCode(model, folder),
    ...weightsProblems(model, folder),
  ];
}

function danglingFiles(model: Model, folder: ModelFolderFacts): Finding[] {
  const named: { path: string[]; name: string; severity: 'error' | 'warning' }[] = [];
  const add = (severity: 'error' | 'warning', path: string[], name: unknown): void => {
    if (typeof name === 'string' && name !== '') named.push({ severity, path, name });
  };
  const info = model.savedInputExampleInfo;
  add('warning', ['saved_input_example_info', 'artifact_path'], info?.['artifact_path']);
  add('warning', ['saved_input_example_info', 'serving_input_path'], info?.['serving_input_path']);
  const flavor = model.transformersFlavor;
  const flavorPath = ['flavors', 'transformers'];
  if (flavor !== undefined) {
    add('error', [...flavorPath, 'model_binary'], flavor.weights.kind === 'stored' ? flavor.modelBinary : null);
    add('error', [...flavorPath, 'peft_adaptor'], flavor.peftAdaptor);
    add('warning', [...flavorPath, 'code'], flavor.code);
    if (flavor.weights.kind === 'stored') {
      for (const { name } of flavor.components) add('error', [...flavorPath, `${name}_type`], `components/${name}`);
    }
  }
  const env = model.pythonFunctionFlavor?.env;
  const envPath = ['flavors', 'python_function', 'env'];
  add('warning', env?.virtualenv == null ? envPath : [...envPath, 'conda'], env?.conda);
  add('warning', [...envPath, 'virtualenv'], env?.virtualenv);
  return named
    .filter(({ name }) => !folder.entries.has(name.replace(/\/+$/, '')))
    .map(({ severity, path, name }) => ({
      severity,
      code: 'fileMissing',
      message: missingText(name),
      path,
    }));
}

function missingText(name: string): string {
  return environmentFileNames.includes(name)
    ? l10n.t(
        '{0} is named here, but is not in the model folder. Python cannot rebuild the environment without it.',
        name,
      )
    : l10n.t('{0} is named here, but is not in the model folder. Restore it, or save the model again.', name);
}

function versionMismatches(model: Model, folder: ModelFolderFacts): Finding[] {
  const recorded = model.transformersFlavor?.transformersVersion ?? null;
  if (folder.requirements === null || recorded === null) return [];
  const pinned = pinnedVersion(folder.requirements, 'transformers');
  if (pinned === undefined || withoutLocalLabel(pinned) === withoutLocalLabel(recorded)) return [];
  return [
    {
      severity: 'warning',
      code: 'requirementsMismatch',
      message: l10n.t(
        'requirements.txt pins transformers {0}, but the model was saved with {1}: Python may load it differently, or not at all.',
        pinned,
        recorded,
      ),
      path: ['flavors', 'transformers', 'transformers_version'],
      fix: { title: l10n.t('Write {0}', pinned), value: pinned },
    },
  ];
}

/** The version that a requirements text pins a package to with `==`. */
function pinnedVersion(requirements: string, packageName: string): string | undefined {
  for (const line of splitPythonLines(requirements)) {
    const requirement = parsePipRequirement(line.trim());
    if (requirement === undefined || normalizePackageName(requirement.name) !== packageName) continue;
    const pin = requirement.specifiers.find(({ operator }) => operator === '==' || operator === '===');
    if (pin !== undefined) return pin.version;
  }
  return undefined;
}

function withoutLocalLabel(version: string): string {
  return version.replace(/\+.*$/, '');
}

function unexecutedCode(model: Model, folder: ModelFolderFacts): Finding[] {
  const findings: Finding[] = [];
  const code = model.pythonFunctionFlavor?.code ?? model.transformersFlavor?.code ?? null;
  if (code !== null && [...folder.entries].some((entry) => isIn(entry, code))) {
    const owner = model.pythonFunctionFlavor?.code == null ? 'transformers' : 'python_function';
    findings.push({
      severity: 'warning',
      code: 'codeNotExecuted',
      message: l10n.t(
        'The model brings Python code of its own ({0}/). It is shown, never executed; a model that needs it runs only in Python.',
        code,
      ),
      path: ['flavors', owner, 'code'],
    });
  }
  if (folder.hasRemoteCode) {
    findings.push({
      severity: 'warning',
      code: 'remoteCode',
      message: l10n.t(
        "The checkpoint's config.json names Python classes of its own (`auto_map`). Python would run that code when it loads the model; here it is never executed.",
      ),
      path: ['flavors', 'transformers'],
    });
  }
  return findings;
}

function weightsProblems(model: Model, folder: ModelFolderFacts): Finding[] {
  const flavor = model.transformersFlavor;
  if (flavor?.weights.kind !== 'stored') return [];
  const weightsFolder = flavor.weights.folder;
  const files = [...folder.entries].filter((entry) => isIn(entry, weightsFolder));
  const findings: Finding[] = [];
  const path = ['flavors', 'transformers', flavor.modelBinary === null ? 'source_model_name' : 'model_binary'];
  const pickled = files.find((entry) => pickledExtensions.test(entry) && !trainerFiles.test(entry));
  if (pickled !== undefined && !files.some((entry) => weightsExtensions.test(entry))) {
    findings.push({
      severity: 'warning',
      code: 'pickledWeights',
      message: l10n.t(
        'The weights are pickled ({0}). Opening them could run code, so they are not opened here: convert them to safetensors first.',
        pickled,
      ),
      path,
    });
  }
  if (flavor.peftAdaptor !== null && folder.tensorNames.some((name) => /\.base_layer\.|\.lora_[AB]\./.test(name))) {
    findings.push({
      severity: 'warning',
      code: 'adapterNamesInBase',
      message: l10n.t(
        'The base model was stored with the names of its adapter (`.base_layer.`), as MLflow does for a base from a local folder. Python reloads it with random weights and without an error; here the names are put right.',
      ),
      path,
    });
  }
  return findings;
}
