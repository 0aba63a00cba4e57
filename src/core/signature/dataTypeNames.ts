/** MLflow's scalar column types, in the order of its enum. */
export const dataTypeNames = ['boolean', 'integer', 'long', 'float', 'double', 'string', 'binary', 'datetime'] as const;
export type DataType = (typeof dataTypeNames)[number];

export function isDataType(value: unknown): value is DataType {
  return typeof value === 'string' && (dataTypeNames as readonly string[]).includes(value);
}
