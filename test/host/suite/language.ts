import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { activated, until, workspaceFolder, writeMlmodel } from './workspace.js';

describe('MLmodel as text', () => {
  before(activated);
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    for (const name of ['language', 'broken', 'mismatch']) {
      await rm(path.join(workspaceFolder(), name), { recursive: true, force: true });
    }
  });

  it('has lenses that inspect and prompt', async () => {
    const file = await writeMlmodel('language', 'flavors:\n  transformers:\n    task: fill-mask\n');
    await vscode.workspace.openTextDocument(file);
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', file, 10);
    const commands = lenses.map(({ command }) => command?.command);
    assert.ok(commands.includes('mlflow.openMlmodel') && commands.includes('mlflow.promptModel'), commands.join());
  });

  it('explains keys on hover', async () => {
    const file = await writeMlmodel('language', 'flavors:\n  transformers:\n    task: fill-mask\n');
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      file,
      new vscode.Position(2, 5),
    );
    const text = hovers
      .flatMap(({ contents }) => contents.map((content) => (content as vscode.MarkdownString).value))
      .join();
    assert.match(text, /Pipeline task of Hugging Face/);
  });

  it('marks a file that is no YAML, at its line', async () => {
    const file = await writeMlmodel('broken', 'flavors:\n  transformers: [\n');
    await vscode.workspace.openTextDocument(file);
    const found = await until('A diagnostic', () => {
      const list = vscode.languages.getDiagnostics(file).filter(({ source }) => source === 'MLflow');
      return list.length > 0 ? list : undefined;
    });
    assert.equal(found[0]?.severity, vscode.DiagnosticSeverity.Error);
  });

  it('offers a fix that writes the version that the requirements pin', async () => {
    const file = await writeMlmodel(
      'mismatch',
      'flavors:\n  transformers:\n    task: fill-mask\n    transformers_version: 5.20.0\n',
    );
    await vscode.workspace.fs.writeFile(
      vscode.Uri.joinPath(file, '..', 'requirements.txt'),
      new TextEncoder().encode('transformers==5.23.0'),
    );
    const document = await vscode.workspace.openTextDocument(file);
    const marked = await until('The mismatch', () =>
      vscode.languages.getDiagnostics(file).find(({ code }) => code === 'requirementsMismatch'),
    );
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      file,
      marked.range,
    );
    const fix = actions.find(({ title }) => title === 'Write 5.23.0');
    assert.ok(fix?.edit);
    assert.ok(await vscode.workspace.applyEdit(fix.edit));
    assert.match(document.getText(), /transformers_version: 5\.23\.0\n$/);
  });
});
