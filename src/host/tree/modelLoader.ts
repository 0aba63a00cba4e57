import { basename, dirname } from 'node:path/posix';
import { summarizeMlmodel, type ModelSummary } from '../../core/mlmodel/modelSummary.js';
import type { FileInfo, LoggedModel, ModelVersion } from '../../core/tracking/entities.js';
import type { StoreSession } from '../stores/storeSession.js';
import { loggedByMlflow2 } from './runSectionLoader.js';
import type {
  GroupNode,
  LoggedModelNode,
  ModelFolderNode,
  ModelVersionNode,
  RegisteredModelNode,
  SectionNode,
  TreeNode,
} from './treeNode.js';

/** A model folder of the workspace. */
export interface ModelFolder {
  /** Relative to the workspace folder, or the folder's name. */
  name: string;
  path: string;
}

/** Bytes of an MLmodel file that are read for a summary; larger ones are no file MLflow wrote for a transformers model. */
const maxMlmodelBytes = 4 * 1024 * 1024;
/** Files without weights take less. */
const metadataLimitBytes = 100_000;
/** MLflow refuses more in one search of logged models. */
const maxExperiments = 1000;

/** Makes the nodes of models, and reads what their MLmodel files say; each file once until the model changes. */
export class ModelLoader {
  private readonly summaries = new Map<string, Promise<ModelSummary | undefined>>();
  private modelFolders: readonly ModelFolder[] = [];

  /**
   * @param readFolder reads the MLmodel of a local folder
   * @param sizeOfFolder bytes of the files in a local folder
   */
  constructor(
    private readonly readFolder: (folder: string) => Promise<string | undefined>,
    private readonly sizeOfFolder: (folder: string) => Promise<number>,
  ) {}

  /** @returns whether they are other ones than before. */
  setFolders(folders: readonly ModelFolder[]): boolean {
    const hasChanged =
      folders.map(({ path }) => path).join('\n') !== this.modelFolders.map(({ path }) => path).join('\n');
    this.modelFolders = folders;
    return hasChanged;
  }

  hasFolders(): boolean {
    return this.modelFolders.length > 0;
  }

  /** Forgets what was read, so that files that changed are read again. */
  clear(): void {
    this.summaries.clear();
  }

  async folders(parent: GroupNode): Promise<ModelFolderNode[]> {
    return Promise.all(
      this.modelFolders.map(async ({ name, path }): Promise<ModelFolderNode> => {
        const text = await this.readFolder(path);
        const read = text === undefined ? undefined : summarizeMlmodel(text);
        const summary = read && (await withStoredSize(read, () => this.sizeOfFolder(`${path}/model`)));
        const model = { name: basename(name), uri: path, storeUri: undefined, location: path, summary };
        const above = dirname(name);
        return {
          kind: 'modelFolder',
          id: `${parent.id}|${path}`,
          parent,
          storeUri: undefined,
          folder: above === '.' ? '' : above,
          model,
        };
      }),
    );
  }

  async loggedModels(
    session: StoreSession,
    parent: GroupNode,
    maxResults: number,
  ): Promise<{ nodes: TreeNode[]; hasMore: boolean }> {
    const experiments = await session.tracking.searchExperiments({ maxResults: maxExperiments });
    const experimentIds = experiments.items.map((experiment) => experiment.experimentId);
    if (experimentIds.length === 0) return { nodes: [], hasMore: false };
    const page = await session.tracking.searchLoggedModels({ experimentIds, maxResults });
    const names = await runNames(session, page.items);
    const nodes = await Promise.all(
      page.items.map((model) => this.loggedModel(session, parent, model, names.get(model.sourceRunId ?? ''))),
    );
    return { nodes, hasMore: page.token !== null };
  }

  async registeredModels(
    session: StoreSession,
    parent: GroupNode,
    maxResults: number,
  ): Promise<{ nodes: TreeNode[]; hasMore: boolean }> {
    const page = await session.registry.searchRegisteredModels({ maxResults });
    const nodes = page.items.map((registeredModel): RegisteredModelNode => {
      const id = `${parent.id}|${registeredModel.name}`;
      const storeUri = parent.storeUri ?? '';
      return { kind: 'registeredModel', id, parent, storeUri, registeredModel };
    });
    return { nodes, hasMore: page.token !== null };
  }

  async versions(session: StoreSession, parent: RegisteredModelNode): Promise<ModelVersionNode[]> {
    const { name } = parent.registeredModel;
    const quote = name.includes("'") ? '"' : "'";
    const filterString = `name = ${quote}${name}${quote}`;
    const page = await session.registry.searchModelVersions({ filterString });
    const versions = [...page.items].sort((left, right) => Number(right.version) - Number(left.version));
    const aliases = Object.entries(parent.registeredModel.aliases);
    return Promise.all(
      versions.map((version) => {
        // A search leaves the aliases of versions out; the registered model has them.
        const own = aliases.filter(([, target]) => target === version.version).map(([alias]) => alias);
        return this.version(session, parent, { ...version, aliases: own });
      }),
    );
  }

