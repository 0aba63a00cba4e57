import type { Position } from 'vscode';
import { Hover, MarkdownString, Range, type HoverProvider, type TextDocument } from 'vscode';
import { describeKey } from './keyDescriptions.js';
import { topLevelKeys } from './mlmodelOutline.js';

/** What a key of an MLmodel file means. */
export class MlmodelHover implements HoverProvider {
  provideHover(document: TextDocument, position: Position): Hover | undefined {
    const key = topLevelKeys(document.getText()).find(({ line }) => line === position.line);
    if (key === undefined) return undefined;
    const start = document.lineAt(key.line).firstNonWhitespaceCharacterIndex;
    const range = new Range(key.line, start, key.line, start + key.key.length);
    const description = describeKey(key.path);
    if (description === undefined || !range.contains(position)) return undefined;
    return new Hover(new MarkdownString(`**${key.key}**\n\n${description}`), range);
  }
}
