import type { MlflowGeneration } from '../mlmodel/compatibility.js';
import { generationHasTask } from './tasks.js';

/**
 * The Python environment that a model saved here declares. Python writes what is installed; nothing is installed here, so
 * these are the newest versions that were tested against this project. Each can be set by the caller.
 */
export interface DeclaredEnvironment {
  pythonVersion: string;
  pipVersion: string | null;
  setuptoolsVersion: string | null;
  wheelVersion: string | null;
  mlflowVersion: string;
  transformersVersion: string;
  torchVersion: string;
  /** `null`: not installed; torch models then need explicit requirements, as in Python. */
  torchvisionVersion: string | null;
  /** `null`: not installed, so not required. */
  accelerateVersion: string | null;
  peftVersion: string;
}

/** What MLflow 3.17 with transformers 5 declares. */
const newest: DeclaredEnvironment = {
  pythonVersion: '3.11.7',
  pipVersion: '26.3',
  setuptoolsVersion: '84.2.1',
  wheelVersion: null,
  mlflowVersion: '3.17.2',
  transformersVersion: '5.23.0',
  torchVersion: '2.13.0',
  torchvisionVersion: '0.28.0',
  accelerateVersion: '1.15.0',
  peftVersion: '0.21.2',
};

/** The last transformers that has question answering, summarization, translation and text2text pipelines. */
const lastWithDroppedTasks: DeclaredEnvironment = { ...newest, transformersVersion: '4.57.1' };

/** What MLflow 2.16 with transformers 4.43 declares. */
const previous: DeclaredEnvironment = {
  ...newest,
  mlflowVersion: '2.16.2',
  transformersVersion: '4.43.4',
  accelerateVersion: '0.33.0',
  peftVersion: '0.12.0',
};

/**
 * The environment declared for a model. A task that transformers 5 dropped is declared with the last transformers 4, so that
 * `requirements.txt` describes an environment that can load the model.
 */
export function declaredEnvironment(
  generation: MlflowGeneration,
  task: string,
  overrides: Partial<DeclaredEnvironment> = {},
): DeclaredEnvironment {
  const base = generation === '2' ? previous : generationHasTask(task, 5) ? newest : lastWithDroppedTasks;
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  return { ...base, ...given };
}

/** `5` or `4`, from a version such as `5.23.0`; models without one count as the newest. */
export function transformersMajor(version: string | null | undefined): number {
  const major = Number(/^(\d+)/.exec(version ?? '')?.[1]);
  return Number.isInteger(major) ? major : 5;
}
