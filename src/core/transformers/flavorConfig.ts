import { MlflowError } from '../errors.js';
import type { FlavorSettings } from '../mlmodel/model.js';
import type { DescribedComponents } from './components.js';

/** What the settings of `flavors.transformers` are made from. */
export interface FlavorConfigOptions {
  task: string;
  instanceType: string;
  /** Class of the (base) model. */
  modelClass: string;
  /** `source_model_name`. */
  nameOrPath: string;
  components: DescribedComponents;
  processorClass?: string | null | undefined;
  /** With or without the prefix `torch.`; `null` writes null, `undefined` leaves the key out. */
  torchDtype?: string | null | undefined;
  /** `pt` where transformers 4 reads it. */
  framework?: string | undefined;
  isPeft?: boolean | undefined;
  /** Where the weights are: stored beside MLmodel, on the Hub at a commit, or in a folder of this machine. */
  weights: { kind: 'stored' } | { kind: 'hub'; revision: string } | { kind: 'localBase'; path: string };
  /** Commit of a component's repository, for components that are not stored. */
  componentRevision?: ((nameOrPath: string) => Promise<string>) | undefined;
}

/**
 * The settings of `flavors.transformers` but `code` and `transformers_version`.
 * Source: mlflow.transformers.flavor_config.build_flavor_config.
 */
export async function buildFlavorConfig(options: FlavorConfigOptions): Promise<FlavorSettings> {
  const { weights, components } = options;
  const settings: FlavorSettings = { task: options.task, instance_type: options.instanceType };
  if (options.framework !== undefined) settings['framework'] = options.framework;
  if (options.torchDtype !== undefined)
    settings['torch_dtype'] = options.torchDtype === null ? null : withPrefix(options.torchDtype);
  if (options.isPeft) settings['peft_adaptor'] = 'peft';
  settings['pipeline_model_type'] = options.modelClass;
  settings['source_model_name'] = options.nameOrPath;
  if (weights.kind === 'stored') settings['model_binary'] = 'model';
  else if (weights.kind === 'localBase') settings['local_base_model_path'] = weights.path;
  else settings['source_model_revision'] = weights.revision;

  const described: [name: string, className: string, nameOrPath: string | undefined][] = Object.entries(components).map(
    ([name, component]) => [name, component.className, component.nameOrPath],
  );
  if (options.processorClass) described.push(['processor', options.processorClass, undefined]);
  for (const [name, className, nameOrPath] of described) {
    settings[`${name}_type`] = className;
    if (weights.kind !== 'hub') continue;
    const repository = nameOrPath ?? options.nameOrPath;
    settings[`${name}_name`] = repository;
    settings[`${name}_revision`] = (await options.componentRevision?.(repository)) ?? weights.revision;
  }
  settings['components'] = Object.keys(components);
  return settings;
}

/**
 * The settings after the weights of a reference-only model have been stored: `model_binary` added, every revision and
 * repository name of model and components removed.
 * Source: mlflow.transformers.flavor_config.update_flavor_conf_to_persist_pretrained_model.
 * @throws MlflowError ALREADY_EXISTS when the weights are stored already.
 */
export function persistedFlavorConfig(original: Readonly<FlavorSettings>): FlavorSettings {
  if ('model_binary' in original) {
    throw new MlflowError(
      'It appears that the pretrained model weight is already saved to the artifact path.',
      'ALREADY_EXISTS',
    );
  }
  const settings: FlavorSettings = { ...original, model_binary: 'model' };
  const listed = Array.isArray(original['components']) ? (original['components'] as string[]) : [];
  const dropped = ['source_model_revision', 'local_base_model_path'];
  for (const name of 'processor_type' in original ? [...listed, 'processor'] : listed)
    dropped.push(`${name}_name`, `${name}_revision`);
  for (const key of dropped) delete settings[key];
  return settings;
}

function withPrefix(torchDtype: string): string {
  return torchDtype.startsWith('torch.') ? torchDtype : `torch.${torchDtype}`;
}
