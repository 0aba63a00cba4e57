import { PyFloat, type PyValue } from '../serialization/pyValue.js';
import type { MlflowGeneration } from './compatibility.js';
import type { FrameExample } from './exampleTypes.js';

/**
 * A frame's columns with the values that pandas would hold: one float makes a column float, a missing value makes an integer
 * column float, missing texts are NaN in pandas 3 (MLflow 3) and null in pandas 2.
 */
export function frameColumns(frame: FrameExample, compatibility: MlflowGeneration): PyValue[][] {
  return frame.columns.map((_, index) =>
    pandasColumn(
      frame.data.map((row) => row[index] ?? null),
      compatibility,
    ),
  );
}

function pandasColumn(values: readonly PyValue[], compatibility: MlflowGeneration): PyValue[] {
  const present = values.filter((value) => !isMissing(value));
  const hasMissing = present.length < values.length;
  if (present.length === 0) return values.map((value) => (value === null ? allMissing(values) : value));
  if (present.every(isNumber)) {
    const isFloat = hasMissing || present.some(isFloatNumber);
    return isFloat ? values.map((value) => new PyFloat(isMissing(value) ? NaN : numberOf(value))) : [...values];
  }
  const isText = present.every((value) => typeof value === 'string');
  const missing: PyValue = isText && compatibility === '3' ? NaN : null;
  return values.map((value) => (isMissing(value) ? missing : value));
}

/** A column of nulls alone stays null; one NaN among them makes it float. */
function allMissing(values: readonly PyValue[]): PyValue {
  return values.some((value) => value !== null) ? NaN : null;
}

function isMissing(value: PyValue): boolean {
  return value === null || (isNumber(value) && Number.isNaN(numberOf(value)));
}

function isNumber(value: PyValue): value is number | bigint | PyFloat {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof PyFloat;
}

function isFloatNumber(value: PyValue): boolean {
  return value instanceof PyFloat || (typeof value === 'number' && !Number.isSafeInteger(value));
}

function numberOf(value: PyValue): number {
  return value instanceof PyFloat ? value.value : Number(value);
}
