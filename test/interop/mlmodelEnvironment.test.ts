import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { MlflowGeneration } from '../../src/core/mlmodel/compatibility.js';
import { environmentFiles } from '../../src/core/mlmodel/environment.js';
import { parsePipRequirement, pipRequirementText } from '../../src/core/mlmodel/pipRequirement.js';
import type { PyRecord } from '../../src/core/serialization/pyValue.js';
import { runPython } from '../helpers/python.js';

/** One call of save_model's environment arguments. */
interface Case {
  defaults: string[];
  pip?: string | string[];
  extra?: string | string[];
  conda?: string | PyRecord;
}

interface PythonAnswer {
  versions: { python: string; pip: string | null; setuptools: string | null; wheel: string | null; mlflow: string };
  cases: ({ files: Record<string, string> } | { error: string })[];
  requirements: (string | null)[];
}

const script = String.raw`
import sys, json, os, random, yaml, logging
logging.disable(logging.CRITICAL)
from pathlib import Path
import mlflow.utils.environment as e
e._validate_version_constraints = lambda reqs: None
from packaging.requirements import Requirement
from mlflow.utils import PYTHON_VERSION
inp = json.loads(sys.stdin.read())
os.chdir(inp["folder"])
out = []
for n, case in enumerate(inp["cases"]):
    conda, pip, extra = case.get("conda"), case.get("pip"), case.get("extra")
    try:
        e._validate_env_arguments(conda, pip, extra)
        if conda is None:
            defaults = sorted(set(case["defaults"])) if pip is None else None
            env, reqs, cons = e._process_pip_requirements(defaults, pip, extra)
        else:
            env, reqs, cons = e._process_conda_env(conda)
        files = {"conda.yaml": yaml.safe_dump(env, default_flow_style=False), "requirements.txt": "\n".join(reqs)}
        if cons: files["constraints.txt"] = "\n".join(cons)
        p = os.path.join(inp["folder"], "penv"); e._PythonEnv.current().to_yaml(p); files["python_env.yaml"] = Path(p).read_text()
        out.append({"files": files})
    except Exception as ex:
        out.append({"error": str(ex)})
def norm(r):
    try: return str(Requirement(r))
    except Exception: return None
g = e._get_package_version
print(json.dumps(dict(versions=dict(python=PYTHON_VERSION, pip=g("pip"), setuptools=g("setuptools"), wheel=g("wheel"), mlflow=e.VERSION), cases=out, requirements=[norm(r) for r in inp["requirements"]])))
`;

const requirementTexts = [
  'a',
  'A_b.C-d',
  'a==1.0',
  'a == 1.0 , <2',
  'a(>=1,<2)',
  'a (>= 1.0)',
  'a[x]',
  'a[ y , x ]>=1',
  'a[]',
  'a[x,]',
  'a[x y]',
  'a~=1.4.2',
  'a~=1',
  'a!=1.*,>=0.5',
  'a>=1.*',
  'a===weird+thing',
  'a==1.0+cu118',
  'a>=1.0+cu118',
  'a==1!2.0.post1.dev3',
  'a==v1.0',
  'a>1,>1,<=3',
  'a==1.0,==1.0.0',
  'a>=1.0 ; python_version < "3.8"',
  "a; sys.platform == 'win32' and (os.name != 'posix' or extra == 'Test_X')",
  "a; (python_version >= '3' and python_version < '4') or platform_machine in 'x86_64 arm64'",
  "a; ((os_name == 'posix'))",
  "a; ((os_name == 'posix' or os_name == 'nt')) and python_implementation not in 'PyPy'",
  "a; extra == 'Foo.Bar'",
  "a; os_name == 'posix' and extra == 'Foo.Bar'",
  "a; 'linux' == sys_platform",
  'a; python_version',
  'a; foo == "1"',
  'a @ https://example.org/a.whl',
  'a@ https://example.org/a.whl ; python_version<"3"',
  'a[x] @ file:///tmp/a.whl',
  'a @ git+https://github.com/org/a@main',
  'git+https://github.com/org/a',
  './local',
  '-e .',
  '--extra-index-url https://example.org',
  'a==1.0 --hash=sha256:abc',
  'a>=1 b',
  'a,b',
  '1a',
  '_a',
  'a-',
  'é',
  'a<2,',
  'a,>=1',
  'a =1',
  'a==',
  'a;python_version=="3.9"',
];

