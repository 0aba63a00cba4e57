import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MlflowError } from '../../src/core/errors.js';
import { DataClass, type Field, type FieldType, type ScalarField } from '../../src/core/signature/dataClass.js';
import { dataTypeNames, numpyDtypeOf } from '../../src/core/signature/dataTypes.js';
import { inferSignature } from '../../src/core/signature/inferSignature.js';
import { NumpyScalar } from '../../src/core/signature/ndArray.js';
import { isOfDataType } from '../../src/core/signature/paramValue.js';
import { PyDateTime } from '../../src/core/signature/pyDateTime.js';
import { FloatValue } from '../../src/core/signature/pythonValue.js';
import { runPython } from '../helpers/python.js';
import { Random } from './signatureCases.js';

/** A data class as both sides read it. */
interface ClassJson {
  name: string;
  fields: [name: string, type: TypeJson][];
}
type TypeJson = string | { list: TypeJson } | { optional: TypeJson } | { class: ClassJson };

const scalars: ScalarField[] = ['bool', 'int', 'float', 'str', 'bytes', 'date'];

function classJson(random: Random, depth: number): ClassJson {
  const names = ['text', 'b', 'a', 'é'].filter(() => random.chance(0.7));
  const item = (): TypeJson =>
    depth > 0 && random.chance(0.3) ? { class: classJson(random, depth - 1) } : random.pick(scalars);
  const type = (): TypeJson => (random.chance(0.35) ? { list: item() } : item());
  return {
    name: `Data${depth}`,
    fields: (names.length > 0 ? names : ['a']).map((name) => [
      name,
      random.chance(0.3) ? { optional: type() } : type(),
    ]),
  };
}

function dataClass({ name, fields }: ClassJson): DataClass {
  return new DataClass(name, Object.fromEntries(fields.map(([field, type]) => [field, fieldOf(type)])));
}

function fieldOf(type: TypeJson): Field {
  if (typeof type === 'string') return type as ScalarField;
  if ('optional' in type) return { optional: fieldOf(type.optional) as FieldType };
  if ('list' in type) return { list: fieldOf(type.list) as ScalarField | DataClass };
  return dataClass(type.class);
}

const random = new Random(5);
const classes = Array.from({ length: 120 }, () => classJson(random, 2));

/** The same scalar in both languages. */
const values: [python: string, ours: unknown][] = [
  ['True', true],
  ['3', 3],
  ['2.5', 2.5],
  ['2.0', new FloatValue(2)],
  ['"a"', 'a'],
  ['b"a"', new Uint8Array([97])],
  ['datetime(2024, 1, 2)', new PyDateTime(0n)],
  ['datetime(2024, 1, 2)', new Date(0)],
  ['date(2024, 1, 2)', new PyDateTime(0n, true)],
  ...['bool', 'int32', 'int64', 'float32', 'float64', 'int8', 'uint8', 'float16', 'uint64'].map(
    (dtype): [string, unknown] => [
      `np.array([1]).astype("${dtype}")[0]`,
      new NumpyScalar(dtype, dtype === 'bool' ? true : 1),
    ],
  ),
  ['np.str_("a")', new NumpyScalar('str', 'a')],
  ['np.bytes_(b"a")', new NumpyScalar('bytes', new Uint8Array([97]))],
  ['np.datetime64("2024-01-02")', new NumpyScalar('datetime64[D]', new PyDateTime(0n))],
];

const script = `
import sys, json, warnings, logging
warnings.simplefilter("ignore"); logging.disable(logging.CRITICAL)
import numpy as np
from dataclasses import make_dataclass
from datetime import date, datetime
from typing import List, Optional
from mlflow.models import ModelSignature, infer_signature
from mlflow.types.schema import DataType
question = json.load(sys.stdin)
scalars = dict(bool=bool, int=int, float=float, str=str, bytes=bytes, date=date)

def type_of(t):
    if isinstance(t, str):
        return scalars[t]
    if "optional" in t:
        return Optional[type_of(t["optional"])]
    if "list" in t:
        return List[type_of(t["list"])]
    return class_of(t["class"])

def class_of(c):
    return make_dataclass(c["name"], [(name, type_of(t)) for name, t in c["fields"]])

def answer(action):
    try:
        return {"text": action()}
    except Exception as error:
        return {"error": str(error)}

def check(name, value):
    if hasattr(DataType, "check_type"):
        return DataType.check_type(DataType[name], value)
    return getattr(DataType, f"is_{name}")(value)

print(json.dumps({
    "classes": [[answer(lambda: ModelSignature(inputs=class_of(c)).inputs.to_json()), answer(lambda: infer_signature(None, class_of(c)).outputs.to_json())] for c in question["classes"]],
    "checks": [[check(name, eval(value)) for name in question["types"]] for value in question["values"]],
}))
`;

function answer(action: () => string | undefined): { text?: string | undefined; error?: string } {
  try {
    return { text: action() };
  } catch (error) {
    return { error: MlflowError.from(error).message };
  }
}

for (const [generation, compatibility] of [
  ['new', '3'],
  ['old', '2'],
] as const) {
  const python = await runPython<{ classes: unknown[][]; checks: boolean[][] }>(generation, script, {
    classes,
    types: dataTypeNames,
    values: values.map(([text]) => text),
  });
  describe(`types of values and fields against MLflow ${compatibility}`, () => {
    it('data classes with optional fields, lists and nested classes give the same schema, or the same error (R6)', () => {
      const made = (json: ClassJson) => answer(() => dataClass(json).toSchema(compatibility).toJson());
      const inferred = (json: ClassJson) =>
        answer(() => inferSignature(null, dataClass(json), null, { compatibility }).toDict().outputs ?? undefined);
      const ours = classes.map((json) => [made(json), inferred(json)]);
      // infer_signature of 2.16 knows no data classes.
      const columns = compatibility === '3' ? [0, 1] : [0];
      const compared = (answers: unknown[][]) => answers.map((pair) => columns.map((column) => pair[column]));
      assert.deepEqual(compared(ours), compared(python.classes));
      if (compatibility === '2') assert.ok(ours.every(([, refused]) => refused?.error !== undefined));
      assert.ok(ours.some(([schema]) => schema?.error !== undefined));
      assert.ok(ours.some(([schema]) => schema?.text?.includes('"object"')));
    });

    for (const [i, [text, value]] of values.entries()) {
      it(`${text} is of the types that check_type names, native, numpy's and Python's (S17)`, () => {
        const ours = dataTypeNames.map((type) => isOfDataType(value, type));
        assert.deepEqual(ours, python.checks[i], dataTypeNames.map((type) => `${type} ${numpyDtypeOf(type)}`).join());
      });
    }
  });
}
