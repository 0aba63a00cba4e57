import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';

/** The first workspace folder: the sample, laid out for this run. */
export function workspaceFolder(): string {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  assert.ok(folder, 'The host tests need a workspace folder.');
  return folder;
}

/** What `activate` gave, once the stores of the workspace are known. */
export async function activated(): Promise<{ apiVersion: number; activationMs: number; stores: string[] }> {
  const extension = vscode.extensions.all.find(
    ({ packageJSON }) => (packageJSON as { name: string }).name === 'mlflow-transformers',
  );
  assert.ok(extension, 'The extension is not there.');
  const api = (await extension.activate()) as { apiVersion: number; activationMs: number; ready(): Promise<string[]> };
  return { apiVersion: api.apiVersion, activationMs: api.activationMs, stores: await api.ready() };
}

/** Waits until a condition holds. */
export async function until<T>(
  what: string,
  check: () => T | undefined | Promise<T | undefined>,
  timeoutMs = 10_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`${what} did not happen within ${timeoutMs} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A model folder with an MLmodel file and nothing else. */
export async function writeMlmodel(name: string, text: string): Promise<vscode.Uri> {
  const folder = vscode.Uri.file(path.join(workspaceFolder(), name));
  await vscode.workspace.fs.createDirectory(folder);
  const file = vscode.Uri.joinPath(folder, 'MLmodel');
  await writeFile(file.fsPath, text);
  return file;
}
