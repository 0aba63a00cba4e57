import { downloadArtifacts, listArtifacts, openArtifacts } from '../core/artifacts/artifactFunctions.js';
import type { ArtifactRepository } from '../core/artifacts/artifactRepository.js';
import { resolveModelUri } from '../core/artifacts/resolveModelUri.js';
import { MlflowError, throwIfCancelled } from '../core/errors.js';
import type { Environment } from '../core/ports.js';
import { compareOutput } from '../core/inspector/compareOutput.js';
import { documentProblems, inspectModel } from '../core/inspector/inspectModel.js';
import { modelDocument } from '../core/inspector/modelDocument.js';
import { readModelForm } from '../core/inspector/modelForm.js';
import { laySampleWorkspaceOut } from '../core/samples/sampleWorkspace.js';
import { countRuns } from '../core/tracking/countRuns.js';
import { discoverStores } from '../core/tracking/discoverStores.js';
import { Channel, type Handlers, type Transport } from '../protocol/channel.js';
import {
  registryMethods,
  trackingMethods,
  type StoreAddress,
  type StoreMethods,
  type StoreNotifications,
} from '../protocol/store.js';
import { OpenedStores } from './openedStores.js';

/** Answers every request of the store protocol over one transport. */
export function serveStores(
  transport: Transport,
  { cwd, environment }: { cwd: string; environment: Environment },
): void {
  const opened = new OpenedStores(cwd, environment);
  new Channel<Record<never, never>, StoreMethods, StoreNotifications>(transport, handlersOf(opened));
}

function handlersOf(opened: OpenedStores): Handlers<StoreMethods> {
  const repository = async (store: StoreAddress, uri: string): Promise<ArtifactRepository> =>
    openArtifacts(uri, () => opened.open(store));
  return {
    async open({ store }) {
      const { tracking, registry } = await opened.open(store);
      return { trackingUri: tracking.trackingUri, registryUri: registry.registryUri };
    },
    close: ({ store }) => opened.close(store),
    async tracking({ store, method, options }, { signal }) {
      const { tracking } = await opened.open(store);
      return untilCancelled(() => call(tracking, trackingMethods, method, options), signal);
    },
    async registry({ store, method, options }, { signal }) {
      const { registry } = await opened.open(store);
      return untilCancelled(() => call(registry, registryMethods, method, options), signal);
    },
    async countRuns({ store, options }, { signal }) {
      const { tracking } = await opened.open(store);
      return untilCancelled(() => countRuns(tracking, options), signal);
    },
    resolveModelUri: ({ store, uri }) => resolveModelUri(uri, () => opened.open(store)),
    listArtifacts: ({ store, selection }) => listArtifacts(selection, () => opened.open(store)),
    downloadArtifacts: ({ store, selection }, { signal, emit }) =>
      downloadArtifacts({ ...selection, signal, onProgress: emit }, () => opened.open(store)),
    artifactRoot: async ({ store, uri }) => ({ localPath: (await repository(store, uri)).localPath }),
    artifactList: async ({ store, uri, path }) => (await repository(store, uri)).list(path),
    artifactRead: async ({ store, uri, path, range }) => (await repository(store, uri)).read(path, range),
    artifactDownload: async ({ store, uri, path, dstPath }, { signal, emit }) =>
      (await repository(store, uri)).download(path, { dstPath, signal, onProgress: emit }),
    async artifactUpload({ store, uri, localPath, artifactPath, isFolder }, { signal, emit }) {
      const target = await repository(store, uri);
      const options = { signal, onProgress: emit };
      if (isFolder) await target.uploadFolder(localPath, artifactPath, options);
      else await target.uploadFile(localPath, artifactPath, options);
    },
    artifactDelete: async ({ store, uri, path }) => (await repository(store, uri)).delete(path),
    inspectModel: ({ text, folder, name }) => inspectModel(text, folder, name),
    mlmodelProblems: ({ text, folder }) => documentProblems(text, folder),
    compareOutput: ({ signature, predictions }) => compareOutput(signature, predictions),
    modelForm: ({ folder }) => readModelForm(folder),
    describeModel: ({ folder }) => modelDocument(folder),
    layOutSample: ({ source, target }, { signal, emit }) =>
      laySampleWorkspaceOut(source, target, { signal, onProgress: emit }),
    discoverStores: ({ folder, ...limits }, { signal }) => discoverStores(folder, { ...limits, signal }),
  };
}

/** Calls a method by its name, if it is one of those that may be called from outside. */
function call<Store extends object>(
  store: Store,
  allowed: readonly (keyof Store & string)[],
  method: keyof Store & string,
  options: unknown,
): Promise<unknown> {
  if (!allowed.includes(method))
    throw new MlflowError(`There is no store method named '${method}'.`, 'ENDPOINT_NOT_FOUND');
  const target = store[method] as (options: unknown) => Promise<unknown>;
  return target.call(store, options);
}

/**
 * Settles at the cancel; what a store has begun then, it finishes unheard. Stores work synchronously: a cancel that has
 * arrived is heard before the work begins.
 */
async function untilCancelled<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  await new Promise((resolve) => setImmediate(resolve));
  throwIfCancelled(signal);
  let stop = (): void => undefined;
  const cancelled = new Promise<never>((_resolve, reject) => {
    stop = () => reject(MlflowError.cancelled());
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work(), cancelled]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
