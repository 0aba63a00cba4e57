import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { activated } from './workspace.js';

const model = { name: 'a', uri: 'models:/m-1', storeUri: undefined, location: undefined, summary: undefined };

/** A model of the sample that has weights and an input example. */
async function modelWithExample(): Promise<vscode.Uri> {
  const [example] = await vscode.workspace.findFiles('**/models/*/artifacts/input_example.json', undefined, 1);
  return vscode.Uri.joinPath(example as vscode.Uri, '..');
}

describe('commands', () => {
  before(activated);

  it('copy the URIs of all chosen models, and return them', async () => {
    const other = { ...model, uri: 'models:/b/2' };
    const text = await vscode.commands.executeCommand('mlflow.copyModelUri', model, [model, other]);
    assert.equal(text, 'models:/m-1\nmodels:/b/2');
    assert.equal(await vscode.env.clipboard.readText(), text);
  });

  it('copy diagnostics that name the store and no secrets', async () => {
    const text = await vscode.commands.executeCommand<string>('mlflow.copyDiagnostics');
    assert.match(text, /mlflow\.db \(workspace\): open/);
    assert.match(text, /MLflow Transformers \d/);
  });

  it('validate a model in a folder and return the report', async function () {
    this.timeout(120_000);
    const folder = await modelWithExample();
    const report = await vscode.commands.executeCommand<string>('mlflow.validateModel', folder);
    assert.match(report, /^# ✓ /);
    for (const check of ['MLmodel', 'Requirement', 'Input', 'Loading', 'Answer', 'Output']) {
      assert.match(report, new RegExp(`^\\| ✓ \\| ${check}`, 'm'));
    }
  });

  it('leave a model whose weights are stored as it is when they are persisted', async () => {
    const folder = await modelWithExample();
    const before = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, 'MLmodel'));
    assert.equal(await vscode.commands.executeCommand('mlflow.persistPretrainedModel', folder), folder.fsPath);
    assert.deepEqual(await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, 'MLmodel')), before);
  });

  it('refuse to compare a run whose store is not open', async () => {
    const uri = vscode.Uri.from({
      scheme: 'mlflow',
      path: '/x.yaml',
      query: JSON.stringify({ kind: 'run', storeUri: 'sqlite:////nowhere.db', runId: 'r' }),
    });
    await assert.rejects(async () => vscode.workspace.openTextDocument(uri));
  });
});
