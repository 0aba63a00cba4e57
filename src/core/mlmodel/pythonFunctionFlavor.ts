import type { JsonObject } from '../ports.js';
import { toPlain } from '../serialization/plainValue.js';
import { pythonStr } from '../serialization/pythonRepr.js';
import type { PyValue } from '../serialization/pyValue.js';

/** The `python_function` flavor: what Python needs to score a model. Source: mlflow/pyfunc/__init__.py (add_to_model). */
export interface PythonFunctionFlavor {
  readonly loaderModule: string | null;
  readonly pythonVersion: string | null;
  /** Paths below the model folder; MLflow 1 named the conda file only. */
  readonly env: { readonly conda: string | null; readonly virtualenv: string | null };
  /** The model config; `{}` when none was saved. */
  readonly config: JsonObject;
  /** Whether a config was saved: only then Python lets a load-time config override its keys. */
  readonly hasConfig: boolean;
  readonly code: string | null;
  readonly data: string | null;
  readonly modelCodePath: string | null;
  readonly streamable: boolean;
}

/** The typed view of the flavor's settings; absent or mistyped settings are null. */
export function readPythonFunctionFlavor(settings: Readonly<Record<string, PyValue>>): PythonFunctionFlavor {
  const env = toPlain(settings['env']);
  const config = toPlain(settings['config']);
  const isConfig = typeof config === 'object' && config !== null && !Array.isArray(config);
  return {
    loaderModule: textOf(settings['loader_module']),
    pythonVersion: textOf(settings['python_version']),
    env:
      typeof env === 'object' && env !== null && !Array.isArray(env)
        ? { conda: textOf(env['conda']), virtualenv: textOf(env['virtualenv']) }
        : { conda: textOf(env), virtualenv: null },
    config: isConfig ? config : {},
    hasConfig: isConfig,
    code: textOf(settings['code']),
    data: textOf(settings['data']),
    modelCodePath: textOf(settings['model_code_path']),
    streamable: settings['streamable'] === true,
  };
}

/** A scalar as text; an unquoted `3.1` of a hand-written file is the text `3.1`. */
function textOf(value: PyValue | undefined): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' || typeof value === 'number' ? pythonStr(value) : null;
}
