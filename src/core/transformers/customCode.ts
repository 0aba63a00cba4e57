import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomically } from '../mlmodel/atomicFile.js';
import type { JsonObject } from '../ports.js';
import { dumpPythonJson, parsePythonJson } from '../serialization/pythonJson.js';
import type { PyRecord } from '../serialization/pyValue.js';
import { readJsonFile } from './jsonFile.js';

/** Python modules of a checkpoint that define its classes lie beside config.json. They are stored for Python, never run here. */
export function isModuleFile(relativePath: string): boolean {
  return /^[A-Za-z_]\w*\.py$/.test(relativePath);
}

/**
 * The class that a settings file's `auto_map` names under one of the given auto classes; `undefined` when it names none.
 * A tokenizer's entry is a pair, of which the fast class comes second.
 */
export function customClassOf(settings: JsonObject | null, autoClasses: readonly string[]): string | undefined {
  for (const autoClass of autoClasses) {
    const reference = referencesOf(settings?.['auto_map'], autoClass).at(-1);
    if (reference !== undefined) return reference.split('.').at(-1);
  }
  return undefined;
}

/** Every class that a settings file's `auto_map` names. */
export function customClassesOf(settings: JsonObject | null): string[] {
  return referencesOf(settings?.['auto_map']).map((reference) => reference.split('.').at(-1) ?? '');
}

/**
 * The module files that the settings in a folder refer to, with those that these import relatively. Modules of another
 * repository (`owner/name--module.Class`) are not in the folder and stay where they are.
 * Source: transformers.dynamic_module_utils.custom_object_save, get_relative_import_files.
 */
export async function customModules(folder: string, settingsFiles: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const waiting: string[] = [];
  for (const name of settingsFiles) {
    const autoMap = (await readJsonFile(path.join(folder, name)).catch(() => null))?.['auto_map'];
    for (const reference of referencesOf(autoMap)) waiting.push(`${reference.split('.')[0] ?? ''}.py`);
  }
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name) || !isModuleFile(name)) continue;
    const text = await readFile(path.join(folder, name), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    found.add(name);
    for (const [, module] of text.matchAll(/^\s*import\s+\.(\S+)\s*$/gm)) waiting.push(`${module ?? ''}.py`);
    for (const [, module] of text.matchAll(/^\s*from\s+\.(\S+)\s+import/gm)) waiting.push(`${module ?? ''}.py`);
  }
  return found;
}

/**
 * Names the class in config.json, as `save_pretrained` does: Python finds a class of the model's own by that name only.
 * Source: mlflow.transformers.model_io._load_class_from_transformers_config.
 */
export async function declareArchitecture(folder: string, className: string): Promise<void> {
  const file = path.join(folder, 'config.json');
  const config = parsePythonJson(await readFile(file, 'utf8'), { keepTypes: true }) as PyRecord;
  const text = dumpPythonJson({ ...config, architectures: [className] }, { indent: 2, ensureAscii: false });
  await writeFileAtomically(file, `${text}\n`);
}

function referencesOf(autoMap: unknown, autoClass?: string): string[] {
  if (typeof autoMap !== 'object' || autoMap === null) return [];
  const entries: unknown[] =
    autoClass === undefined ? Object.values(autoMap) : [(autoMap as Record<string, unknown>)[autoClass]];
  return entries.flat().filter((reference): reference is string => typeof reference === 'string');
}
