import { MlflowError } from '../errors.js';
import { declaredEnvironment, type DeclaredEnvironment } from './declaredVersions.js';
import type { MlflowGeneration } from '../mlmodel/compatibility.js';
import { mlflowPin } from '../mlmodel/environment.js';
import type { PyRecord } from '../serialization/pyValue.js';

/** What the requirements of a model depend on. */
export interface RequirementsModel {
  framework?: 'pt' | 'tf' | 'flax' | undefined;
  isPeft?: boolean | undefined;
  task?: string | undefined;
}

export interface DefaultRequirementsOptions {
  compatibility?: MlflowGeneration | undefined;
  environment?: Partial<DeclaredEnvironment> | undefined;
}

/**
 * The packages every model of the flavor needs, in Python's order: transformers, the engine, torchvision and accelerate with
 * torch, peft for adapters; each pinned, local version labels stripped.
 * Source: mlflow.transformers.get_default_pip_requirements.
 * @throws MlflowError INTERNAL_ERROR with Python's text of a ModuleNotFoundError when torchvision is declared absent.
 */
export function getDefaultPipRequirements(
  model: RequirementsModel = {},
  options: DefaultRequirementsOptions = {},
): string[] {
  const versions = declaredEnvironment(
    options.compatibility ?? '3',
    model.task ?? 'text-classification',
    options.environment,
  );
  const packages: [name: string, version: string | null][] = [['transformers', versions.transformersVersion]];
  if (model.framework === 'tf') packages.push(['tensorflow', '2.16.2']);
  else if (model.framework === 'flax') packages.push(['flax', '0.10.2']);
  else {
    if (versions.torchvisionVersion === null) throw new MlflowError("No module named 'torchvision'");
    packages.push(
      ['torch', versions.torchVersion],
      ['torchvision', versions.torchvisionVersion],
      ['accelerate', versions.accelerateVersion],
    );
  }
  if (model.isPeft) packages.push(['peft', versions.peftVersion]);
  return packages.flatMap(([name, version]) => (version === null ? [] : [`${name}==${version.split('+')[0]}`]));
}

/** {@link getDefaultPipRequirements} as a conda environment. Source: mlflow.transformers.get_default_conda_env. */
export function getDefaultCondaEnv(model: RequirementsModel = {}, options: DefaultRequirementsOptions = {}): PyRecord {
  const versions = declaredEnvironment(
    options.compatibility ?? '3',
    model.task ?? 'text-classification',
    options.environment,
  );
  return {
    name: 'mlflow-env',
    channels: ['conda-forge'],
    dependencies: [
      `python=${versions.pythonVersion}`,
      versions.pipVersion === null ? 'pip' : `pip<=${versions.pipVersion}`,
      { pip: [mlflowPin(versions.mlflowVersion), ...getDefaultPipRequirements(model, options)] },
    ],
  };
}
