import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { dumpPythonJson, parsePythonJson } from '../../src/core/serialization/pythonJson.js';
import { pythonRepr } from '../../src/core/serialization/pythonRepr.js';
import { dumpPyYaml, parsePyYaml } from '../../src/core/serialization/pyYaml.js';
import { PyYamlDocument } from '../../src/core/serialization/pyYamlDocument.js';
import type { PyValue } from '../../src/core/serialization/pyValue.js';
import { runPython } from '../helpers/python.js';
import { canonicalText, decodeValue, pythonValueCodec, type EncodedValue } from '../helpers/pythonValues.js';

interface Sample {
  shared: boolean;
  value: EncodedValue;
  repr: string;
  yaml: string;
  unsorted: string;
  unicode: string;
  libyaml: string | null;
  flow: string;
  json: string | null;
  jsonIndented: string | null;
}

interface TextSample {
  text: string;
  loaded: EncodedValue | { error: true };
}

const generator = String.raw`
${pythonValueCodec}
import sys, json, random, yaml, datetime
random.seed(20261124)
R = random.Random(7)
words = ["true","yes","No","ON","off","null","~","Null","<<","=","1","-1","+1","0","00","017","0o17","0x1F","0b101","1_000","1:30","190:20:30","1:60",
 "1.0","1.10","1.","1e5","1.e+5","1.0e-05","1e-5",".5","-.5",".inf","-.INF",".nan","NaN","2024-01-01","2024-1-1","2024-01-01 10:20:30","2024-01-01T10:20:30.5Z",
 "4.57.1","3.11.9","a: b","a:b","a #b","a#b","#a","- a","-a","-","--- a","---","...","? a","?a","?",":a",":","a:","[a]","{a}","a, b","&a","*a","!a","|","> a","'a'","\"a\"","%a","@a","${'`'}a",
 ""," a","a ","  "," ","a\nb","a\n","\na","a\n b","a \nb","a\n\nb","\n","\t","a\tb","tab\t","it's","say \"x\"","back\\slash","é","üñï","中文","😀","\x00","\x07","\x1b[0m","\x7f","\x85","\xa0","\u2028","\u2029","\ufeff","\ufffe","\ud800"
 ,"conda.yaml","mlflow.transformers","torch.float32","models/m-1/artifacts","a/b c/d","[{\"type\": \"string\", \"required\": true}]","key with spaces","-r requirements.txt","--extra-index-url https://x.y/z","C:\\Users\\x","a\r\nb","a\rb","\r"]
def rtext():
    k = R.random()
    if k < .35: return R.choice(words)
    if k < .5:
        return "".join(R.choice("abc XYZ019.:-_#,'\"\\[]{}!?&*%@/") for _ in range(R.randint(0, 12)))
    if k < .75:
        return " ".join(R.choice(words + ["lorem", "ipsum", "dolor", "sit", "amet,", "x" * R.randint(1, 30)]) for _ in range(R.randint(5, 40)))
    if k < .85:
        return "".join(R.choice(["word", " ", " ", "  ", "\n", "é", "😀", "'", "\"", "\t", "\u2028", "\x85", "-", "longerword"]) for _ in range(R.randint(0, 80)))
    if k < .93: return json.dumps([{"type": R.choice(["string","long"]), "name": R.choice(words), "required": True} for _ in range(R.randint(1, 8))])
    return "x" * R.randint(100, 140)
def rfloat():
    k = R.random()
    if k < .3: return float(R.choice([0.0, -0.0, 1.0, 1e16, 1e15, 1e-5, 1e-4, 123456789.125, float("inf"), float("-inf"), float("nan"), 1e22, 5e-324, 1.7976931348623157e308, 1e100, 0.1, 2.5]))
    if k < .6: return R.uniform(-1000, 1000)
    return R.choice([1, -1]) * R.random() * 10 ** R.randint(-320, 308)
def rint():
    return R.choice([0, 1, -1, 2, 42, 2**53 - 1, 2**53, -2**63, 10**30, R.randint(-10**6, 10**6), R.randint(-10**18, 10**18)])
def rdate():
    if R.random() < .5: return datetime.date(R.randint(1, 9999), R.randint(1, 12), R.randint(1, 28))
    tz = R.choice([None, None, datetime.timezone.utc, datetime.timezone(datetime.timedelta(hours=R.randint(-11, 12), minutes=R.choice([0, 30])))])
    return datetime.datetime(R.randint(1, 9999), 2, 3, R.randint(0, 23), R.randint(0, 59), R.randint(0, 59), R.choice([0, 5, 123456]), tzinfo=tz)
