import type { MlflowGeneration } from './compatibility.js';
import { normalizePackageName } from './pipRequirement.js';
import type { TextScanner } from './textScanner.js';

interface MarkerOperand {
  readonly kind: 'variable' | 'value';
  readonly text: string;
}

interface MarkerComparison {
  readonly left: MarkerOperand;
  readonly operator: string;
  readonly right: MarkerOperand;
}

/** A marker as packaging keeps it: comparisons and nested lists, with `and` and `or` between them. */
export type MarkerExpression = (MarkerComparison | MarkerExpression | 'and' | 'or')[];

const blank = /[ \t]+/y;
const booleanOperator = /\b(?:or|and)\b/y;
const quoted = /'[^']*'|"[^"]*"/y;
const comparisonOperator = /===|==|~=|!=|<=|>=|<|>/y;
const variable =
  /\b(?:python_version|python_full_version|os[._]name|sys[._]platform|platform_(?:release|system)|platform[._](?:version|machine|python_implementation)|python_implementation|implementation_(?:name|version)|extras?|dependency_groups)\b/y;

/** Reads a marker expression. Source: packaging/_parser.py. */
export class MarkerParser {
  private readonly scanner: TextScanner;

  constructor(scanner: TextScanner) {
    this.scanner = scanner;
  }

  parse(): MarkerExpression | undefined {
    const first = this.parseAtom();
    if (first === undefined) return undefined;
    const expression: MarkerExpression = [first];
    for (let word = this.scanner.take(booleanOperator); word; word = this.scanner.take(booleanOperator)) {
      const atom = this.parseAtom();
      if (atom === undefined) return undefined;
      expression.push(word as 'and' | 'or', atom);
    }
    return expression;
  }

  private parseAtom(): MarkerComparison | MarkerExpression | undefined {
    this.scanner.take(blank);
    const atom = this.scanner.takeText('(') ? this.parseNested() : this.parseComparison();
    this.scanner.take(blank);
    return atom;
  }

  private parseNested(): MarkerExpression | undefined {
    this.scanner.take(blank);
    const inner = this.parse();
    this.scanner.take(blank);
    return this.scanner.takeText(')') ? inner : undefined;
  }

  private parseComparison(): MarkerComparison | undefined {
    const left = this.parseOperand();
    this.scanner.take(blank);
    const operator = this.parseOperator();
    this.scanner.take(blank);
    const right = this.parseOperand();
    return left === undefined || operator === undefined || right === undefined ? undefined : { left, operator, right };
  }

  private parseOperand(): MarkerOperand | undefined {
    const name = this.scanner.take(variable)?.replace('.', '_');
    if (name !== undefined) {
      return { kind: 'variable', text: name === 'python_implementation' ? 'platform_python_implementation' : name };
    }
    const text = this.scanner.take(quoted);
    return text === undefined ? undefined : { kind: 'value', text: text.slice(1, -1) };
  }

  private parseOperator(): string | undefined {
    if (this.scanner.take(/\bin\b/y) !== undefined) return 'in';
    if (this.scanner.take(/\bnot[ \t]+in\b/y) !== undefined) return 'not in';
    return this.scanner.take(comparisonOperator);
  }
}

/** A marker's text as `str(Marker)` gives it: double quotes, single blanks, names of extras in normal form. */
export function formatMarker(expression: MarkerExpression, generation: MlflowGeneration): string {
  return formatExpression(expression, generation, true, true);
}

function formatExpression(
  expression: MarkerExpression,
  generation: MlflowGeneration,
  isFirst: boolean,
  isTop: boolean,
): string {
  const only = expression.length === 1 ? expression[0] : undefined;
  if (Array.isArray(only)) {
    // MLflow 2's packaging forgets that the group was nested and writes it without parentheses.
    return formatExpression(only, generation, generation === '2' || isFirst, false);
  }
  if (only !== undefined && typeof only !== 'string') {
    return formatComparison(only, generation, generation === '3' || isTop);
  }
  const parts = expression.map((part, index) => {
    if (typeof part === 'string') return part;
    if (Array.isArray(part)) return formatExpression(part, generation, false, false);
    return formatComparison(part, generation, generation === '3' || (isTop && index === 0));
  });
  return isFirst ? parts.join(' ') : `(${parts.join(' ')})`;
}

function formatComparison(
  comparison: MarkerComparison,
  generation: MlflowGeneration,
  normalizesExtra: boolean,
): string {
  const { left, operator, right } = comparison;
  const isExtra = normalizesExtra && (left.text === 'extra' || right.text === 'extra');
  return [formatOperand(left, generation, isExtra), operator, formatOperand(right, generation, isExtra)].join(' ');
}

function formatOperand({ kind, text }: MarkerOperand, generation: MlflowGeneration, normalizes: boolean): string {
  if (kind === 'variable') return text;
  const value = normalizes ? normalizePackageName(text) : text;
  return generation === '3' && value.includes('"') ? `'${value}'` : `"${value}"`;
}
