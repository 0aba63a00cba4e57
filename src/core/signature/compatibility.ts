/** MLflow's generation whose answers are wanted: `3` is 3.17 with pandas 3 and numpy 2, `2` is 2.16 with pandas 2 and numpy 1. */
export type Compatibility = '3' | '2';

export interface CompatibilityOptions {
  /** Default `3`. */
  compatibility?: Compatibility | undefined;
}
