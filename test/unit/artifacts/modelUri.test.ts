import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseModelUri, parseRunsUri, splitModelsUri } from '../../../src/core/artifacts/modelUri.js';
import { MlflowError } from '../../../src/core/errors.js';

test('models: URIs name a logged model, a version, a stage, the latest or an alias', () => {
  assert.deepEqual(parseModelUri('models:/m-1f'), { kind: 'loggedModel', modelId: 'm-1f' });
  assert.deepEqual(parseModelUri('models:/Reg'), { kind: 'loggedModel', modelId: 'Reg' });
  assert.deepEqual(parseModelUri('models:/a b/12'), { kind: 'registered', name: 'a b', version: '12' });
  assert.deepEqual(parseModelUri('models:/a/LaTest'), { kind: 'registered', name: 'a' });
  assert.deepEqual(parseModelUri('models:/a/Production'), { kind: 'registered', name: 'a', stage: 'Production' });
  assert.deepEqual(parseModelUri('models:/a@b@champ'), { kind: 'registered', name: 'a@b', alias: 'champ' });
  assert.deepEqual(parseModelUri('models:/a#b/1'), { kind: 'registered', name: 'a#b', version: '1' });
});

test('an improper models: URI is an INTERNAL_ERROR with MLflow’s sentence', () => {
  for (const uri of [
    'models:/',
    'models:a/1',
    'models:/a/1/b',
    'models:/a/',
    'models:/a@',
    'models:/ /1',
    'run:/a/1',
  ]) {
    assert.throws(
      () => parseModelUri(uri),
      (error) =>
        MlflowError.is(error, 'INTERNAL_ERROR') &&
        error.message ===
          `Not a proper models:/ URI: ${uri}. Models URIs must be of the form 'models:/name/suffix' or ` +
            "'models:/name@alias' where suffix is a version, stage, or the string 'latest' and where alias is a " +
            'registered model alias. Only one of suffix or alias can be defined at a time.',
      uri,
    );
  }
});

test('a sub-path begins behind the version or the alias', () => {
  assert.deepEqual(splitModelsUri('models:/n/1/sub/file'), { rootUri: 'models:/n/1', subPath: 'sub/file' });
  assert.deepEqual(splitModelsUri('models:/n@a/sub/file'), { rootUri: 'models:/n@a', subPath: 'sub/file' });
  assert.deepEqual(splitModelsUri('models:/n/1/'), { rootUri: 'models:/n/1', subPath: '' });
  assert.deepEqual(splitModelsUri('models:/m-1/sub'), { rootUri: 'models:/m-1/sub', subPath: '' });
  assert.deepEqual(splitModelsUri('models://p@databricks/n/1/x'), {
    rootUri: 'models://p@databricks/n/1',
    subPath: 'x',
  });
});

test('runs: URIs hold a run and a path', () => {
  assert.deepEqual(parseRunsUri('runs:/r/a/b'), { runId: 'r', artifactPath: 'a/b' });
  assert.deepEqual(parseRunsUri('runs:/r'), { runId: 'r', artifactPath: '' });
  for (const uri of ['runs:/', 'runs:r/a', 'models:/r'])
    assert.throws(() => parseRunsUri(uri), /Not a proper runs:\/ URI/);
});
