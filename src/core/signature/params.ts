import { MlflowError } from '../errors.js';
import type { Compatibility } from './compatibility.js';
import { dataTypeNames, isDataType, ObjectType, typeRepr, typesEqual, type ColumnType } from './dataTypes.js';
import { shapeText } from './ndArray.js';
import { validateParamValue, type ParamType } from './paramValue.js';
import { isTruthy } from './pythonTruth.js';
import { PyDateTime } from './pyDateTime.js';
import { iterated } from './pythonValue.js';
import { PythonError, typeError } from './pythonError.js';
import { pythonJsonDumps } from './pythonJson.js';
import { listRepr, pyRepr, pyStr } from './pythonText.js';
import { isDict, objectFromJson, typeToDict, type JsonDict } from './typeJson.js';
import { valuesEqual } from './valuesEqual.js';

export type { ParamType } from './paramValue.js';

/** One param: name, type, default, and shape `null` (a scalar or an object) or `[-1]` (a list). */
export class ParamSpec {
  readonly name: string;
  readonly dtype: ParamType;
  /** In Python's types: a whole double is a marked float. */
  readonly default: unknown;
  readonly shape: readonly number[] | null;

  /** @throws MlflowError INVALID_PARAMETER_VALUE: unknown or binary type, a default that does not fit. */
  constructor(
    name: unknown,
    dtype: ColumnType | string,
    defaultValue: unknown,
    shape: readonly number[] | null = null,
    compatibility: Compatibility = '3',
  ) {
    this.name = pyStr(name);
    this.shape = shape;
    this.dtype = paramType(dtype, this.name, compatibility);
    this.default = defaultValue;
    this.default = validateParamValue(this.toString(compatibility), defaultValue, this.dtype, shape, compatibility);
  }

  /** @throws MlflowError INVALID_PARAMETER_VALUE when the value does not fit. */
  validate(value: unknown, compatibility: Compatibility = '3'): unknown {
    return validateParamValue(this.toString(compatibility), value, this.dtype, this.shape, compatibility);
  }

  /** Keys in the order of that generation. */
  toDict(compatibility: Compatibility = '3'): JsonDict {
    const { name, shape } = this;
    const defaultValue = jsonDefault(this.default);
    if (compatibility === '2') {
      if (this.dtype instanceof ObjectType) {
        throw MlflowError.invalidParameter(
          `The param '${name}' is an object, which MLflow 2.16 cannot read. Leave it out or write for MLflow 3.`,
        );
      }
      return { name, type: this.dtype, default: defaultValue, shape };
    }
    return { name, default: defaultValue, shape, ...typeToDict(this.dtype) };
  }

  /** `repr` in Python: `'top_k': long (default: 2)`. */
  toString(compatibility: Compatibility = '3'): string {
    const shape = this.shape === null ? '' : ` (shape: ${shapeText(this.shape, pyRepr)})`;
    return `${pyRepr(this.name)}: ${typeRepr(this.dtype)} (default: ${pyStr(this.default, compatibility)})${shape}`;
  }

  equals(other: unknown): boolean {
    if (!(other instanceof ParamSpec) || other.name !== this.name || !typesEqual(other.dtype, this.dtype)) return false;
    return valuesEqual(this.default, other.default) && valuesEqual(this.shape, other.shape);
  }

  /** A param from parsed JSON; `dtype` in place of `type` is accepted. */
  static fromDict(json: unknown, compatibility: Compatibility = '3'): ParamSpec {
    if (!isDict(json)) throw typeError('ParamSchema JSON must be a list of dictionaries');
    const has = (key: string) => Object.hasOwn(json, key);
    if (!has('name') || !has('default') || !(has('type') || has('dtype'))) {
      throw MlflowError.invalidParameter(
        'Missing keys in ParamSpec JSON. Expected to find keys `name`, `type`(or `dtype`) and `default`. ' +
          `Received keys: dict_keys(${listRepr(Object.keys(json))})`,
      );
    }
    const type = (isTruthy(json['type']) ? json['type'] : json['dtype']) as string;
    if (type !== 'object' && !isDataType(type)) throw new PythonError('KeyError', pyRepr(type));
    const dtype = type === 'object' && compatibility === '3' ? objectFromJson(json, compatibility) : type;
    if (dtype === 'object') throw new PythonError('KeyError', "'object'");
    return new ParamSpec(
      json['name'],
      dtype,
      json['default'],
      json['shape'] === null || json['shape'] === undefined ? null : (iterated(json['shape']) as number[]),
      compatibility,
    );
  }
}

function paramType(dtype: ColumnType | string, name: string, compatibility: Compatibility): ParamType {
  if (dtype === 'binary') {
    throw MlflowError.invalidParameter(
      `Binary type is not supported for parameters, ParamSpec '${name}'has dtype 'binary'`,
    );
  }
  if (isDataType(dtype)) return dtype;
  if (typeof dtype === 'string') {
    const supported = listRepr(dataTypeNames.filter((type) => type !== 'binary'));
    throw MlflowError.invalidParameter(
      `Unsupported type '${dtype}', expected instance of DataType or one of ${supported}`,
    );
  }
  if (dtype instanceof ObjectType && compatibility === '3') return dtype;
  throw typeError(`'dtype' must be DataType, Object or str, got ${typeRepr(dtype)}`);
}

function jsonDefault(value: unknown): unknown {
  if (value instanceof PyDateTime) return value.isoFormat();
  return Array.isArray(value) ? value.map(jsonDefault) : value;
}

/** The params that a model takes beside its input. */
export class ParamSchema {
  readonly params: readonly ParamSpec[];

  /** @throws MlflowError INVALID_PARAMETER_VALUE for duplicate names. */
  constructor(params: readonly ParamSpec[]) {
    if (params.some((param) => !(param instanceof ParamSpec))) {
      throw MlflowError.invalidParameter("ParamSchema inputs only accept <class 'type'>");
    }
    const seen = new Set<string>();
    const duplicates = params.map((param) => param.name).filter((name) => seen.has(name) || !seen.add(name));
    if (duplicates.length > 0) {
      throw MlflowError.invalidParameter(`Duplicated parameters found in schema: ${listRepr(duplicates)}`);
    }
    this.params = params;
  }

  toDict(compatibility: Compatibility = '3'): JsonDict[] {
    return this.params.map((param) => param.toDict(compatibility));
  }

  /** Python's `to_json`, byte for byte. */
  toJson(compatibility: Compatibility = '3'): string {
    return pythonJsonDumps(this.toDict(compatibility));
  }

  toString(): string {
    return `[${this.params.map(String).join(', ')}]`;
  }

  equals(other: unknown): boolean {
    if (!(other instanceof ParamSchema) || other.params.length !== this.params.length) return false;
    return this.params.every((param, i) => param.equals(other.params[i]));
  }

  static fromDict(json: unknown, compatibility: Compatibility = '3'): ParamSchema {
    return new ParamSchema(iterated(json).map((item) => ParamSpec.fromDict(item, compatibility)));
  }
}
