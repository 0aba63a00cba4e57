import { analyzeScalar, isYamlBreak, type AnalysisOptions, type ScalarAnalysis } from './pyYamlScalar.js';
import { escapeDoubleQuoted } from './pyYamlEscape.js';

const indentStep = 2;
/** PyYAML writes a key without `? ` while it and its tag's short form stay below this many characters. */
const simpleKeyLimit = 128;

/** A node ready to be written: values turned to scalars, shared collections anchored. */
export type EmitterNode =
  | { kind: 'scalar'; text: string; plainAllowed: boolean; tag: string; anchor?: string; literal?: boolean }
  | { kind: 'sequence'; items: EmitterNode[]; anchor?: string }
  | { kind: 'mapping'; pairs: [EmitterNode, EmitterNode][]; anchor?: string }
  | { kind: 'alias'; anchor: string };

interface NodeContext {
  root?: boolean;
  mapping?: boolean;
  simpleKey?: boolean;
}

export interface EmitterOptions extends AnalysisOptions {
  /** Column behind which a scalar is folded at its next blank. */
  readonly width: number;
}

/**
 * Writes one document in block style exactly as PyYAML's emitter (or libyaml's) does: the same columns, folds, quotes and
 * escapes. Source: PyYAML emitter.py; libyaml emitter.c.
 */
export class PyYamlEmitter {
  private output = '';
  private column = 0;
  private whitespace = true;
  private indention = true;
  private openEnded = false;
  private indent: number | null = null;
  private readonly options: EmitterOptions;
  private readonly isLibyaml: boolean;

  constructor(options: EmitterOptions) {
    this.options = options;
    this.isLibyaml = options.emitter === 'libyaml';
  }

  /** The whole text of the document, its last line break included. */
  emit(root: EmitterNode): string {
    this.writeNode(root, { root: true });
    this.writeIndent();
    if (this.openEnded) {
      this.writeIndicator('...', true);
      this.writeIndent();
    }
    return this.output;
  }

  private writeNode(node: EmitterNode, context: NodeContext): void {
    if (node.kind === 'alias') {
      this.writeIndicator(`*${node.anchor}`, true);
      return;
    }
    if (node.anchor !== undefined) this.writeIndicator(`&${node.anchor}`, true);
    if (node.kind === 'scalar') this.writeScalarNode(node, context);
    else if (node.kind === 'sequence') this.writeSequence(node.items, context);
    else this.writeMapping(node.pairs);
  }

  private writeSequence(items: readonly EmitterNode[], context: NodeContext): void {
    if (items.length === 0) {
      this.writeIndicator('[', true, { whitespace: true });
      this.writeIndicator(']', false);
      return;
    }
    const outer = this.indent;
    const indentless = context.mapping === true && !this.indention;
    if (outer === null) this.indent = 0;
    else if (!indentless) this.indent = outer + indentStep;
    for (const item of items) {
      this.writeIndent();
      this.writeIndicator('-', true, { indention: true });
      this.writeNode(item, {});
    }
    this.indent = outer;
  }

  private writeMapping(pairs: readonly [EmitterNode, EmitterNode][]): void {
    if (pairs.length === 0) {
      this.writeIndicator('{', true, { whitespace: true });
      this.writeIndicator('}', false);
      return;
    }
    const outer = this.indent;
    this.indent = outer === null ? 0 : outer + indentStep;
    for (const [key, value] of pairs) {
      this.writeIndent();
      if (this.isSimpleKey(key)) {
        this.writeNode(key, { mapping: true, simpleKey: true });
        this.writeIndicator(':', false);
      } else {
        this.writeIndicator('?', true, { indention: true });
        this.writeNode(key, { mapping: true });
        this.writeIndent();
        this.writeIndicator(':', true, { indention: true });
      }
      this.writeNode(value, { mapping: true });
    }
    this.indent = outer;
  }

  private isSimpleKey(key: EmitterNode): boolean {
    if (key.kind === 'alias') return true;
    const anchorLength = key.anchor?.length ?? 0;
    if (key.kind !== 'scalar') return (key.kind === 'sequence' ? key.items : key.pairs).length === 0;
    const analysis = analyzeScalar(key.text, this.options);
    if (analysis.multiline) return false;
    if (this.isLibyaml) return anchorLength + Buffer.byteLength(key.text) <= simpleKeyLimit;
    return !analysis.empty && anchorLength + `!!${key.tag}`.length + analysis.characters.length < simpleKeyLimit;
  }

  private writeScalarNode(node: EmitterNode & { kind: 'scalar' }, context: NodeContext): void {
    const outer = this.indent;
    this.indent = outer === null ? indentStep : outer + indentStep;
    const analysis = analyzeScalar(node.text, this.options);
    const split = context.simpleKey !== true;
    if (node.literal === true) {
      this.writeIndicator(`!!${node.tag}`, true);
      if (analysis.empty) this.writeDoubleQuoted('', split);
      else this.writeLiteral(node.text);
    } else if (node.plainAllowed && analysis.plainAllowed && !(analysis.empty && !split)) {
      this.writePlain(analysis, split, context.root === true);
    } else if (analysis.singleQuotedAllowed && !(!split && analysis.multiline)) {
      this.writeSingleQuoted(analysis, split);
    } else {
      this.writeDoubleQuoted(analysis.characters, split);
    }
    this.indent = outer;
  }

  private writeIndicator(
    indicator: string,
    needWhitespace: boolean,
    { whitespace = false, indention = false }: { whitespace?: boolean; indention?: boolean } = {},
  ): void {
    this.write(this.whitespace || !needWhitespace ? indicator : ` ${indicator}`);
    this.whitespace = whitespace;
    this.indention = this.indention && indention;
    this.openEnded = false;
  }

