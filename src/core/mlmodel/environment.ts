import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import { dumpPyYaml, parsePyYaml } from '../serialization/pyYaml.js';
import { pythonTypeName } from '../serialization/pythonRepr.js';
import { compareCodePoints, type PyRecord, type PyValue } from '../serialization/pyValue.js';
import type { MlflowGeneration } from './compatibility.js';
import { mergeRequirements } from './mergeRequirements.js';
import { isRecord } from './mlmodelText.js';
import { parsePythonVersion } from './pep440.js';
import { parsePipRequirement } from './pipRequirement.js';
import { parsePipRequirements, type PipRequirementsInput } from './requirementsFile.js';

export const condaFileName = 'conda.yaml';
export const pythonEnvFileName = 'python_env.yaml';
export const requirementsFileName = 'requirements.txt';
export const constraintsFileName = 'constraints.txt';

/** The packages that build others, in the order of python_env.yaml; null where one is not installed. */
export interface BuildPackageVersions {
  readonly pip: string | null;
  readonly setuptools: string | null;
  readonly wheel: string | null;
}

export interface EnvironmentOptions {
  /** The flavor's own requirements, used unless `pipRequirements` or `condaEnv` is given. */
  readonly defaultPipRequirements: readonly string[];
  readonly pipRequirements?: PipRequirementsInput | null | undefined;
  readonly extraPipRequirements?: PipRequirementsInput | null | undefined;
  /** Path of a conda YAML file, or its content. */
  readonly condaEnv?: string | PyRecord | null | undefined;
  /** Such as `3.11.7`. */
  readonly pythonVersion: string;
  readonly buildPackages: BuildPackageVersions;
  /** MLflow's version that is pinned where the requirements do not name MLflow. */
  readonly mlflowVersion: string;
  readonly compatibility: MlflowGeneration;
  /** What relative paths start from. Default: the process's. */
  readonly workingDirectory?: string | undefined;
}

/** What a model records about its environment. */
export interface ModelEnvironment {
  readonly condaEnv: PyRecord;
  /** The lines of requirements.txt. */
  readonly pipRequirements: string[];
  readonly pipConstraints: string[];
}

/**
 * The environment files of a model by name, with the bytes that Python writes: conda.yaml, python_env.yaml,
 * requirements.txt, and constraints.txt where `-c` entries were given.
 * Source: mlflow/utils/environment.py, and the end of mlflow/transformers/__init__.py (save_model).
 * @throws MlflowError INVALID_PARAMETER_VALUE with Python's texts; RESOURCE_DOES_NOT_EXIST for a missing file
 */
export async function environmentFiles(options: EnvironmentOptions): Promise<Record<string, string>> {
  const environment = await resolveEnvironment(options);
  return {
    [condaFileName]: dumpPyYaml(environment.condaEnv),
    ...(environment.pipConstraints.length === 0
      ? {}
      : { [constraintsFileName]: environment.pipConstraints.join('\n') }),
    [requirementsFileName]: environment.pipRequirements.join('\n'),
    [pythonEnvFileName]: pythonEnvText(options.pythonVersion, options.buildPackages),
  };
}

/** The environment before it is written: {@link environmentFiles} in parts. @throws as that does */
export async function resolveEnvironment(options: EnvironmentOptions): Promise<ModelEnvironment> {
  validateEnvironmentArguments(options);
  return options.condaEnv === null || options.condaEnv === undefined
    ? processPipRequirements(options)
    : processCondaEnv(options.condaEnv, options);
}

/** @throws MlflowError INVALID_PARAMETER_VALUE when more than one kind of requirements is given */
export function validateEnvironmentArguments(
  given: Pick<EnvironmentOptions, 'condaEnv' | 'pipRequirements' | 'extraPipRequirements'>,
): void {
  const specified = [given.condaEnv, given.pipRequirements, given.extraPipRequirements].filter(
    (argument) => argument !== null && argument !== undefined,
  );
  if (specified.length > 1) {
    throw MlflowError.invalidParameter(
      'Only one of `conda_env`, `pip_requirements`, and `extra_pip_requirements` can be specified',
    );
  }
}

/** Source: mlflow/utils/environment.py (_process_pip_requirements); the defaults are sorted as the flavor sorts them. */
async function processPipRequirements(options: EnvironmentOptions): Promise<ModelEnvironment> {
  const workingDirectory = options.workingDirectory ?? process.cwd();
  const defaults = [...new Set(options.defaultPipRequirements)].sort(compareCodePoints);
  const given = options.pipRequirements ?? options.extraPipRequirements;
  const parsed =
    given === null || given === undefined
      ? { requirements: [], constraints: [] }
      : await parsePipRequirements(given, workingDirectory);
  const hasOwnList = options.pipRequirements !== null && options.pipRequirements !== undefined;
  const lines = hasOwnList ? parsed.requirements : [...defaults, ...parsed.requirements];
  const pipRequirements = withoutIncompatible(
    mergeRequirements(withMlflow(lines, options), options.compatibility),
    options.compatibility,
  );
  if (parsed.constraints.length > 0) pipRequirements.push(`-c ${constraintsFileName}`);
  return {
    condaEnv: defaultCondaEnv(pipRequirements, options.pythonVersion, options.buildPackages.pip),
    pipRequirements,
    pipConstraints: parsed.constraints,
  };
}