def rkey(extra):
    k = R.random()
    if k < .9 or not extra: return rtext()
    return R.choice([None, True, 3, 10, 2.5, -7])
def rvalue(depth, extra):
    k = R.random()
    if depth > 0 and k < .22: return [rvalue(depth - 1, extra) for _ in range(R.randint(0, 4))]
    if depth > 0 and k < .5: return {rkey(extra): rvalue(depth - 1, extra) for _ in range(R.randint(0, 5))}
    if k < .75: return rtext()
    if k < .8: return R.choice([None, True, False])
    if k < .88: return rint()
    if k < .97 or not extra: return rfloat()
    return rdate() if R.random() < .7 else bytes(R.randint(0, 255) for _ in range(R.choice([0, 3, 57, 58, 200])))
def tryjson(v, **kw):
    try: return json.dumps(v, **kw)
    except (TypeError, ValueError): return None
def has_surrogate(v):
    if isinstance(v, str): return any("\ud800" <= c <= "\udfff" for c in v)
    if isinstance(v, list): return any(map(has_surrogate, v))
    if isinstance(v, dict): return any(has_surrogate(a) or has_surrogate(b) for a, b in v.items())
    return False
samples = []
for n in range(6000):
    v = rvalue(R.randint(0, 4), n % 3 == 0)
    if n % 10 == 1:
        shared = rvalue(2, False); v = {"first": shared, "second": [shared, shared], "third": {"x": shared}}
    # Orders of mappings are compared too, so keys that JavaScript would move to the front stay out of the unsorted form.
    c = None if has_surrogate(v) else yaml.dump(v, Dumper=yaml.CSafeDumper, default_flow_style=False, allow_unicode=n % 2 == 0)
    samples.append(dict(shared=n % 10 == 1, value=encode(v), repr=repr(v), yaml=yaml.safe_dump(v, default_flow_style=False), unsorted=yaml.safe_dump(v, default_flow_style=False, sort_keys=False),
        unicode=yaml.safe_dump(v, default_flow_style=False, allow_unicode=True), libyaml=c,
        flow=yaml.safe_dump(v, default_flow_style=[None, True, False][n % 3], default_style=[None, "'", '"', None, "|", ">"][n % 6], width=[80, 20, 1000][n % 3]),
        json=tryjson(v), jsonIndented=tryjson(v, indent=2)))
texts = []
pieces = ["a: ", "b:\n", "  - x\n", "- ", "c: 1\n", "{a: 1, b: [2, 3]}\n", "'q'\n", "\"d\\n\"\n", "\n", "# comment\n", "key: |\n  block\n  text\n", "key: >-\n  folded\n  text\n\n  more\n",
  "&x ", "*x\n", "<<: *x\n", "--- \n", "x: &x {k: v}\n", "? ", ": ", "!!str 1\n", "!!int '3'\n", "!foo 1\n", "yes\n", "1:30\n", "2024-01-01\n", "  nested: 0x1f\n", "    deep: ~\n", "plain text\n", "  continued\n", "= \n", "...\n", "a\n", "'it''s'\n"]
for n in range(4000):
    if n % 2: t = "".join(R.choice(pieces) for _ in range(R.randint(1, 9)))
    else:
        base = R.choice(samples)["yaml"][:400]
        i = R.randint(0, len(base)); t = base[:i] + R.choice([" ", "\n", ":", "-", "'", "\"", "#", "", "  ", "a"]) + base[i + R.randint(0, 2):]
    if has_surrogate(t): continue
    try: r = encode(yaml.safe_load(t))
    except yaml.YAMLError: r = {"error": True}
    except (ValueError, OverflowError, RecursionError, TypeError): r = {"error": True}
    texts.append(dict(text=t, loaded=r))
