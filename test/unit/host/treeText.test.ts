import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeHover } from '../../../src/host/tree/describeHover.js';
import { describeNode } from '../../../src/host/tree/describeNode.js';
import { nestRuns } from '../../../src/host/tree/nestRuns.js';
import { defaultColumns, orderByTerm, restoreRunView } from '../../../src/host/tree/runView.js';
import { sparkline } from '../../../src/host/tree/sparkline.js';
import { loggedByMlflow2 } from '../../../src/host/tree/runSectionLoader.js';
import type { RunNode } from '../../../src/host/tree/treeNode.js';
import { fakeRun } from './fakeStore.js';

describe('sparkline', () => {
  it('spans the lowest and the highest value', () => assert.equal(sparkline([0, 1, 2, 3]), '▁▃▆█'));
  it('shows the newest value when it thins', () => {
    const line = sparkline([...Array.from({ length: 99 }, () => 0), 1], 8);
    assert.equal(line.length, 8);
    assert.equal(line.at(-1), '█');
  });
  it('is a flat line for a constant and empty for one value', () => {
    assert.equal(sparkline([2, 2, 2]), '▅▅▅');
    assert.equal(sparkline([2]), '');
  });
  it('leaves blanks for values that are no numbers', () => assert.equal(sparkline([0, NaN, 1]), '▁ █'));
});

describe('nested runs', () => {
  const run = (id: string, parent?: string) =>
    fakeRun(id, parent === undefined ? {} : { 'mlflow.parentRunId': parent });

  it('hang below their parents in their own order', () => {
    const { roots, nestedByParent } = nestRuns([run('c2', 'p'), run('c1', 'p'), run('p')]);
    assert.deepEqual(
      roots.map(({ info }) => info.runId),
      ['p'],
    );
    assert.deepEqual(
      nestedByParent.get('p')?.map(({ info }) => info.runId),
      ['c2', 'c1'],
    );
  });
  it('stay at the top when their parent is not there', () => {
    assert.deepEqual(
      nestRuns([run('c', 'gone')]).roots.map(({ info }) => info.runId),
      ['c'],
    );
  });
  it('that are their own ancestors are all shown', () => {
    const { roots } = nestRuns([run('a', 'b'), run('b', 'a'), run('c', 'c')]);
    assert.deepEqual(roots.map(({ info }) => info.runId).sort(), ['a', 'b', 'c']);
  });
});

describe('how a run looks', () => {
  const node = (run = fakeRun('r1')): RunNode => ({
    kind: 'run',
    id: 'r1',
    parent: undefined,
    storeUri: 'sqlite:///x.db',
    run,
    nested: [],
    descendants: { roots: [], nestedByParent: new Map() },
    columns: [{ kind: 'metrics', key: 'acc' }],
  });

  it('names its columns and its age', () => {
    const run = fakeRun('r1');
    run.data.metrics['acc'] = 0.93;
    run.info.startTime = 0;
    assert.equal(describeNode(node(run), 2 * 3600_000).description, 'acc 0.93 · 2 h');
  });
  it('says how long it has been running', () => {
    const run = fakeRun('r1');
    Object.assign(run.info, { status: 'RUNNING', startTime: 0 });
    assert.equal(describeNode(node(run), 34_500).description, 'running · 34 s');
  });
  it('carries its states in the context value', () => {
    const run = fakeRun('r1');
    run.info.lifecycleStage = 'deleted';
    assert.equal(describeNode(node(run), 0).contextValue, 'run;deleted');
    assert.equal(describeNode(node(), 0).contextValue, 'run;active');
  });
  it('escapes Markdown of names, params and notes in its card', () => {
    const run = fakeRun('r1', { 'mlflow.note.content': '[x](command:evil) <img src=x>' });
    run.info.runName = '**bold** | `code`';
    run.data.params['p'] = 'a | b\n# c';
    const card = describeHover(node(run)) ?? '';
    assert.ok(card.includes('\\*\\*bold\\*\\* \\| \\`code\\`'));
    assert.ok(card.includes('\\[x\\]\\(command:evil\\) \\<img src=x\\>'));
    assert.ok(card.includes('a \\| b \\# c'));
  });
});

describe('a reference-only model', () => {
  it('says so instead of a size and where its folder lies, and offers no registration by its token alone', () => {
    const view = describeNode(
      {
        kind: 'modelFolder',
        folder: 'models',
        id: 'm',
        parent: undefined,
        storeUri: undefined,
        model: {
          name: 'qa',
          uri: '/qa',
          storeUri: undefined,
          location: '/qa',
          summary: {
            flavors: ['python_function', 'transformers'],
            task: 'question-answering',
            inferenceTask: null,
            modelClass: null,
            dtype: 'fp32',
            sizeBytes: 200,
            isReferenceOnly: true,
            isAdapter: false,
            sourceModelName: 'acme/qa',
            mlflowVersion: '3.17.2',
          },
        },
      },
      0,
    );
    assert.equal(view.description, 'question-answering · reference only · fp32 · in models');
    assert.equal(view.contextValue, 'modelFolder;model;transformers;referenceOnly');
    assert.equal(view.command, 'mlflow.openMlmodel');
  });
});

describe('models that MLflow 2 logged', () => {
  it('are read from the history tag', () => {
    const run = fakeRun('r', { 'mlflow.log-model.history': '[{"artifact_path": "model", "flavors": {}}]' });
    assert.deepEqual(loggedByMlflow2(run), [{ artifactPath: 'model' }]);
  });
  it('are none when the tag is broken or leads out of the artifacts', () => {
    assert.deepEqual(loggedByMlflow2(fakeRun('r', { 'mlflow.log-model.history': '{' })), []);
    assert.deepEqual(
      loggedByMlflow2(fakeRun('r', { 'mlflow.log-model.history': '[{"artifact_path": "../x"}, null, 3]' })),
      [],
    );
  });
});

describe('the kept view of runs', () => {
  it('falls back field by field', () => {
    const view = restoreRunView({
      filterString: 3,
      orderBy: ['a ASC', 4],
      columns: [{ kind: 'metrics', key: 'a' }, { kind: 'x' }],
    });
    assert.deepEqual(view, {
      filterString: '',
      orderBy: ['a ASC'],
      columns: [{ kind: 'metrics', key: 'a' }],
      showDeleted: false,
    });
  });
  it('quotes keys in the order', () => {
    assert.equal(orderByTerm('metrics', 'val/loss x', false), 'metrics.`val/loss x` DESC');
    assert.equal(orderByTerm('attributes', 'start_time', true), 'attributes.start_time ASC');
  });
  it('starts with the metric that most runs have', () => {
    const runs = [fakeRun('a'), fakeRun('b')];
    Object.assign(runs[0]?.data.metrics ?? {}, { loss: 1, acc: 1 });
    Object.assign(runs[1]?.data.metrics ?? {}, { loss: 1 });
    assert.deepEqual(defaultColumns(runs), [{ kind: 'metrics', key: 'loss' }]);
    assert.deepEqual(defaultColumns([]), []);
  });
});
