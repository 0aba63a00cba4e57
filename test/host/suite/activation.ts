import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { activated } from './workspace.js';

describe('activation', () => {
  it('finds the store of the workspace and gives a versioned API', async () => {
    const { apiVersion, stores } = await activated();
    assert.equal(apiVersion, 1);
    assert.ok(
      stores.some((uri) => uri.startsWith('sqlite:///') && uri.endsWith('/mlflow.db')),
      stores.join(', '),
    );
  });

  it('tells how long it took', async () => {
    const { activationMs } = await activated();
    assert.ok(Number.isFinite(activationMs) && activationMs >= 0, String(activationMs));
  });

  it('registers every command that package.json contributes', async () => {
    await activated();
    const extension = vscode.extensions.all.find(
      ({ packageJSON }) => (packageJSON as { name: string }).name === 'mlflow-transformers',
    );
    const { commands } = (extension?.packageJSON as { contributes: { commands: { command: string }[] } }).contributes;
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      commands.map(({ command }) => command).filter((command) => !registered.has(command)),
      [],
    );
  });

  it('shows MLmodel files as YAML', async () => {
    const files = await vscode.workspace.findFiles('**/MLmodel', undefined, 1);
    const document = await vscode.workspace.openTextDocument(files[0] as vscode.Uri);
    assert.equal(document.languageId, 'yaml');
  });
});
