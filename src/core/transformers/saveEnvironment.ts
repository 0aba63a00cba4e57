import { environmentFiles } from '../mlmodel/environment.js';
import { getDefaultPipRequirements } from './defaultRequirements.js';
import type { Save } from './saveContext.js';

/**
 * conda.yaml, python_env.yaml, requirements.txt and constraints.txt of a save, by name.
 * @throws MlflowError with Python's texts for requirements it cannot read.
 */
export async function saveEnvironmentFiles(save: Save): Promise<Record<string, string>> {
  const { versions, options, generation } = save;
  const defaults = getDefaultPipRequirements(
    { isPeft: save.isPeft, task: save.task.pipelineTask },
    { compatibility: generation, environment: options.environment },
  ).sort();
  return environmentFiles({
    defaultPipRequirements: defaults,
    pipRequirements: options.pipRequirements,
    extraPipRequirements: options.extraPipRequirements,
    condaEnv: options.condaEnv,
    pythonVersion: versions.pythonVersion,
    buildPackages: { pip: versions.pipVersion, setuptools: versions.setuptoolsVersion, wheel: versions.wheelVersion },
    mlflowVersion: versions.mlflowVersion,
    compatibility: generation,
  });
}
