/** Whose bytes are written: MLflow 3 (3.17) or MLflow 2 (2.16). */
export type MlflowGeneration = '3' | '2';

/** The MLflow versions that the two generations stand for: what a saved model declares. */
export const declaredMlflowVersions: Readonly<Record<MlflowGeneration, string>> = { '3': '3.17.2', '2': '2.16.2' };

/** The generation that wrote a model: 2 for MLflow 1 and 2, 3 for everything newer or unknown. */
export function generationOf(mlflowVersion: string | null): MlflowGeneration {
  const major = /^(\d+)\./.exec(mlflowVersion ?? '')?.[1];
  return major !== undefined && Number(major) < 3 ? '2' : '3';
}