  private write(text: string): void {
    this.output += text;
    this.column += text.length;
  }

  private writeRun(characters: string | readonly string[], start: number, end: number): void {
    if (typeof characters === 'string') {
      this.write(characters.slice(start, end));
    } else {
      this.output += characters.slice(start, end).join('');
      this.column += end - start;
    }
  }

  private writeIndent(): void {
    const indent = this.indent ?? 0;
    if (!this.indention || this.column > indent || (this.column === indent && !this.whitespace)) this.writeLineBreak();
    if (this.column < indent) {
      this.whitespace = true;
      this.write(' '.repeat(indent - this.column));
    }
  }

  private writeLineBreak(lineBreak = '\n'): void {
    this.whitespace = true;
    this.indention = true;
    this.column = 0;
    this.output += lineBreak;
  }

  private writePlain({ characters }: ScalarAnalysis, split: boolean, root: boolean): void {
    if (root && !this.isLibyaml) this.openEnded = true;
    if (characters.length === 0) return;
    if (!this.whitespace) this.write(' ');
    this.whitespace = false;
    this.indention = false;
    let start = 0;
    while (start < characters.length) {
      const end = runEnd(characters, start, (character) => character === ' ');
      const isSpaces = characters[start] === ' ';
      if (isSpaces && end - start === 1 && this.column > this.options.width && split) {
        this.writeIndent();
        this.whitespace = false;
        this.indention = false;
      } else {
        this.writeRun(characters, start, end);
      }
      start = end;
    }
  }

  private writeSingleQuoted({ characters }: ScalarAnalysis, split: boolean): void {
    this.writeIndicator("'", true);
    const isBreak = (character: string) => isYamlBreak(character, this.options.emitter);
    let start = 0;
    while (start < characters.length) {
      const first = characters[start] ?? '';
      let end: number;
      if (first === ' ') {
        end = runEnd(characters, start, (character) => character === ' ');
        const inside = start !== 0 && end !== characters.length;
        if (end - start === 1 && this.column > this.options.width && split && inside) this.writeIndent();
        else this.writeRun(characters, start, end);
      } else if (isBreak(first)) {
        end = runEnd(characters, start, isBreak);
        this.writeBreaks(characters, start, end);
      } else if (first === "'") {
        end = start + 1;
        this.write("''");
      } else {
        end = runEnd(characters, start, (character) => character === ' ' || character === "'" || isBreak(character));
        this.writeRun(characters, start, end);
        this.indention = this.indention && !this.isLibyaml;
      }
      start = end;
    }
    this.writeIndicator("'", false);
  }

  private writeBreaks(characters: string | readonly string[], start: number, end: number): void {
    if (characters[start] === '\n') this.writeLineBreak();
    for (let index = start; index < end; index++) {
      const character = characters[index] ?? '';
      this.writeLineBreak(character);
    }
    this.writeIndent();
  }

  private writeDoubleQuoted(characters: string | readonly string[], split: boolean): void {
    this.writeIndicator('"', true);
    if (this.isLibyaml) this.writeLibyamlDoubleQuoted(characters, split);
    else this.writePyYamlDoubleQuoted(characters, split);
    this.writeIndicator('"', false);
  }

  private writePyYamlDoubleQuoted(characters: string | readonly string[], split: boolean): void {
    const length = characters.length;
    let start = 0;
    for (let end = 0; end <= length; end++) {
      const character = characters[end];
      const escape = character === undefined ? undefined : escapeDoubleQuoted(character, this.options);
      if (character === undefined || escape !== undefined) {
        if (start < end) {
          this.writeRun(characters, start, end);
          start = end;
        }
        if (escape !== undefined) {
          this.write(escape);
          start = end + 1;
        }
      }
      const canFold = end > 0 && end < length - 1 && (character === ' ' || start >= end);
      if (canFold && split && this.column + (end - start) > this.options.width) {
        if (start < end) {
          this.writeRun(characters, start, end);
          start = end;
        }
        this.write('\\');
        this.writeIndent();
        this.whitespace = false;
        this.indention = false;
        if (characters[start] === ' ') this.write('\\');
      }
    }
  }

  private writeLibyamlDoubleQuoted(characters: string | readonly string[], split: boolean): void {
    let previousSpace = false;
    for (let index = 0; index < characters.length; index++) {
      const character = characters[index] ?? '';
      const escape = escapeDoubleQuoted(character, this.options);
      if (escape !== undefined) {
        this.write(escape);
        previousSpace = false;
      } else if (character === ' ') {
        const inside = index !== 0 && index !== characters.length - 1;
        if (split && !previousSpace && this.column > this.options.width && inside) {
          this.writeIndent();
          if (characters[index + 1] === ' ') this.write('\\');
        } else {
          this.write(' ');
        }
        previousSpace = true;
      } else {
        this.writeRun(characters, index, index + 1);
        this.indention = false;
        previousSpace = false;
      }
    }
  }

  /** Only base64 text is written this way: lines of ASCII, each with its line break. */
  private writeLiteral(text: string): void {
    this.writeIndicator('|', true);
    for (const line of text.trimEnd().split('\n')) {
      this.writeLineBreak();
      this.writeIndent();
      this.write(line);
    }
    this.whitespace = false;
    this.indention = false;
  }
}

/** The end of the run that begins at `start`: characters that all pass, or all fail, the test. */
function runEnd(characters: string | readonly string[], start: number, test: (character: string) => boolean): number {
  const expected = test(characters[start] ?? '');
  let end = start + 1;
  while (end < characters.length && test(characters[end] ?? '') === expected) end++;
  return end;
}
