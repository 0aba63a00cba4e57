import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import { l10n } from '../l10n.js';
import { compareOutput } from '../inspector/compareOutput.js';
import { documentProblems } from '../inspector/inspectModel.js';
import { constraintsFileName, requirementsFileName } from '../mlmodel/environment.js';
import { readInputExample } from '../mlmodel/inputExample.js';
import { readMlmodelFile } from '../mlmodel/mlmodelText.js';
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

export type CheckName = 'mlmodel' | 'load' | 'example' | 'predict' | 'signature' | 'requirements';

export interface ValidationCheck {
  name: CheckName;
  ok: boolean;
  message: string;
  /** Where in the MLmodel file; lines count from 1. */
  line?: number;
  /** What was thrown, where the finding is an error. */
  error?: MlflowError;
}

export interface ValidationReport {
  checks: ValidationCheck[];
  /** The stored example as it was sent; `undefined` when there is none. */
  input?: { data: unknown; params: JsonObject | undefined };
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
  const model = await readDocument(folder, checks);
  if (!model) return { checks };
  checks.push(...(await requirementChecks(folder, model)));
  const example = await attempt(checks, 'example', async () => {
    const stored = await readInputExample(folder, model.savedInputExampleInfo);
    if (!stored) throw new MlflowError(l10n.t('The model has no input example to try. Save it with one.'));
    return { value: stored, message: l10n.t('The input example can be read') };
  });
  options.onProgress?.({ message: l10n.t('Loading {0}', path.basename(folder)) });
  const input = example && {
    data: toPlain(example.data),
    params: example.params === null ? undefined : (toPlain(example.params) as JsonObject),
  };
  const report: ValidationReport = { checks, ...(input === undefined ? {} : { input }) };
  const loaded = await attempt(checks, 'load', async () => ({
    value: await runner.load({ modelPath: folder, modelUri: folder, device: 'auto', precision: 'auto' }),
    message: l10n.t('The model loads'),
  }));
  if (!loaded) return report;
  try {
    if (!input) return report;
    options.onProgress?.({ message: l10n.t('Asking {0}', path.basename(folder)) });
    const answer = await attempt(checks, 'predict', async () => ({
      value: await runner.predict(
        { handle: loaded.handle, ...input },
        options.signal ? { signal: options.signal } : {},
      ),
      message: l10n.t('The model answers its input example'),
    }));
    if (!answer) return report;
    checks.push(signatureCheck(model, answer.predictions));
    return { ...report, predictions: answer.predictions };
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
    const thrown = MlflowError.from(error);
    checks.push({ name, ok: false, message: thrown.message, error: thrown });
    return undefined;
  }
}

/** The MLmodel document, with a check for each error in it and in the files that it names. */
async function readDocument(folder: string, checks: ValidationCheck[]): Promise<Model | undefined> {
  const read = await attempt(checks, 'mlmodel', async () => {
    const { text, file } = await readMlmodelFile(folder);
    const model = Model.fromText(text, file);
    if (!model.flavors['transformers']) {
      throw MlflowError.invalidParameter(l10n.t('The MLmodel file has no transformers flavor.'), {
        reason: 'flavorMissing',
      });
    }
    return { value: { text, model }, message: l10n.t('The MLmodel file is valid') };
  });
  if (!read) return undefined;
  const problems = (await documentProblems(read.text, folder)).filter(({ severity }) => severity === 'error');
  if (problems.length > 0) checks.pop();
  for (const { message, line } of problems) checks.push({ name: 'mlmodel', ok: false, message, line });
  return read.model;
}

function signatureCheck(model: Model, predictions: unknown): ValidationCheck {
  const comparison = model.signature === null ? null : compareOutput(model.signature, predictions);
  if (comparison === null)
    return { name: 'signature', ok: true, message: l10n.t('There is no output signature to compare with') };
  return {
    name: 'signature',
    ok: comparison.matches,
    message: comparison.matches ? l10n.t('The answer matches the output signature') : comparison.differences.join(' '),
  };
}

/** One check a mismatch between requirements.txt, conda.yaml and the flavor; a single good one when there is none. */
async function requirementChecks(folder: string, model: Model): Promise<ValidationCheck[]> {
  const problems: string[] = [];
  const lines = await linesOf(path.join(folder, requirementsFileName));
  if (lines === null) problems.push(l10n.t('{0} is missing.', requirementsFileName));
  else {
    const pins = pinnedVersions(lines);
    const { transformersVersion } = readTransformersFlavor(model.flavors['transformers'] ?? {});
    problems.push(
      ...mismatch(pins, 'transformers', transformersVersion),
      ...mismatch(pins, 'mlflow', model.mlflowVersion),
    );
    if (lines.includes(`-c ${constraintsFileName}`) && !(await linesOf(path.join(folder, constraintsFileName))))
      problems.push(l10n.t('{0} names {1}, which is missing.', requirementsFileName, constraintsFileName));
    const conda = await condaRequirements(folder);
    if (conda !== null && conda.join('\n') !== lines.join('\n'))
      problems.push(l10n.t('conda.yaml and {0} list different packages.', requirementsFileName));
  }
  if (problems.length === 0)
    return [{ name: 'requirements', ok: true, message: l10n.t('The requirement files agree with the flavor') }];
  return problems.map((message) => ({ name: 'requirements', ok: false, message }));
}

function mismatch(pins: ReadonlyMap<string, string>, name: string, recorded: string | null): string[] {
  const pinned = pins.get(name);
  if (pinned === undefined || recorded === null || pinned === recorded) return [];
  return [l10n.t('{0} asks for {1} {2}, the model was saved with {3}.', requirementsFileName, name, pinned, recorded)];
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
