import { MlflowError } from '../errors.js';
import { silentLog, type Log } from '../ports.js';
import { pythonTypeName } from '../serialization/pythonRepr.js';

/** Python's settings of `mlflow.transformers.autolog`. */
export interface AutologSettings {
  readonly logInputExamples: boolean;
  readonly logModelSignatures: boolean;
  readonly logModels: boolean;
  readonly logDatasets: boolean;
  readonly disable: boolean;
  readonly exclusive: boolean;
  readonly disableForUnsupportedVersions: boolean;
  readonly silent: boolean;
  readonly extraTags: Readonly<Record<string, string>> | null;
}

export type AutologOptions = Partial<AutologSettings>;

const defaults: AutologSettings = {
  logInputExamples: false,
  logModelSignatures: false,
  logModels: false,
  logDatasets: false,
  disable: false,
  exclusive: false,
  disableForUnsupportedVersions: false,
  silent: false,
  extraTags: null,
};

/**
 * Checks and completes the settings of automatic logging. In Python the function logs nothing by itself: it keeps the
 * autologging of other libraries out of `Trainer.train`. Nothing is trained here, so there is nothing to switch, and unless
 * `silent` or `disable` is set the log says so.
 * Source: mlflow.transformers.autolog.
 * @throws MlflowError INVALID_PARAMETER_VALUE for unknown settings and values of a wrong type.
 */
export function autolog(options: AutologOptions = {}, log: Log = silentLog): AutologSettings {
  for (const [name, value] of Object.entries(options)) check(name, value);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const settings: AutologSettings = Object.freeze({ ...defaults, ...given });
  if (!settings.silent && !settings.disable) {
    log.warn(
      'transformers.autolog has no effect here: it concerns training with transformers.Trainer, which runs in Python. ' +
        'Call mlflow.transformers.autolog there; log models here with mlflow.transformers.logModel.',
    );
  }
  return settings;
}

function check(name: string, value: unknown): void {
  if (!Object.hasOwn(defaults, name)) {
    throw MlflowError.invalidParameter(
      `autolog() got an unexpected keyword argument '${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}'`,
    );
  }
  if (value === undefined) return;
  if (name === 'extraTags') {
    const isTags =
      value === null ||
      (typeof value === 'object' &&
        !Array.isArray(value) &&
        Object.values(value as object).every((tag) => typeof tag === 'string'));
    if (!isTags) throw MlflowError.invalidParameter('`extraTags` must be a record of texts, or null.');
  } else if (typeof value !== 'boolean') {
    throw MlflowError.invalidParameter(`\`${name}\` must be true or false, not ${pythonTypeName(value)}.`);
  }
}
