import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { activated, until } from './workspace.js';

const customTab = (): vscode.TabInputCustom | undefined => {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputCustom ? input : undefined;
};

describe('the inspector', () => {
  before(activated);
  afterEach(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  it('opens for a model folder', async () => {
    const [file] = await vscode.workspace.findFiles('**/MLmodel', undefined, 1);
    await vscode.commands.executeCommand('mlflow.openMlmodel', file);
    const tab = await until('The inspector', customTab);
    assert.equal(tab.viewType, 'mlflow.mlmodel');
    assert.equal(tab.uri.fsPath, file?.fsPath);
  });

  it('leaves the text editor the default for MLmodel files', async () => {
    const [file] = await vscode.workspace.findFiles('**/MLmodel', undefined, 1);
    await vscode.commands.executeCommand('vscode.open', file);
    await until('The text editor', () => vscode.window.activeTextEditor);
    assert.equal(customTab(), undefined);
  });

  it('gives way to the text again', async () => {
    const [file] = await vscode.workspace.findFiles('**/MLmodel', undefined, 1);
    await vscode.commands.executeCommand('mlflow.openMlmodelText', file);
    await until('The text', () =>
      vscode.window.activeTextEditor?.document.uri.fsPath === file?.fsPath ? true : undefined,
    );
  });
});