print(json.dumps(dict(samples=samples, texts=texts)))
`;

/** Python writes lone surrogates and cannot read them again. */
function hasLoneSurrogate(sample: Sample): boolean {
  return sample.repr.includes('\\ud800');
}

/** What our parser makes of a text; undefined where it refuses. */
function loadedText(text: string): string | undefined {
  try {
    return canonicalText(parsePyYaml(text, { keepTypes: true }));
  } catch {
    return undefined;
  }
}

/**
 * Block scalars with an indentation indicator, which the full parser measures from another column in nested lists, and the
 * line separators of YAML 1.1, which it takes for ordinary characters.
 */
function usesRareForm(text: string): boolean {
  return /[|>][0-9]/.test(text) || /[\x85\u2028\u2029]/.test(text);
}

/** The neighbourhood of the first character that differs. */
function describeDifference(wanted: string, got: string): string {
  let index = 0;
  while (index < wanted.length && wanted[index] === got[index]) index++;
  const around = (text: string) => JSON.stringify(text.slice(Math.max(0, index - 100), index + 60));
  return `wanted ${around(wanted)}\ngot    ${around(got)}`;
}

/** Samples marked as shared hold one collection several times over, which PyYAML writes with an anchor. */
function sampleValue(sample: Sample): PyValue {
  const value = decodeValue(sample.value);
  if (!sample.shared) return value;
  const first = (value as Record<string, PyValue>)['first'] ?? null;
  return { first, second: [first, first], third: { x: first } };
}

describe('PyYAML and json of real Python against ours', () => {
  let samples: Sample[] = [];
  let texts: TextSample[] = [];

  before(async () => {
    ({ samples, texts } = await runPython<{ samples: Sample[]; texts: TextSample[] }>('new', generator));
    assert.ok(samples.length >= 5000 && texts.length >= 3000);
  });

  /** Compares all samples and reports the first few that differ together. */
  function assertSame(actual: (sample: Sample) => string, expected: (sample: Sample) => string | null): void {
    const differences: string[] = [];
    for (const sample of samples) {
      const wanted = expected(sample);
      if (wanted === null) continue;
      const got = actual(sample);
      if (got !== wanted) differences.push(describeDifference(wanted, got));
    }
    assert.equal(differences.length, 0, `${differences.length} differ\n${differences.slice(0, 3).join('\n')}`);
  }

  it('safe_dump writes the same bytes', () => {
    assertSame(
      (sample) => dumpPyYaml(sampleValue(sample)),
      (sample) => sample.yaml,
    );
  });

  it('safe_dump without sorting writes the same bytes', () => {
    assertSame(
      (sample) => dumpPyYaml(sampleValue(sample), { sortKeys: false }),
      (sample) => sample.unsorted,
    );
  });

  it('safe_dump with allow_unicode writes the same bytes', () => {
    assertSame(
      (sample) => dumpPyYaml(sampleValue(sample), { allowUnicode: true }),
      (sample) => sample.unicode,
    );
  });

  it('json.dumps writes the same bytes, in one line and indented', () => {
    assertSame(
      (sample) => dumpPythonJson(sampleValue(sample)),
      (sample) => sample.json,
    );
    assertSame(
      (sample) => dumpPythonJson(sampleValue(sample), { indent: 2 }),
      (sample) => sample.jsonIndented,
    );
  });

  it('CSafeDumper (libyaml) writes the same bytes', () => {
    let index = 0;
    assertSame(
      (sample) => dumpPyYaml(sampleValue(sample), { allowUnicode: index++ % 2 === 0, emitter: 'libyaml' }),
      (sample) => sample.libyaml ?? (index++, null),
    );
  });

  it('safe_load reads the same values, from block, flow and every scalar style', () => {
    for (const form of ['yaml', 'unicode', 'flow'] as const) {
      assertSame(
        (sample) => loadedText(sample[form]) ?? `refused ${sample[form].slice(0, 400)}`,
        (sample) =>
          hasLoneSurrogate(sample) || usesRareForm(sample[form]) ? null : canonicalText(sampleValue(sample)),
      );
    }
  });

  it('the fast path and the full parser agree', () => {
    assertSame(
      (sample) => canonicalText(parsePyYaml(sample.yaml, { keepTypes: true })),
      (sample) =>
        hasLoneSurrogate(sample) ? null : canonicalText(new PyYamlDocument(sample.yaml, { keepTypes: true }).value),
    );
  });

  it('json.loads reads the same values', () => {
    assertSame(
      (sample) => dumpPythonJson(parsePythonJson(sample.json ?? 'null', { keepTypes: true })),
      (sample) => sample.json,
    );
  });

  it('hand-written and damaged texts never load to another value, and nearly always agree on what is refused', () => {
    const differences: string[] = [];
    let agreed = 0;
    for (const { text, loaded } of texts) {
      const refused = loaded !== null && typeof loaded === 'object' && 'error' in loaded;
      const wanted = refused ? undefined : canonicalText(decodeValue(loaded));
      const got = loadedText(text);
      if (got === wanted) agreed++;
      else if (got !== undefined && wanted !== undefined) {
        differences.push(`text   ${JSON.stringify(text)}\nwanted ${wanted}\ngot    ${got}`);
      }
    }
    assert.equal(differences.length, 0, `${differences.length} differ\n${differences.slice(0, 12).join('\n')}`);
    assert.ok(agreed / texts.length > 0.97, `agreed on ${agreed} of ${texts.length}`);
  });

  it('repr gives the same text', () => {
    assertSame(
      (sample) => pythonRepr(sampleValue(sample)),
      (sample) => sample.repr,
    );
  });
});
