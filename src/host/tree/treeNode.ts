import type { MlflowError } from '../../core/errors.js';
import type { Experiment, LoggedModel, ModelVersion, RegisteredModel, Run } from '../../core/tracking/entities.js';
import type { RunCount } from '../../core/tracking/countRuns.js';
import type { NestedRuns } from './nestRuns.js';
import type { ModelReference } from './modelReference.js';

interface NodeBase {
  /** Unique in the tree and the same after every refresh: the path of the node from the store down. */
  readonly id: string;
  readonly parent: TreeNode | undefined;
}

interface StoreNodeBase extends NodeBase {
  /** Tracking URI of the store the node belongs to. */
  readonly storeUri: string;
}

export interface StoreNode extends StoreNodeBase {
  readonly kind: 'store';
  label: string;
  description: string;
  /** A store named by a setting can be removed from the tree. */
  isRemovable: boolean;
}

export type GroupName = 'experiments' | 'loggedModels' | 'registeredModels' | 'modelFolders';

export interface GroupNode extends NodeBase {
  readonly kind: 'group';
  readonly group: GroupName;
  readonly storeUri: string | undefined;
}

export interface ExperimentNode extends StoreNodeBase {
  readonly kind: 'experiment';
  experiment: Experiment;
  /** Runs that match the filter. */
  runCount: RunCount | undefined;
  /** Runs without the filter; `undefined` where none is set. */
  totalCount: RunCount | undefined;
}

/** A metric or param shown beside the name of every run. */
export interface RunColumn {
  kind: 'metrics' | 'params';
  key: string;
}

export interface RunNode extends StoreNodeBase {
  readonly kind: 'run';
  run: Run;
  /** Runs whose parent this one is, as far as they are loaded. */
  nested: Run[];
  /** Everything nested that was loaded with it, for the levels below. */
  descendants: NestedRuns;
  columns: readonly RunColumn[];
}

export type RunSection = 'models' | 'metrics' | 'params' | 'tags' | 'artifacts';

export interface SectionNode extends StoreNodeBase {
  readonly kind: 'section';
  readonly section: RunSection;
  run: Run;
  /** Entries below; `undefined` where only opening tells. */
  count: number | undefined;
}

export interface MetricNode extends StoreNodeBase {
  readonly kind: 'metric';
  readonly runId: string;
  readonly key: string;
  value: number;
  /** Values by step; empty where they were not asked for. */
  history: readonly number[];
}

export interface EntryNode extends StoreNodeBase {
  readonly kind: 'param' | 'tag';
  readonly runId: string;
  readonly key: string;
  value: string;
}

export interface ArtifactNode extends StoreNodeBase {
  readonly kind: 'artifactFolder' | 'artifactFile';
  /** Root of the repository. */
  readonly artifactUri: string;
  /** Relative to the root, with `/`. */
  readonly path: string;
  sizeBytes: number | null;
}

export interface LoggedModelNode extends StoreNodeBase {
  readonly kind: 'loggedModel';
  /** Absent for a model that MLflow 2 logged: it is a folder among the run's artifacts. */
  loggedModel: LoggedModel | undefined;
  model: ModelReference;
  sourceRunName: string | undefined;
}

export interface RegisteredModelNode extends StoreNodeBase {
  readonly kind: 'registeredModel';
  registeredModel: RegisteredModel;
}

export interface ModelVersionNode extends StoreNodeBase {
  readonly kind: 'modelVersion';
  version: ModelVersion;
  model: ModelReference;
}

export interface ModelFolderNode extends NodeBase {
  readonly kind: 'modelFolder';
  readonly storeUri: undefined;
  /** Where the model's folder lies in the workspace; empty at its top. */
  folder: string;
  model: ModelReference;
}

export interface LoadMoreNode extends StoreNodeBase {
  readonly kind: 'loadMore';
  pageSize: number;
  /** How many are still to come; `undefined` while unknown. */
  remaining: number | undefined;
}

export interface ErrorNode extends NodeBase {
  readonly kind: 'error';
  readonly storeUri: string | undefined;
  error: MlflowError;
}

export interface NoteNode extends NodeBase {
  readonly kind: 'note';
  readonly storeUri: string | undefined;
  text: string;
}

/** What the tree shows. Nodes are plain data; how one looks is in describeNode.ts. */
export type TreeNode =
  | StoreNode
  | GroupNode
  | ExperimentNode
  | RunNode
  | SectionNode
  | MetricNode
  | EntryNode
  | ArtifactNode
  | LoggedModelNode
  | RegisteredModelNode
  | ModelVersionNode
  | ModelFolderNode
  | LoadMoreNode
  | ErrorNode
  | NoteNode;

/** A node that stands for a model that can be inspected and prompted. */
export type ModelNode = LoggedModelNode | ModelVersionNode | ModelFolderNode;

export function isModelNode(node: TreeNode | undefined): node is ModelNode {
  return node?.kind === 'loggedModel' || node?.kind === 'modelVersion' || node?.kind === 'modelFolder';
}
