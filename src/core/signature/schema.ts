import { MlflowError } from '../errors.js';
import type { Compatibility } from './compatibility.js';
import type { ColumnName } from './dataFrame.js';
import { AnyType, checkedType, SparkMLVector, typeRepr, typesEqual, type ColumnType } from './dataTypes.js';
import { shapeText } from './ndArray.js';
import { parseDtype } from './numpyDtype.js';
import { typeError } from './pythonError.js';
import { pythonJsonDumps } from './pythonJson.js';
import { listRepr, pyRepr } from './pythonText.js';
import { isTruthy } from './pythonTruth.js';
import { iterated, typeName } from './pythonValue.js';
import {
  arrayFromJson,
  compoundNames,
  isDict,
  mapFromJson,
  objectFromJson,
  typeToDict,
  type JsonDict,
} from './typeJson.js';

/** Name and type of one column. */
export class ColSpec {
  readonly type: ColumnType;

  constructor(
    type: ColumnType | string,
    /** Text in practice; frames with default labels give integers. `null`: unnamed. */
    readonly name: ColumnName | null = null,
    /** `null` (falsy) is what 3.17 makes of a compound column whose JSON has no `required`. */
    readonly required: boolean | null = true,
    compatibility?: Compatibility,
  ) {
    this.type = checkedType(type, 'ColSpec', compatibility);
  }

  get isRequired(): boolean {
    return isTruthy(this.required);
  }

  toDict(): JsonDict {
    return { ...typeToDict(this.type), ...(this.name === null ? {} : { name: this.name }), required: this.required };
  }

  /** `repr` in Python: `'question': string (required)`. */
  toString(): string {
    const text = `${typeRepr(this.type)} (${this.isRequired ? 'required' : 'optional'})`;
    return this.name === null ? text : `${pyRepr(this.name)}: ${text}`;
  }

  equals(other: unknown): boolean {
    if (!(other instanceof ColSpec) || other.name !== this.name || other.required !== this.required) return false;
    return typesEqual(this.type, other.type);
  }
}

/** Name, dtype and shape of one tensor; always required. */
export class TensorSpec {
  /** numpy's dtype name, such as `float32`. */
  readonly type: string;
  readonly required = true;
  readonly isRequired = true;

  constructor(
    dtype: string,
    readonly shape: readonly number[],
    readonly name: ColumnName | null = null,
  ) {
    this.type = parseDtype(dtype);
  }

  toDict(): JsonDict {
    const spec = { type: 'tensor', 'tensor-spec': { dtype: this.type, shape: this.shape } };
    return this.name === null ? spec : { name: this.name, ...spec };
  }

  /** `repr` in Python: `'x': Tensor('float32', (-1, 3))`. */
  toString(): string {
    const text = `Tensor('${this.type}', ${shapeText(this.shape, pyRepr)})`;
    return this.name === null ? text : `${pyRepr(this.name)}: ${text}`;
  }

  equals(other: unknown): boolean {
    if (!(other instanceof TensorSpec) || other.name !== this.name || other.type !== this.type) return false;
    return other.shape.length === this.shape.length && other.shape.every((length, i) => length === this.shape[i]);
  }
}

/** The columns or the tensors that a model takes or gives. */
export class Schema {
  readonly inputs: readonly (ColSpec | TensorSpec)[];

  /** @throws MlflowError with Python's texts: empty, named and unnamed mixed, kinds mixed, unnamed optional. */
  constructor(inputs: readonly (ColSpec | TensorSpec)[]) {
    if (!Array.isArray(inputs)) {
      throw MlflowError.invalidParameter(`Inputs of Schema must be a list, got type ${typeName(inputs)}`);
    }
    checkInputs(inputs as readonly (ColSpec | TensorSpec)[]);
    this.inputs = inputs as readonly (ColSpec | TensorSpec)[];
  }

  get isTensorSpec(): boolean {
    return this.inputs[0] instanceof TensorSpec;
  }

  get hasInputNames(): boolean {
    return this.inputs[0]?.name !== null;
  }

  /** Names, or positions where there are none. */
  get inputNames(): ColumnName[] {
    return this.inputs.map(inputName);
  }

  get requiredInputNames(): ColumnName[] {
    return this.inputs.flatMap((input, i) => (input.isRequired ? [inputName(input, i)] : []));
  }

  get optionalInputNames(): ColumnName[] {
    return this.inputs.flatMap((input, i) => (input.isRequired ? [] : [inputName(input, i)]));
  }

  /** The columns of a column schema, none of a tensor schema. */
  get columns(): ColSpec[] {
    return this.inputs.filter((input): input is ColSpec => input instanceof ColSpec);
  }

  get tensors(): TensorSpec[] {
    return this.inputs.filter((input): input is TensorSpec => input instanceof TensorSpec);
  }

  toDict(): JsonDict[] {
    return this.inputs.map((input) => input.toDict());
  }

  /** Python's `to_json`, byte for byte. */
  toJson(): string {
    return pythonJsonDumps(this.toDict());
  }

  toString(): string {
    return `[${this.inputs.map(String).join(', ')}]`;
  }

  equals(other: unknown): boolean {
    if (!(other instanceof Schema) || other.inputs.length !== this.inputs.length) return false;
    return this.inputs.every((input, i) => input.equals(other.inputs[i]));
  }

  /** The schema of parsed JSON. Without `compatibility` old spellings of every generation are understood. */
  static fromDict(json: unknown, compatibility?: Compatibility): Schema {
    return new Schema(iterated(json).map((item) => inputFromJson(item, compatibility)));
  }
}

