import type { DocumentSelector } from 'vscode';

/** MLmodel files, whatever language they are shown in. */
export const mlmodelSelector: DocumentSelector = { pattern: '**/MLmodel' };
