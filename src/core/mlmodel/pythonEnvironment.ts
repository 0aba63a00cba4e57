import { MlflowError } from '../errors.js';
import { pythonRepr } from '../serialization/pythonRepr.js';
import type { PyValue } from '../serialization/pyValue.js';
import { parsePyYaml } from '../serialization/pyYaml.js';
import { isPipDependency } from './environment.js';
import { isRecord } from './mlmodelText.js';

/** What a virtual environment needs: Python's `_PythonEnv`. */
export interface PythonEnvironment {
  readonly python: string;
  readonly buildDependencies: readonly string[];
  readonly dependencies: readonly string[];
  /** What of the conda file is left out or assumed, as sentences. */
  readonly warnings: readonly string[];
}

const condaDependency = /^(python|pip|setuptools|wheel)(<=|>=|==|!=|<|>|=)?([\d.]+)?$/;

/**
 * Derives a virtual environment from a conda file. Source: mlflow/utils/environment.py (_PythonEnv).
 * @param source path of the file, for messages
 * @param currentPythonVersion taken where the file names none
 * @throws MlflowError INVALID_PARAMETER_VALUE with Python's texts
 */
export function pythonEnvironmentFromConda(
  text: string,
  source: string,
  currentPythonVersion: string,
): PythonEnvironment {
  const conda = parsePyYaml(text);
  const given = isRecord(conda) ? (conda['dependencies'] ?? []) : null;
  if (!Array.isArray(given)) throw MlflowError.invalidParameter(`${source} is no conda environment.`);
  let python: string | null = null;
  let dependencies: string[] = [];
  const buildDependencies: string[] = [];
  const unmatched: string[] = [];
  for (const dependency of given as PyValue[]) {
    if (isPipDependency(dependency)) {
      dependencies = ((dependency['pip'] ?? []) as string[]).map(String);
      continue;
    }
    if (typeof dependency !== 'string') {
      throw MlflowError.invalidParameter(
        `Invalid conda dependency: ${pythonRepr(dependency)}. Must be str or dict in the form of {"pip": [...]}`,
      );
    }
    const match = condaDependency.exec(dependency);
    const [, name = '', operator, version] = match ?? [];
    if (match === null) unmatched.push(dependency);
    else if (python === null && name === 'python') python = pythonVersionOf(dependency, operator, version);
    else buildDependencies.push(name + (operator === '=' ? '==' : (operator ?? '')) + (version ?? ''));
  }
  return {
    python: python ?? currentPythonVersion,
    buildDependencies,
    dependencies,
    warnings: environmentWarnings(source, python, currentPythonVersion, unmatched),
  };
}

function pythonVersionOf(dependency: string, operator: string | undefined, version: string | undefined): string | null {
  if (operator === undefined) {
    throw MlflowError.invalidParameter(
      `Invalid dependency for python: ${dependency}. It must be pinned (e.g. python=3.8.13).`,
    );
  }
  if (operator === '<' || operator === '>' || operator === '!=') {
    throw MlflowError.invalidParameter(
      `Invalid version comparator for python: '${operator}'. Must be one of ['<=', '>=', '=', '=='].`,
    );
  }
  return version ?? null;
}

function environmentWarnings(
  source: string,
  python: string | null,
  currentPythonVersion: string,
  unmatched: readonly string[],
): string[] {
  const warnings: string[] = [];
  if (python === null) {
    warnings.push(
      `${source} does not include a python version specification. Using the current python version ${currentPythonVersion}.`,
    );
  }
  if (unmatched.length > 0) {
    warnings.push(
      `The following conda dependencies will not be installed in the resulting environment: ${pythonRepr(unmatched)}`,
    );
  }
  return warnings;
}