/** Python's `x.name or i`: an empty name and the label 0 count as none. */
function inputName(input: ColSpec | TensorSpec, position: number): ColumnName {
  return input.name === null || input.name === '' || input.name === 0 ? position : input.name;
}

function checkInputs(inputs: readonly (ColSpec | TensorSpec)[]): void {
  if (inputs.length === 0) throw MlflowError.invalidParameter('Creating Schema with empty inputs is not allowed.');
  const unnamed = inputs.filter((input) => input.name === null).length;
  if (unnamed !== 0 && unnamed !== inputs.length) {
    throw new MlflowError(
      'Creating Schema with a combination of named and unnamed inputs ' +
        `is not allowed. Got input names ${listRepr(inputs.map((input) => input.name))}`,
    );
  }
  const tensors = inputs.filter((input) => input instanceof TensorSpec).length;
  if (tensors !== 0 && tensors !== inputs.length) {
    throw new MlflowError(
      'Creating Schema with a combination of {0} and {1} is not supported. Please choose one of ColSpec or TensorSpec',
    );
  }
  if (tensors > 1 && unnamed > 0) {
    throw new MlflowError(
      'Creating Schema with multiple unnamed TensorSpecs is not supported. Please provide names for each TensorSpec.',
    );
  }
  if (unnamed > 0 && inputs.some((input) => input.required === false)) {
    throw new MlflowError(
      'Creating Schema with unnamed optional inputs is not supported. ' +
        'Please name all inputs or make all inputs required.',
    );
  }
}

function inputFromJson(json: unknown, compatibility: Compatibility | undefined): ColSpec | TensorSpec {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw typeError(`Schema JSON must be a list of dictionaries, got ${typeName(json)}`);
  }
  const dict = json as JsonDict;
  if (!Object.hasOwn(dict, 'type')) throw new MlflowError('Missing keys in ColSpec JSON. Expected to find key `type`');
  return dict['type'] === 'tensor' ? tensorSpecFromJson(dict) : colSpecFromJson(dict, compatibility);
}

/** @throws MlflowError INTERNAL_ERROR for missing keys and a wrong `type`. */
export function tensorSpecFromJson(json: JsonDict): TensorSpec {
  const spec = json['tensor-spec'];
  if (spec === undefined || !Object.hasOwn(json, 'type')) {
    throw new MlflowError('Missing keys in TensorSpec JSON. Expected to find keys `tensor-spec` and `type`');
  }
  if (json['type'] !== 'tensor') throw new MlflowError('Type mismatch, TensorSpec expects `tensor` as the type');
  if (!isDict(spec)) throw typeError(`\`tensor-spec\` must be a dictionary, got ${typeName(spec)}`);
  if (!Object.hasOwn(spec, 'dtype') || !Object.hasOwn(spec, 'shape')) {
    throw new MlflowError('Missing keys in TensorSpec JSON. Expected to find keys `dtype` and `shape`');
  }
  const name = (json['name'] ?? null) as ColumnName | null;
  return new TensorSpec(spec['dtype'] as string, iterated(spec['shape']) as number[], name);
}

const scalarKeys = ['type', 'name', 'required'];

/**
 * A column from parsed JSON. The key `optional` of files before MLflow 2.9 is read (negated) except when
 * `compatibility` is explicitly `3`, where it is an error as in Python.
 * @throws MlflowError INTERNAL_ERROR or INVALID_PARAMETER_VALUE with Python's text.
 */
export function colSpecFromJson(json: JsonDict, compatibility?: Compatibility): ColSpec {
  if (!Object.hasOwn(json, 'type')) throw new MlflowError('Missing keys in ColSpec JSON. Expected to find key `type`');
  const name = (json['name'] ?? null) as ColumnName | null;
  const type = json['type'] as string;
  const generation = compatibility ?? '3';
  const isScalar = !compoundNames.includes(type) || (type === 'any' && generation === '2');
  if (isScalar) refuseUnknownKeys(json, compatibility);
  // What is wrong in the type is said first.
  const columnType = isScalar ? type : compoundFromJson(json, generation);
  return new ColSpec(columnType, name, requiredOf(json, compatibility, isScalar), generation);
}

function compoundFromJson(json: JsonDict, compatibility: Compatibility): ColumnType {
  switch (json['type']) {
    case 'array':
      return arrayFromJson(json, compatibility);
    case 'object':
      return objectFromJson(json, compatibility);
    case 'map':
      return mapFromJson(json, compatibility);
    default:
      return json['type'] === 'any' ? new AnyType() : new SparkMLVector();
  }
}

function refuseUnknownKeys(json: JsonDict, compatibility: Compatibility | undefined): void {
  const known = compatibility === '3' ? scalarKeys : [...scalarKeys, 'optional'];
  const unknown = Object.keys(json).find((key) => !known.includes(key));
  if (unknown !== undefined) throw typeError(`ColSpec.__init__() got an unexpected keyword argument '${unknown}'`);
}

function requiredOf(json: JsonDict, compatibility: Compatibility | undefined, isScalar: boolean): boolean | null {
  const required = json['required'] as boolean | null | undefined;
  const optional = json['optional'];
  if (compatibility !== '3' && optional !== undefined && optional !== null) {
    if (required !== undefined && required !== null) {
      throw new MlflowError(
        'Only one of `optional` and `required` can be specified. ' +
          '`optional` is deprecated, please use `required` instead.',
      );
    }
    return !optional;
  }
  if (compatibility === '2') return required ?? true;
  return required === undefined ? (isScalar ? true : null) : required;
}
