import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { loadSnippet } from '../../../src/host/commands/loadSnippet.js';
import { runDocument } from '../../../src/host/commands/runDocument.js';
import { adviceByCode, adviceByReason, errorText } from '../../../src/host/errors/errorTable.js';
import { fixEdit } from '../../../src/host/language/fixEdit.js';
import { describeKey } from '../../../src/host/language/keyDescriptions.js';
import { topLevelKeys } from '../../../src/host/language/mlmodelOutline.js';
import { redact } from '../../../src/host/log/redact.js';
import { fakeRun } from './fakeStore.js';

describe('error advice', () => {
  it('exists for every reason and code of core/errors.ts, with at most two actions', () => {
    const source = readFileSync(new URL('../../../src/core/errors.ts', import.meta.url), 'utf8');
    const union = (name: string): string[] => {
      const text = new RegExp(`export type ${name} =([^;]+);`).exec(source)?.[1] ?? '';
      return [...text.matchAll(/'(\w+)'/g)].map((match) => match[1] ?? '');
    };
    assert.deepEqual(Object.keys(adviceByReason()).sort(), union('ErrorReason').sort());
    assert.deepEqual(Object.keys(adviceByCode()).sort(), union('ErrorCode').sort());
    for (const { actions } of [...Object.values(adviceByReason()), ...Object.values(adviceByCode())]) {
      assert.ok(actions.length <= 2);
    }
  });
  it('follows the sentence of the error', () => {
    const error = { message: 'The database is locked', errorCode: 'INVALID_STATE', reason: 'storeLocked' } as const;
    assert.equal(errorText(error), 'The database is locked. Another program is writing. It is free again in a moment.');
  });
});

describe('what the Hub refuses', () => {
  const told = (url: string, status: number): string =>
    errorText({ message: 'The Hub refused.', errorCode: 'NOT_FOUND', details: { url, status } });

  it('is said in one sentence with the repository and what to do', () => {
    assert.match(
      told('https://huggingface.co/api/models/a/none/revision/main?expand=sha', 404),
      /no repository 'a\/none'/,
    );
    assert.match(
      told('http://127.0.0.1:1/a/gated/resolve/0123/config.json', 401),
      /^Access to 'a\/gated' is restricted/,
    );
    assert.match(told('http://127.0.0.1:1/api/models/gpt2', 403), /^Access to 'gpt2' is restricted/);
  });
  it('is left to its own words where they say more', () => {
    assert.match(told('http://127.0.0.1:1/a/b/resolve/0123/x.json', 404), /^The Hub refused\./);
    assert.match(told('http://127.0.0.1:1/other', 404), /^The Hub refused\./);
  });
});

describe('the log', () => {
  const cases: [string, string][] = [
    ['GET https://user:secret@host/path', 'GET https://***@host/path'],
    ['Authorization: Bearer abcdefgh12345678', 'Authorization: Bearer ***'],
    ['token hf_abcdefghijkl used', 'token hf_*** used'],
    ['MLFLOW_TRACKING_TOKEN=abc123', 'MLFLOW_TRACKING_TOKEN=***'],
    ['https://bucket/x?X-Amz-Signature=deadbeef&y=1', 'https://bucket/x?X-Amz-Signature=***&y=1'],
    ['sqlite:////home/a/mlflow.db: 3 tokens read', 'sqlite:////home/a/mlflow.db: 3 tokens read'],
  ];
  for (const [text, expected] of cases) it(`writes ${expected}`, () => assert.equal(redact(text), expected));
});

describe('load snippets', () => {
  const model = {
    name: 'm',
    uri: 'models:/m-1',
    storeUri: 'sqlite:////w/my "runs".db',
    location: undefined,
    summary: undefined,
  };
  it('are valid Python and shell, whatever the paths hold', () => {
    execFileSync('python3', ['-c', `import ast, sys; ast.parse(sys.argv[1])`, loadSnippet('python', model)]);
    execFileSync('bash', ['-n', '-c', loadSnippet('commandLine', model)]);
  });
  it('name the store only where there is one', () => {
    assert.ok(!loadSnippet('typescript', { ...model, storeUri: undefined }).includes('setTrackingUri'));
  });
});

describe('a run as text', () => {
  it('has its keys in order, so that a diff shows only differences', () => {
    const run = fakeRun('r', { b: '2', a: '1', 'mlflow.runName': 'x' });
    run.data.params = { z: '1', y: '2' };
    assert.match(runDocument(run), /params:\n {2}y: "2"\n {2}z: "1"\n[\s\S]*tags:\n {2}a: "1"\n {2}b: "2"\n$/);
  });
});

const mlmodel = `flavors:
  python_function:
    env:
      conda: conda.yaml
  transformers:
    task: text-classification
    source_model_revision: abc
    transformers_version: 5.23.0
signature:
  outputs: '[{"type": "string", "name": "label"},
    {"type": "double"}]'
  params: null
metadata:
  prompt_template: 'a: {prompt}

    task: b'
run_id: r
`;

describe('the outline of an MLmodel file', () => {
  const keys = topLevelKeys(mlmodel);
  it('finds keys with their lines', () => {
    assert.equal(keys.find(({ path }) => path === 'flavors.transformers.task')?.line, 5);
    assert.equal(keys.find(({ path }) => path === 'run_id')?.line, 16);
  });
  it('leaves keys inside texts out', () => {
    assert.equal(keys.filter(({ key }) => key === 'task').length, 1);
  });
  it('describes MLflow’s keys and no others', () => {
    assert.ok(describeKey('flavors.transformers.tokenizer_type')?.includes('tokenizer'));
    assert.equal(describeKey('constructor'), undefined);
    assert.equal(describeKey('my_key'), undefined);
  });
});

describe('a quick fix', () => {
  const apply = (path: string[], value: string | null): string => {
    const edit = fixEdit(mlmodel, path, value);
    assert.ok(edit);
    return mlmodel.slice(0, edit.start) + edit.text + mlmodel.slice(edit.end);
  };
  it('replaces one value and nothing else', () => {
    assert.equal(
      apply(['flavors', 'transformers', 'transformers_version'], '4.41.0'),
      mlmodel.replace('5.23.0', '4.41.0'),
    );
  });
  it('quotes a value that YAML would read as a number', () => {
    assert.equal(apply(['run_id'], '1.10'), mlmodel.replace('run_id: r', 'run_id: "1.10"'));
  });
  it('removes a key with its line', () => {
    assert.equal(
      apply(['flavors', 'transformers', 'source_model_revision'], null),
      mlmodel.replace('    source_model_revision: abc\n', ''),
    );
  });
  it('is none where the place is gone', () => assert.equal(fixEdit(mlmodel, ['flavors', 'x', 'y'], 'z'), undefined));
});
