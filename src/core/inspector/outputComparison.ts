/** Whether an answer has the shape that the signature promises. */
export interface OutputComparison {
  matches: boolean;
  /** What differs, one sentence each. */
  differences: string[];
}