/** Source: mlflow/utils/environment.py (_process_conda_env): the caller's own environment with its pip list completed. */
async function processCondaEnv(given: string | PyRecord, options: EnvironmentOptions): Promise<ModelEnvironment> {
  const workingDirectory = options.workingDirectory ?? process.cwd();
  const condaEnv = await readCondaEnv(given, workingDirectory);
  const dependencies = condaEnv['dependencies'];
  if (!Array.isArray(dependencies)) {
    throw MlflowError.invalidParameter(
      'The conda environment has no list `dependencies`. Add it, with a `pip` map in it.',
    );
  }
  const pipLines = (dependencies as PyValue[]).find(isPipDependency)?.['pip'] ?? [];
  const parsed = await parsePipRequirements(pipLines as PipRequirementsInput, workingDirectory);
  const pipRequirements = withMlflow(parsed.requirements, options);
  if (parsed.constraints.length > 0) pipRequirements.push(`-c ${constraintsFileName}`);
  return {
    condaEnv: replacePipDependencies(condaEnv, pipRequirements),
    pipRequirements,
    pipConstraints: parsed.constraints,
  };
}

async function readCondaEnv(given: string | PyRecord, workingDirectory: string): Promise<PyRecord> {
  if (typeof given !== 'string') {
    if (isRecord(given)) return given;
    throw MlflowError.invalidParameter(
      'Expected a string path to a conda env yaml file or a `dict` representing a conda env, ' +
        `but got \`${pythonTypeName(given)}\``,
    );
  }
  const file = path.resolve(workingDirectory, given);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw MlflowError.doesNotExist(`[Errno 2] No such file or directory: '${given}'`, {
      reason: 'fileMissing',
      details: { path: file },
      cause,
    });
  });
  const value = parsePyYaml(text, { keepTypes: true });
  if (!isRecord(value)) throw MlflowError.invalidParameter(`${file} is no conda environment: it holds no mapping.`);
  return value;
}

export function isPipDependency(dependency: PyValue): dependency is PyRecord {
  return isRecord(dependency) && 'pip' in dependency;
}

/** Puts a new pip list into a conda environment, in place of the one it has or behind the other dependencies. */
export function replacePipDependencies(condaEnv: PyRecord, pipRequirements: readonly string[]): PyRecord {
  const given = condaEnv['dependencies'];
  const dependencies: readonly PyValue[] = Array.isArray(given) ? (given as PyValue[]) : [];
  // One list wherever it stands: YAML then names it once and refers to it.
  const pip = [...pipRequirements];
  return {
    ...condaEnv,
    dependencies: dependencies.some(isPipDependency)
      ? dependencies.map((dependency) => (isPipDependency(dependency) ? { pip } : dependency))
      : [...dependencies, { pip }],
  };
}

/**
 * The conda environment that MLflow makes itself. Source: mlflow/utils/environment.py (_mlflow_conda_env).
 * @param pipVersion the installed pip; null writes `pip` without a version
 */
export function defaultCondaEnv(
  pipRequirements: readonly string[],
  pythonVersion: string,
  pipVersion: string | null,
): PyRecord {
  const pip = pipRequirements.length === 0 ? [] : [pipVersion === null ? 'pip' : `pip<=${pipVersion}`];
  return {
    name: 'mlflow-env',
    channels: ['conda-forge'],
    dependencies: [`python=${pythonVersion}`, ...pip, { pip: [...pipRequirements] }],
  };
}

/** The text of python_env.yaml. Source: mlflow/utils/environment.py (_PythonEnv.current, to_yaml). */
export function pythonEnvText(pythonVersion: string, buildPackages: BuildPackageVersions): string {
  const names = ['pip', 'setuptools', 'wheel'] as const;
  return dumpPyYaml(
    {
      python: pythonVersion,
      build_dependencies: names.map((name) => {
        const version = buildPackages[name];
        return version === null ? name : `${name}==${version}`;
      }),
      dependencies: [`-r ${requirementsFileName}`],
    },
    { sortKeys: false },
  );
}

function withMlflow(lines: readonly string[], options: EnvironmentOptions): string[] {
  return lines.some((line) => isMlflowRequirement(line, options.compatibility))
    ? [...lines]
    : [mlflowPin(options.mlflowVersion), ...lines];
}

/** `mlflow==<version>`; a development build pins the release before it. */
export function mlflowPin(mlflowVersion: string): string {
  const version = parsePythonVersion(mlflowVersion);
  if (version === undefined || version.dev === null) return `mlflow==${mlflowVersion}`;
  const [major = 0, minor = 0, micro = 0] = version.release;
  return `mlflow==${major}.${minor}.${micro - 1}`;
}

/** Whether a requirement line already brings MLflow. Source: mlflow/utils/environment.py (_is_mlflow_requirement). */
export function isMlflowRequirement(line: string, generation: MlflowGeneration): boolean {
  const names = generation === '3' ? ['mlflow', 'mlflow-skinny', 'mlflow-tracing'] : ['mlflow', 'mlflow-skinny'];
  const requirement = parsePipRequirement(line);
  if (requirement !== undefined) return names.includes(requirement.name.toLowerCase());
  const words = line.split(' ');
  const option = words.findIndex((word) => word.startsWith('-'));
  const bare = parsePipRequirement(option < 0 ? line : words.slice(0, option).join(' '));
  if (bare !== undefined) return bare.name.toLowerCase() === 'mlflow';
  const compact = line.replaceAll(' ', '').toLowerCase();
  return compact.includes('/mlflow') || compact.includes('mlflow@git');
}

/** databricks-connect brings its own pyspark. Source: mlflow/utils/environment.py (_remove_incompatible_requirements). */
function withoutIncompatible(lines: readonly string[], generation: MlflowGeneration): string[] {
  const nameOf = (line: string): string => parsePipRequirement(line)?.name ?? line;
  if (generation === '2' || !lines.some((line) => nameOf(line) === 'databricks-connect')) return [...lines];
  return lines.filter((line) => nameOf(line) !== 'pyspark' && nameOf(line) !== 'pyspark-connect');
}
