import type { JsonObject } from '../ports.js';

/**
 * The saved inference settings with the overrides given at load: only keys that were saved can be overridden, and where none
 * were, everything is ignored. Source: mlflow.utils.model_utils._get_overridden_pyfunc_model_config.
 */
export function overriddenConfig(
  saved: JsonObject | undefined,
  overrides: JsonObject | undefined,
  onWarning: (message: string) => void,
): JsonObject | undefined {
  const names = Object.keys(overrides ?? {});
  if (!overrides || names.length === 0) return saved;
  if (!saved || Object.keys(saved).length === 0) {
    onWarning(
      `Argument(s) ${names.join(', ')} were ignored since the model's \`\`pyfunc\`\`` +
        " flavor doesn't accept model configuration. Use ``model_config`` when logging" +
        ' the model to allow it.',
    );
    return undefined;
  }
  const ignored = names.filter((name) => !Object.hasOwn(saved, name));
  if (ignored.length > 0) {
    onWarning(
      `Argument(s) ${ignored.join(', ')} were ignored since they are not valid keys in` +
        ' the corresponding section of the ``pyfunc`` flavor. Use ``model_config`` when' +
        ' logging the model to include the keys you plan to indicate. Current allowed' +
        ` configuration includes ${Object.keys(saved).join(', ')}`,
    );
  }
  const allowed = Object.entries(overrides).filter(([name]) => Object.hasOwn(saved, name));
  return { ...saved, ...Object.fromEntries(allowed) };
}
