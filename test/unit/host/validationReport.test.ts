import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import type { ValidationReport } from '../../../src/core/transformers/validateModel.js';
import { validationReport } from '../../../src/host/commands/validationReport.js';

const model = { name: 'my_model', uri: 'models:/m-1', storeUri: undefined, location: undefined, summary: undefined };

const good: ValidationReport = {
  checks: [
    { name: 'mlmodel', ok: true, message: 'The MLmodel\u00a0file is valid' },
    { name: 'predict', ok: true, message: 'The model answers its input example' },
  ],
  input: { data: 'hello', params: { top_k: 2 } },
  predictions: [{ label: 'pos', score: NaN }],
};

describe('a validation report', () => {
  it('says that a model is valid, with its example, params and answer', () => {
    const { text, summary, isValid } = validationReport(model, good);
    assert.deepEqual([summary, isValid], ['my_model is valid.', true]);
    assert.match(text, /^# ✓ my\\_model is valid\.$/m);
    assert.match(text, /```text\nhello\n```/);
    assert.match(text, /"top_k": 2/);
    assert.match(text, /"score": NaN/);
  });

  it('has a row for each finding with its line and what to do, and says what was not reached', () => {
    const error = new MlflowError('No weights.', 'INVALID_STATE', { reason: 'shardMissing' });
    const { text, summary, isValid } = validationReport(model, {
      checks: [
        { name: 'mlmodel', ok: false, message: 'x is missing', line: 4 },
        { name: 'mlmodel', ok: false, message: 'y | z', line: 9 },
        { name: 'load', ok: false, message: error.message, error },
      ],
    });
    assert.deepEqual([summary, isValid], ['my_model is not valid: 3 checks failed.', false]);
    assert.match(text, /^\| ✗ \| MLmodel\u00a0file \| Line 4: x is missing \|$/m);
    assert.match(text, /^\| ✗ \| MLmodel\u00a0file \| Line 9: y \\\| z \|$/m);
    assert.match(text, /^\| ✗ \| Loading \| No weights\. Copy the missing file into the folder\. \|$/m);
    assert.match(text, /^\| – \| Answer \| Not tried/m);
  });

  it('cannot be broken out of by what a model says', () => {
    const { text } = validationReport(model, { ...good, predictions: '````\n# not a heading\n````' });
    assert.match(text, /`````text\n````\n# not a heading\n````\n`````/);
  });
});