  /** Logged models of a run: MLflow 3's outputs, then the folders that MLflow 2 logged. */
  async modelsOfRun(session: StoreSession, parent: SectionNode): Promise<TreeNode[]> {
    const { run } = parent;
    const outputs = await Promise.all(
      run.outputs.modelOutputs.map(async ({ modelId }) => {
        const model = await session.tracking.getLoggedModel({ modelId }).catch(() => undefined);
        return model === undefined ? undefined : this.loggedModel(session, parent, model, undefined);
      }),
    );
    const older = loggedByMlflow2(run).map(async ({ artifactPath }): Promise<LoggedModelNode> => {
      const location = `${run.info.artifactUri.replace(/\/+$/, '')}/${artifactPath}`;
      const uri = `runs:/${run.info.runId}/${artifactPath}`;
      const summary = await this.summary(session, location, run.info.runId);
      return {
        kind: 'loggedModel',
        id: `${parent.id}|${artifactPath}`,
        parent,
        storeUri: parent.storeUri,
        loggedModel: undefined,
        model: { name: artifactPath, uri, storeUri: parent.storeUri, location, summary },
        sourceRunName: undefined,
      };
    });
    return [...outputs.filter((node) => node !== undefined), ...(await Promise.all(older))];
  }

  private async loggedModel(
    session: StoreSession,
    parent: GroupNode | SectionNode,
    loggedModel: LoggedModel,
    sourceRunName: string | undefined,
  ): Promise<LoggedModelNode> {
    const { modelId, name, artifactLocation, lastUpdatedTimestamp } = loggedModel;
    const storeUri = parent.storeUri ?? '';
    const summary = await this.summary(session, artifactLocation, `${lastUpdatedTimestamp}`);
    return {
      kind: 'loggedModel',
      id: `${parent.id}|${modelId}`,
      parent,
      storeUri,
      loggedModel,
      model: { name, uri: `models:/${modelId}`, storeUri, location: artifactLocation, summary },
      sourceRunName,
    };
  }

  private async version(
    session: StoreSession,
    parent: RegisteredModelNode,
    version: ModelVersion,
  ): Promise<ModelVersionNode> {
    const { name } = version;
    const location = await session.registry
      .getModelVersionDownloadUri({ name, version: version.version })
      .catch(() => undefined);
    const summary =
      location === undefined ? undefined : await this.summary(session, location, `${version.lastUpdatedTimestamp}`);
    return {
      kind: 'modelVersion',
      id: `${parent.id}|${version.version}`,
      parent,
      storeUri: parent.storeUri,
      version,
      model: {
        name: `${name} v${version.version}`,
        uri: `models:/${name}/${version.version}`,
        storeUri: parent.storeUri,
        location,
        summary,
      },
    };
  }

  private summary(session: StoreSession, location: string, state: string): Promise<ModelSummary | undefined> {
    const key = `${location}|${state}`;
    let summary = this.summaries.get(key);
    if (summary === undefined) {
      summary = readSummary(session, location);
      this.summaries.set(key, summary);
      void summary.then((value) => value === undefined && this.summaries.delete(key));
    }
    return summary;
  }
}

/** `undefined` where there is no readable MLmodel: the model is still being written, or its files are elsewhere. */
async function readSummary(session: StoreSession, location: string): Promise<ModelSummary | undefined> {
  try {
    const repository = await session.artifacts(location);
    const bytes = await repository.read('MLmodel', { offset: 0, length: maxMlmodelBytes });
    const summary = summarizeMlmodel(new TextDecoder().decode(bytes));
    return summary && (await withStoredSize(summary, async () => sum(await repository.list('model'))));
  } catch {
    return undefined;
  }
}

/** MLflow leaves the size of a reference as it was when its weights are persisted: such a size is counted anew. */
async function withStoredSize(summary: ModelSummary, count: () => Promise<number>): Promise<ModelSummary> {
  const { isReferenceOnly, sizeBytes } = summary;
  if (isReferenceOnly || sizeBytes === null || sizeBytes > metadataLimitBytes) return summary;
  return { ...summary, sizeBytes: Math.max(sizeBytes, await count().catch(() => 0)) };
}

function sum(files: readonly FileInfo[]): number {
  return files.reduce((total, { fileSize }) => total + (fileSize ?? 0), 0);
}

async function runNames(session: StoreSession, models: readonly LoggedModel[]): Promise<Map<string, string>> {
  const ids = [...new Set(models.map((model) => model.sourceRunId).filter((id) => id !== null))];
  const names = new Map<string, string>();
  await Promise.all(
    ids.map(async (runId) => {
      const run = await session.tracking.getRun({ runId }).catch(() => undefined);
      if (run !== undefined) names.set(runId, run.info.runName);
    }),
  );
  return names;
}
