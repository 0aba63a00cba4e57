import { MlflowError } from '../errors.js';
import { toPlain } from '../serialization/plainValue.js';
import { pythonStr, pythonTypeName } from '../serialization/pythonRepr.js';
import type { PyValue } from '../serialization/pyValue.js';
import { isRecord, mlmodelInvalid } from './mlmodelText.js';
import type { FlavorSettings } from './model.js';
import type { SerializedSignature } from './serializedSignature.js';

/** Takes typed values out of the mapping and says which key holds something else. */
export class DocumentReader {
  private readonly document: Readonly<Record<string, PyValue | undefined>>;
  private readonly source: string;
  private readonly read = new Set<string>(['utc_time_created']);

  constructor(document: Readonly<Record<string, PyValue | undefined>>, source: string) {
    this.document = document;
    this.source = source;
  }

  private take(key: string): PyValue {
    this.read.add(key);
    return this.document[key] ?? null;
  }

  /** A text; numbers and dates that a hand-written file left unquoted are read as Python shows them. */
  text(key: string): string | null {
    const value = this.take(key);
    if (value === null) return null;
    if (isCollection(value)) throw this.wrongType(key, 'a text', value);
    return pythonStr(value);
  }

  flag(key: string): boolean {
    return this.take(key) === true;
  }

  size(key: string): number | null {
    const value = toPlain(this.take(key));
    if (value !== null && typeof value !== 'number') throw this.wrongType(key, 'a number of bytes', value);
    return value;
  }

  texts(key: string): string[] | null {
    const value = this.take(key);
    if (value === null) return null;
    if (!Array.isArray(value)) throw this.wrongType(key, 'a list', value);
    return value.map((item: PyValue) => pythonStr(item));
  }

  record(key: string): Record<string, PyValue> | null {
    const value = this.take(key);
    if (value === null) return null;
    if (!(value instanceof Map) && !isRecord(value)) throw this.wrongType(key, 'a mapping', value);
    return toPlain(value) as Record<string, PyValue>;
  }

  flavors(): Record<string, FlavorSettings> {
    const flavors = this.record('flavors') ?? {};
    for (const [name, settings] of Object.entries(flavors)) {
      if (!isRecord(settings)) throw this.wrongType(`flavors.${name}`, 'a mapping', settings);
    }
    return flavors as Record<string, FlavorSettings>;
  }

  signature(): SerializedSignature | null {
    const value = this.take('signature');
    if (value === null) return null;
    if (!isRecord(value)) throw this.signatureError('is no mapping');
    const part = (key: string): string | null => {
      const text = value[key] ?? null;
      if (text !== null && typeof text !== 'string') throw this.signatureError(`has no JSON text under \`${key}\``);
      return text === '' ? null : text;
    };
    const signature = { inputs: part('inputs'), outputs: part('outputs'), params: part('params') };
    if (Object.values(signature).every((text) => text === null)) {
      throw MlflowError.invalidParameter('At least one of inputs, outputs or params must be provided', {
        reason: 'signatureInvalid',
        details: { path: this.source },
      });
    }
    return signature;
  }

  unread(): Record<string, PyValue> {
    return Object.fromEntries(
      Object.entries(this.document)
        .filter(([key, value]) => !this.read.has(key) && value !== undefined)
        .map(([key, value]) => [key, toPlain(value)]),
    );
  }

  private wrongType(key: string, expected: string, value: PyValue): MlflowError {
    return mlmodelInvalid(this.source, `\`${key}\` should be ${expected}, but is of type ${pythonTypeName(value)}`);
  }

  private signatureError(problem: string): MlflowError {
    return MlflowError.invalidParameter(
      `The signature in ${this.source} ${problem}. Set the model's signature again, or remove the key \`signature\`.`,
      { reason: 'signatureInvalid', details: { path: this.source } },
    );
  }
}

function isCollection(value: PyValue): boolean {
  return Array.isArray(value) || value instanceof Map || isRecord(value);
}
