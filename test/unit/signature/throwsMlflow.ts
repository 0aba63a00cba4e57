import assert from 'node:assert/strict';
import { MlflowError } from '../../../src/core/errors.js';

/** Asserts that the action throws an MlflowError with this text and code. */
export function throwsMlflow(action: () => unknown, message: string | RegExp, errorCode = 'INTERNAL_ERROR'): void {
  assert.throws(action, (error) => {
    assert.ok(MlflowError.is(error), String(error));
    if (typeof message === 'string') assert.equal(error.message, message);
    else assert.match(error.message, message);
    assert.equal(error.errorCode, errorCode);
    return true;
  });
}
