import { Uri, type TextDocumentContentProvider } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import type { StoreCollection } from '../stores/storeCollection.js';
import type { StoreThread } from '../stores/storeThread.js';
import type { WorkspaceModels } from '../stores/workspaceModels.js';
import type { ModelReference } from '../tree/modelReference.js';
import type { RunReference } from './groupRuns.js';
import { runDocument } from './runDocument.js';

/** Scheme of documents that describe a run or a model as text. */
export const comparedScheme = 'mlflow';

/** What the address of such a document carries in its query. */
type Subject =
  { kind: 'run'; storeUri: string; runId: string } | { kind: 'model'; model: Omit<ModelReference, 'summary'> };

export function runUriOf({ storeUri, run }: RunReference): Uri {
  return subjectUri(run.info.runName, { kind: 'run', storeUri, runId: run.info.runId });
}

export function modelUriOf({ name, uri, storeUri, location }: ModelReference): Uri {
  return subjectUri(name, { kind: 'model', model: { name, uri, storeUri, location } });
}

function subjectUri(name: string, subject: Subject): Uri {
  return Uri.from({
    scheme: comparedScheme,
    path: `/${name.replaceAll('/', ' ')}.yaml`,
    query: JSON.stringify(subject),
  });
}

/** Writes runs and models as text for the diff editor. */
export class ComparedDocuments implements TextDocumentContentProvider {
  constructor(
    private readonly stores: StoreCollection,
    private readonly models: WorkspaceModels,
    private readonly thread: Pick<StoreThread, 'inspect'>,
  ) {}

  async provideTextDocumentContent(uri: Uri): Promise<string> {
    const subject = JSON.parse(uri.query) as Subject;
    if (subject.kind === 'model') {
      const folder = await this.models.resolveFolder({ ...subject.model, summary: undefined });
      return this.thread.inspect('describeModel', { folder });
    }
    const connection = this.stores.get(subject.storeUri);
    if (connection === undefined) throw MlflowError.doesNotExist(`The store ${subject.storeUri} is not open any more.`);
    const { tracking } = await connection.open();
    return runDocument(await tracking.getRun({ runId: subject.runId }));
  }
}
