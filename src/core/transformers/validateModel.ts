import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import { compareOutput } from '../inspector/compareOutput.js';
import { constraintsFileName, requirementsFileName } from '../mlmodel/environment.js';
import { readInputExample } from '../mlmodel/inputExample.js';
import { Model } from '../mlmodel/model.js';
import { normalizePackageName, parsePipRequirement } from '../mlmodel/pipRequirement.js';
import { splitPythonLines } from '../mlmodel/requirementsFile.js';
import { readTransformersFlavor } from '../mlmodel/transformersFlavor.js';
import type { JsonObject, LongRunningOptions } from '../ports.js';
import { toPlain } from '../serialization/plainValue.js';
import { parsePyYaml } from '../serialization/pyYaml.js';
import type { PyRecord, PyValue } from '../serialization/pyValue.js';

/** What loads and asks a model: an `InferenceService` is one. */
export interface ModelRunner {
  load(request: {
    modelPath: string;
    modelUri: string;
    device: 'auto';
    precision: 'auto';
  }): Promise<{ handle: string }>;
  predict(
    request: { handle: string; data: unknown; params?: JsonObject | undefined },
    options?: { signal?: AbortSignal },
  ): Promise<{ predictions: unknown }>;
  unload(request: { handle: string }): Promise<void>;
}

export interface ValidationCheck {
  name: 'mlmodel' | 'load' | 'example' | 'predict' | 'signature' | 'requirements';
  ok: boolean;
  message: string;
}

export interface ValidationReport {
  checks: ValidationCheck[];
  /** What the model answered to the stored example; `undefined` when it was not asked. */
  predictions?: unknown;
}

/**
 * Tries a saved model: loads it, asks it the stored input example, compares the answer with the output signature, and the
 * requirement files with what the flavor records. A finding is a check that is not `ok`, never an error.
 * @throws MlflowError CANCELLED only
 */
export async function validateModel(
  folder: string,
  runner: ModelRunner,
  options: LongRunningOptions = {},
): Promise<ValidationReport> {
  const checks: ValidationCheck[] = [];
  const model = await attempt(checks, 'mlmodel', async () => {
    const read = Model.fromText(await readFile(path.join(folder, 'MLmodel'), 'utf8'), path.join(folder, 'MLmodel'));
    if (!read.flavors['transformers']) throw new MlflowError('The MLmodel file has no transformers flavor.');
    return { value: read, message: 'The MLmodel file is valid' };
  });
  if (!model) return { checks };
  checks.push(...(await requirementChecks(folder, model)));
  const example = await attempt(checks, 'example', async () => {
    const stored = await readInputExample(folder, model.savedInputExampleInfo);
    if (!stored) throw new MlflowError('The model has no input example to try. Save it with one.');
    return { value: stored, message: 'The input example can be read' };
  });
  options.onProgress?.({ message: `Loading ${path.basename(folder)}` });
  const loaded = await attempt(checks, 'load', async () => ({
    value: await runner.load({ modelPath: folder, modelUri: folder, device: 'auto', precision: 'auto' }),
    message: 'The model loads',
  }));
  if (!loaded) return { checks };
  try {
    if (!example) return { checks };
    options.onProgress?.({ message: `Asking ${path.basename(folder)}` });
    const answer = await attempt(checks, 'predict', async () => ({
      value: await runner.predict(
        {
          handle: loaded.handle,
          data: toPlain(example.data),
          params: example.params === null ? undefined : (toPlain(example.params) as JsonObject),
        },
        options.signal ? { signal: options.signal } : {},
      ),
      message: 'The model answers its input example',
    }));
    if (!answer) return { checks };
    checks.push(signatureCheck(model, answer.predictions));
    return { checks, predictions: answer.predictions };
  } finally {
    await runner.unload({ handle: loaded.handle });
  }
}

/** Runs one check; its error becomes the finding. */
async function attempt<T>(
  checks: ValidationCheck[],
  name: ValidationCheck['name'],
  run: () => Promise<{ value: T; message: string }>,
): Promise<T | undefined> {
  try {
    const { value, message } = await run();
    checks.push({ name, ok: true, message });
    return value;
  } catch (error) {
    if (MlflowError.is(error, 'CANCELLED')) throw error;
    checks.push({ name, ok: false, message: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}

function signatureCheck(model: Model, predictions: unknown): ValidationCheck {
  const comparison = model.signature === null ? null : compareOutput(model.signature, predictions);
  if (comparison === null)
    return { name: 'signature', ok: true, message: 'There is no output signature to compare with' };
  return {
    name: 'signature',
    ok: comparison.matches,
    message: comparison.matches ? 'The answer matches the output signature' : comparison.differences.join(' '),
  };
}

/** One check a mismatch between requirements.txt, conda.yaml and the flavor; a single good one when there is none. */
async function requirementChecks(folder: string, model: Model): Promise<ValidationCheck[]> {
  const problems: string[] = [];
  const lines = await linesOf(path.join(folder, requirementsFileName));
  if (lines === null) problems.push(`${requirementsFileName} is missing.`);
  else {
    const pins = pinnedVersions(lines);
    const { transformersVersion } = readTransformersFlavor(model.flavors['transformers'] ?? {});
    problems.push(
      ...mismatch(pins, 'transformers', transformersVersion, 'the flavor was saved with'),
      ...mismatch(pins, 'mlflow', model.mlflowVersion, 'the model was saved with MLflow'),
    );
    if (lines.includes(`-c ${constraintsFileName}`) && !(await linesOf(path.join(folder, constraintsFileName))))
      problems.push(`${requirementsFileName} names ${constraintsFileName}, which is missing.`);
    const conda = await condaRequirements(folder);
    if (conda !== null && conda.join('\n') !== lines.join('\n'))
      problems.push(`conda.yaml and ${requirementsFileName} list different packages.`);
  }
  if (problems.length === 0)
    return [{ name: 'requirements', ok: true, message: 'The requirement files agree with the flavor' }];
  return problems.map((message) => ({ name: 'requirements', ok: false, message }));
}

function mismatch(pins: ReadonlyMap<string, string>, name: string, recorded: string | null, words: string): string[] {
  const pinned = pins.get(name);
  if (pinned === undefined || recorded === null || pinned === recorded) return [];
  return [`${requirementsFileName} asks for ${name} ${pinned}, ${words} ${recorded}.`];
}

function pinnedVersions(lines: readonly string[]): Map<string, string> {
  const pins = new Map<string, string>();
  for (const line of lines) {
    const requirement = parsePipRequirement(line);
    const [specifier] = requirement?.specifiers ?? [];
    if (requirement && requirement.specifiers.length === 1 && specifier?.operator === '==')
      pins.set(normalizePackageName(requirement.name), specifier.version);
  }
  return pins;
}

async function linesOf(file: string): Promise<string[] | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  return text === null ? null : splitPythonLines(text).filter((line) => line.trim() !== '');
}

/** The pip list of conda.yaml; `null` when there is no such file or list. */
async function condaRequirements(folder: string): Promise<string[] | null> {
  const text = await readFile(path.join(folder, 'conda.yaml'), 'utf8').catch(() => null);
  if (text === null) return null;
  const document = parsePyYaml(text) as PyRecord | null;
  const dependencies = document?.['dependencies'];
  if (!Array.isArray(dependencies)) return null;
  const pip = (dependencies as PyValue[]).map((entry) => (entry as PyRecord | null)?.['pip']).find(Array.isArray);
  return pip === undefined ? null : (pip as PyValue[]).map(String);
}
