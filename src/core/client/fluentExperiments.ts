import { MlflowError } from '../errors.js';
import type { Environment } from '../ports.js';
import { stringRepr } from '../serialization/pythonRepr.js';
import type { Experiment } from '../tracking/entities.js';
import type { MlflowClient } from './mlflowClient.js';
import { given } from './values.js';

/** The current experiment. Source: mlflow.tracking.fluent.set_experiment, _get_experiment_id */
export class FluentExperiments {
  /** Set by `set`; undefined as long as nobody chose one. */
  activeId: string | undefined;
  private choosing: Promise<unknown> | undefined;

  constructor(
    private readonly client: () => MlflowClient,
    private readonly environment: Environment,
  ) {}

  /**
   * @param chosen a name (made when missing; an id where no experiment has that name), or one of both as an option
   * @throws MlflowError for a deleted experiment, or when both or none is given
   */
  set(
    chosen: string | { experimentName?: string | undefined; experimentId?: string | undefined },
  ): Promise<Experiment> {
    const choosing = this.choose(chosen);
    this.choosing = choosing.catch(() => undefined);
    return choosing;
  }

  /** Resolves when a choice under way is made: `setExperiment` counts at once, awaited or not. */
  async settled(): Promise<void> {
    await this.choosing;
  }

  private async choose(
    chosen: string | { experimentName?: string | undefined; experimentId?: string | undefined },
  ): Promise<Experiment> {
    const experiment = typeof chosen === 'string' ? await this.byNameOrId(chosen) : await this.byOption(chosen);
    if (experiment.lifecycleStage !== 'active') {
      throw MlflowError.invalidParameter(
        `Cannot set a deleted experiment ${stringRepr(experiment.name)} as the active experiment. You can restore the ` +
          'experiment, or permanently delete the experiment to create a new one.',
      );
    }
    this.activeId = experiment.experimentId;
    return experiment;
  }

  private async byOption(chosen: { experimentName?: string | undefined; experimentId?: string | undefined }) {
    const { experimentName, experimentId } = given(chosen);
    if ((experimentName === undefined) === (experimentId === undefined)) {
      throw MlflowError.invalidParameter('Must specify exactly one of: `experiment_id` or `experiment_name`.');
    }
    if (experimentId !== undefined) return this.client().getExperiment({ experimentId });
    return (await this.named(experimentName ?? '')) ?? this.made(experimentName ?? '');
  }

  private async byNameOrId(nameOrId: string): Promise<Experiment> {
    const named = await this.named(nameOrId);
    if (named !== null) return named;
    if (!/^\d+$/.test(nameOrId)) return this.made(nameOrId);
    try {
      return await this.client().getExperiment({ experimentId: nameOrId });
    } catch (error) {
      if (!MlflowError.is(error, 'RESOURCE_DOES_NOT_EXIST')) throw error;
      return this.made(nameOrId);
    }
  }

  private async named(name: string): Promise<Experiment | null> {
    try {
      return await this.client().getExperimentByName({ name });
    } catch (error) {
      if (MlflowError.is(error) && error.reason === 'storeMissing') return null;
      throw error;
    }
  }

  private async made(name: string): Promise<Experiment> {
    const client = this.client();
    return client.getExperiment({ experimentId: await client.createExperiment({ name }) });
  }

  /** The chosen experiment, else that of MLFLOW_EXPERIMENT_NAME or MLFLOW_EXPERIMENT_ID, else Default. */
  async currentId(): Promise<string> {
    await this.settled();
    return this.activeId ?? (await this.idFromEnvironment()) ?? '0';
  }

  private async idFromEnvironment(): Promise<string | undefined> {
    const name = this.environment['MLFLOW_EXPERIMENT_NAME'];
    const id = this.environment['MLFLOW_EXPERIMENT_ID'];
    if (name) return this.idOfName(name, id);
    if (!id) return undefined;
    try {
      return (await this.client().getExperiment({ experimentId: id })).experimentId;
    } catch (error) {
      throw MlflowError.invalidParameter(
        `The provided MLFLOW_EXPERIMENT_ID environment variable value \`${id}\` does not exist in the tracking server. ` +
          'Provide a valid experiment_id.',
        { cause: error },
      );
    }
  }

  private async idOfName(name: string, id: string | undefined): Promise<string> {
    const experiment = await this.named(name);
    if (experiment === null) return this.client().createExperiment({ name });
    if (!id || id === experiment.experimentId) return experiment.experimentId;
    throw MlflowError.invalidParameter(
      `The provided MLFLOW_EXPERIMENT_ID environment variable value \`${id}\` does not match the experiment id ` +
        `\`${experiment.experimentId}\` for experiment name \`${name}\``,
    );
  }

  /** The experiments of a fluent search. @throws MlflowError when ids and names are given */
  async idsOfSearch(options: {
    experimentIds?: string[] | undefined;
    experimentNames?: string[] | undefined;
    searchAllExperiments?: boolean | undefined;
  }): Promise<string[]> {
    const { experimentIds = [], experimentNames = [], searchAllExperiments = false } = options;
    if (experimentIds.length > 0 && experimentNames.length > 0) {
      throw MlflowError.invalidParameter('Only experiment_ids or experiment_names can be used, but not both');
    }
    if (experimentIds.length > 0) return experimentIds;
    if (experimentNames.length > 0) {
      const found = await Promise.all(experimentNames.map((name) => this.named(name)));
      return found.flatMap((experiment) => experiment?.experimentId ?? []);
    }
    return searchAllExperiments ? this.allIds() : [await this.currentId()];
  }

  private async allIds(): Promise<string[]> {
    const ids: string[] = [];
    let pageToken: string | undefined;
    do {
      const page = await this.client().searchExperiments({ viewType: 'ACTIVE_ONLY', pageToken });
      ids.push(...page.items.map((experiment) => experiment.experimentId));
      pageToken = page.token ?? undefined;
    } while (pageToken !== undefined);
    return ids;
  }
}