const named: Case[] = [
  { defaults: ['transformers==5.23.0', 'torch==2.13.0', 'accelerate==1.15.0'] },
  { defaults: ['b==1', 'a==1', 'b==1'] },
  { defaults: ['t==1'], pip: ['# comment', '', 'numpy  # inline', 'pandas\\', '>=1', 'scipy \\', '  >=1'] },
  { defaults: ['t==1'], pip: 'requirements-a.txt' },
  { defaults: ['t==1'], pip: ['-r requirements-a.txt', 'last', '-c constraints-a.txt'] },
  { defaults: ['t==1'], pip: ['--requirement nested/requirements-b.txt', '--constraint constraints-a.txt'] },
  { defaults: ['t==1'], extra: ['z', 'a', 't>=0.5'] },
  { defaults: ['t==1'], extra: 'requirements-a.txt' },
  { defaults: ['t==1'], pip: ['mlflow'] },
  { defaults: ['t==1'], pip: ['MLflow-skinny==2', 'a'] },
  { defaults: ['t==1'], pip: ['mlflow-tracing', 'a'] },
  { defaults: ['t==1'], pip: ['git+https://github.com/mlflow/mlflow.git@master', 'a'] },
  { defaults: ['t==1'], pip: ['mlflow @ git+https://github.com/mlflow/mlflow.git', 'a'] },
  { defaults: ['t==1'], pip: ['mlflow==2.0 --hash=sha256:aa', 'a'] },
  { defaults: ['t==1'], pip: [] },
  { defaults: ['torch==2.7.1'], extra: ['torch==2.7.1+cu128'] },
  { defaults: ['torch==2.7.1+cu128'], extra: ['torch==2.7.1'] },
  { defaults: ['t==1'], pip: ['a>1', 'a[extras]', 'a<2'] },
  { defaults: ['t==1'], pip: ['m[e1]>=3.5.1', 'm[e2]<4', 'm'] },
  { defaults: ['t==1'], pip: ['a>1;os_name=="nt"', 'a<2', 'a<3 ; os_name == "nt"'] },
  { defaults: ['t==1'], pip: ['./x', './x', 'databricks-connect', 'pyspark==3', 'pyspark-connect'] },
  { defaults: ['t==1'], pip: ['a'], extra: ['b'] },
  { defaults: ['t==1'], pip: ['a'], conda: { dependencies: [] } },
  { defaults: ['t==1'], conda: 'env.yaml' },
  { defaults: ['t==1'], conda: 'env-without-pip.yaml' },
  {
    defaults: ['t==1'],
    conda: {
      name: 'x',
      channels: ['c'],
      dependencies: ['python=3.8', { pip: ['a', 'a', '-r requirements-a.txt', '-c constraints-a.txt'] }],
      variables: { A: 'yes', B: '1.10' },
    },
  },
  { defaults: ['t==1'], conda: { dependencies: [{ pip: ['mlflow==1.0'] }, 'numpy'] } },
  { defaults: ['t==1'], pip: 'missing.txt' },
  { defaults: ['t==1'], pip: ['-r missing.txt'] },
  { defaults: ['t==1'], conda: 'missing.yaml' },
];

/** Some hundred lists put together from the texts above, always the same. */
function combinations(): Case[] {
  let seed = 42;
  const random = (limit: number): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * limit);
  };
  const pick = (count: number): string[] =>
    Array.from({ length: count }, () => requirementTexts[random(requirementTexts.length)] ?? 'a');
  return Array.from({ length: 300 }, (_, index) => {
    const defaults = ['transformers==5.23.0', 'torch==2.13.0', ...pick(1)];
    return index % 2 === 0 ? { defaults, pip: pick(6) } : { defaults, extra: pick(4) };
  });
}

for (const [generation, compatibility] of [
  ['new', '3'],
  ['old', '2'],
] as const) {
  describe(`environment files against MLflow ${compatibility}`, () => {
    const cases = [...named, ...combinations()];
    let folder = '';
    let answer: PythonAnswer;

    before(async () => {
      folder = await makeFolder();
      answer = await runPython<PythonAnswer>(generation, script, { folder, cases, requirements: requirementTexts });
    });
    after(() => rm(folder, { recursive: true, force: true }));

    it('a requirement is read, or refused, and written as packaging does', () => {
      const ours = requirementTexts.map((text) => {
        const requirement = parsePipRequirement(text);
        return requirement === undefined ? null : pipRequirementText(requirement, compatibility);
      });
      assert.deepEqual(zip(requirementTexts, ours), zip(requirementTexts, answer.requirements));
    });

    it('every combination of arguments gives the same files, or the same error (G4, G5, H5, H8, H9)', async () => {
      let contradictions = 0;
      for (const [index, testCase] of cases.entries()) {
        const wanted = answer.cases[index];
        const got = await ourFiles(testCase, folder, answer.versions, compatibility);
        // Python asks pip, and thus the network, whether clauses can be met; that question is taken out of its side here.
        if ('error' in got && got.error.startsWith('The specified requirements versions are incompatible')) {
          contradictions++;
        } else {
          assert.deepEqual(got, wanted, JSON.stringify(testCase));
        }
      }
      assert.ok(contradictions < cases.length / 2, `${contradictions} cases were not compared`);
    });
  });
}

function zip(keys: readonly string[], values: readonly (string | null)[]): Record<string, string | null> {
  return Object.fromEntries(keys.map((key, index) => [key, values[index] ?? null]));
}

async function ourFiles(
  testCase: Case,
  folder: string,
  versions: PythonAnswer['versions'],
  compatibility: MlflowGeneration,
): Promise<{ files: Record<string, string> } | { error: string }> {
  try {
    const files = await environmentFiles({
      defaultPipRequirements: testCase.defaults,
      pipRequirements: testCase.pip,
      extraPipRequirements: testCase.extra,
      condaEnv: testCase.conda,
      pythonVersion: versions.python,
      buildPackages: versions,
      mlflowVersion: versions.mlflow,
      compatibility,
      workingDirectory: folder,
    });
    return { files };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mlflow-environment-'));
  const files = {
    'requirements-a.txt': 'one==1\r\n# no\ntwo\\\n>=2\n\n--extra-index-url https://example.org\n',
    'constraints-a.txt': 'c1<2\nc2==1 # why\n',
    'env.yaml':
      'name: mine\nchannels:\n- defaults\n- conda-forge\ndependencies:\n- python=3.10\n- numpy>=1\n- pip\n- pip:\n  - scipy==1.0\n  - scipy==1.0\n',
    'env-without-pip.yaml': 'name: mine\ndependencies:\n- python=3.10\n',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  await mkdir(path.join(folder, 'nested'));
  await writeFile(path.join(folder, 'nested', 'requirements-b.txt'), 'b1\n-r ../requirements-a.txt\n-c c.txt\n');
  await writeFile(path.join(folder, 'nested', 'c.txt'), 'cn==3\n');
  return folder;
}
