import type { PyValue } from './pyValue.js';
import { PyYamlDocument, type ParsePyYamlOptions } from './pyYamlDocument.js';
import { PyYamlEmitter } from './pyYamlEmitter.js';
import { parseSimpleBlockYaml } from './pyYamlFastParser.js';
import { NodeBuilder } from './pyYamlNodes.js';
import type { YamlEmitterKind } from './pyYamlScalar.js';

export interface DumpPyYamlOptions {
  /** Sort keys by code point at every level, as `safe_dump` does. Default true. */
  readonly sortKeys?: boolean;
  /** Write characters beyond ASCII as they are. Default false. */
  readonly allowUnicode?: boolean;
  /** Column behind which scalars are folded. Default 80. */
  readonly width?: number;
  /** `pyyaml` for `yaml.safe_dump` (MLmodel, conda.yaml), `libyaml` for `CSafeDumper` (the file store). Default `pyyaml`. */
  readonly emitter?: YamlEmitterKind;
}

/**
 * `yaml.safe_dump(value, default_flow_style=False)` of PyYAML 6, byte for byte. Keys with the value `undefined` are left out;
 * an object that occurs twice is written once with an anchor, as Python writes shared lists and dicts.
 * @throws MlflowError INVALID_PARAMETER_VALUE for a value that contains itself or that YAML has no form for
 */
export function dumpPyYaml(value: PyValue, options: DumpPyYamlOptions = {}): string {
  const node = new NodeBuilder(options.sortKeys ?? true).build(value);
  return new PyYamlEmitter({
    allowUnicode: options.allowUnicode ?? false,
    emitter: options.emitter ?? 'pyyaml',
    width: options.width ?? 80,
  }).emit(node);
}

/**
 * `yaml.safe_load(text)` of PyYAML 6: YAML 1.1 types by PyYAML's own patterns, the last of several equal keys wins, merge
 * keys are followed, aliases share one value.
 * @throws MlflowError INVALID_PARAMETER_VALUE, with `line` and `column` (from 1) in its details: bad syntax, tags beyond the
 *   standard scalars, several documents, cycles, and aliases that would expand without bound
 */
export function parsePyYaml(text: string, options: ParsePyYamlOptions = {}): PyValue {
  const simple = parseSimpleBlockYaml(text, { keepTypes: options.keepTypes ?? false });
  return simple === undefined ? new PyYamlDocument(text, options).value : simple.value;
}
