import { MlflowError } from '../errors.js';
import { stringRepr } from '../serialization/pythonRepr.js';
import type { PyValue } from '../serialization/pyValue.js';
import { dumpPyYaml, parsePyYaml } from '../serialization/pyYaml.js';
import type { MlflowGeneration } from './compatibility.js';
import { isPipDependency, replacePipDependencies } from './environment.js';
import { mergeRequirements } from './mergeRequirements.js';
import { isRecord } from './mlmodelText.js';
import { parsePipRequirement, pipRequirementText, type PipRequirement } from './pipRequirement.js';
import { splitPythonLines } from './requirementsFile.js';

/** The texts of the two files that list a model's requirements. */
export interface RequirementsTexts {
  readonly conda: string;
  readonly requirements: string;
}

/**
 * Adds requirements to a model's files, or removes packages from them: a package that is there already is replaced where it
 * stands. Source: mlflow/models/model.py (update_model_requirements).
 * @throws MlflowError INVALID_PARAMETER_VALUE for a line that is no PEP 508 requirement, given or already in the files
 */
export function updateRequirements(
  texts: RequirementsTexts,
  operation: 'add' | 'remove',
  requirementList: readonly string[],
  generation: MlflowGeneration = '3',
): RequirementsTexts {
  const invalid = requirementList.filter((line) => parsePipRequirement(normalized(line)) === undefined);
  if (invalid.length > 0) {
    const names = invalid.map((line) => `${stringRepr(line)}: InvalidRequirement('no requirement by PEP 508')`);
    throw MlflowError.invalidParameter(`Found invalid requirements: {${names.join(', ')}}`);
  }
  const given = requirementList.map(normalized);
  const update = (lines: readonly string[]): string[] =>
    operation === 'add' ? addLines(lines, given, generation) : removeLines(lines, given, generation);
  const condaEnv = parsePyYaml(texts.conda, { keepTypes: true });
  if (!isRecord(condaEnv))
    throw MlflowError.invalidParameter('conda.yaml is no conda environment: it holds no mapping.');
  const dependencies = Array.isArray(condaEnv['dependencies']) ? (condaEnv['dependencies'] as PyValue[]) : [];
  const condaLines = (dependencies.find(isPipDependency)?.['pip'] ?? []) as string[];
  return {
    conda: dumpPyYaml(replacePipDependencies(condaEnv, update(condaLines))),
    requirements: update(splitPythonLines(texts.requirements)).join('\n'),
  };
}

function normalized(line: string): string {
  return line.trim().toLowerCase();
}

function addLines(lines: readonly string[], given: readonly string[], generation: MlflowGeneration): string[] {
  const byName = linesByName(lines, generation);
  for (const [name, text] of linesByName(mergeRequirements(given, generation), generation)) byName.set(name, text);
  return [...byName.values()];
}

function removeLines(lines: readonly string[], given: readonly string[], generation: MlflowGeneration): string[] {
  const byName = linesByName(lines, generation);
  for (const line of given) byName.delete(requirementOf(line).name);
  return [...byName.values()];
}

function linesByName(lines: readonly string[], generation: MlflowGeneration): Map<string, string> {
  return new Map(
    lines
      .filter((line) => line !== '')
      .map((line) => {
        const requirement = requirementOf(line);
        return [requirement.name, pipRequirementText(requirement, generation)];
      }),
  );
}

function requirementOf(line: string): PipRequirement {
  const requirement = parsePipRequirement(line);
  if (requirement !== undefined) return requirement;
  throw MlflowError.invalidParameter(
    `The model's requirements contain ${stringRepr(line)}, which is no requirement by PEP 508, so MLflow cannot edit them. Change requirements.txt and conda.yaml by hand.`,
  );
}
