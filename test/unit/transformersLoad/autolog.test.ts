import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../../src/core/ports.js';
import { autolog } from '../../../src/core/transformers/autolog.js';

test('autolog has the settings of Python, and says that it has no effect', () => {
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (message: string) => void warnings.push(message) };
  assert.deepEqual(autolog({ disable: true, extraTags: { a: 'b' } }, log), {
    logInputExamples: false,
    logModelSignatures: false,
    logModels: false,
    logDatasets: false,
    disable: true,
    exclusive: false,
    disableForUnsupportedVersions: false,
    silent: false,
    extraTags: { a: 'b' },
  });
  assert.deepEqual(warnings, []);
  autolog({}, log);
  assert.equal(warnings.length, 1);
  autolog({ silent: true }, log);
  assert.equal(warnings.length, 1);
});

test('autolog refuses settings that Python does not have, and values of another type', () => {
  assert.throws(() => autolog({ logEverything: true } as never), {
    errorCode: 'INVALID_PARAMETER_VALUE',
    message: "autolog() got an unexpected keyword argument 'log_everything'",
  });
  assert.throws(() => autolog({ disable: 'yes' } as never), { errorCode: 'INVALID_PARAMETER_VALUE' });
  assert.throws(() => autolog({ extraTags: { a: 1 } } as never), { errorCode: 'INVALID_PARAMETER_VALUE' });
});
