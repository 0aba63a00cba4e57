import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { activated } from './workspace.js';

const model = { name: 'a', uri: 'models:/m-1', storeUri: undefined, location: undefined, summary: undefined };

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

  it('refuse to compare a run whose store is not open', async () => {
    const uri = vscode.Uri.from({
      scheme: 'mlflow',
      path: '/x.yaml',
      query: JSON.stringify({ kind: 'run', storeUri: 'sqlite:////nowhere.db', runId: 'r' }),
    });
    await assert.rejects(async () => vscode.workspace.openTextDocument(uri));
  });
});
