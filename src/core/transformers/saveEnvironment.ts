import { environmentFiles } from '../mlmodel/environment.js';
import { getDefaultPipRequirements } from './defaultRequirements.js';
import type { Save } from './saveContext.js';

/**
 * conda.yaml, python_env.yaml, requirements.txt and constraints.txt of a save, by name.
 * @throws MlflowError with Python's texts for requirements it cannot read.
 */
export async function saveEnvironmentFiles(save: Save): Promise<Record<string, string>> {
  const { versions, options, generation } = save;
  // An explicit list must do where a default could not be made.
  const hasOwnList = options.pipRequirements !== undefined || options.condaEnv !== undefined;
  const defaults = hasOwnList ? [] : defaultRequirements(save);
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

function defaultRequirements({ source, isPeft, task, options, generation, log }: Save): string[] {
  const defaults = getDefaultPipRequirements(
    { isPeft, task: task.pipelineTask },
    { compatibility: generation, environment: options.environment },
  ).sort();
  if (source.kind === 'checkpoint' || isPeft) {
    log.info(
      "A local checkpoint path or PEFT model is given as the `transformers_model`. To avoid loading the full model into memory, we don't " +
        'infer the pip requirement for the model. Instead, we will use the default requirements, but it may not capture all required ' +
        'pip libraries for the model. Consider providing the pip requirements explicitly.',
    );
  }
  return defaults;
}
