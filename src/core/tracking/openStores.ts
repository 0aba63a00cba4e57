import { existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { sqlitePathOf } from '../artifacts/artifactStores.js';
import { isLocalUri, localPathOf, pathToFileUri, uriScheme } from '../artifacts/uri.js';
import { MlflowError } from '../errors.js';
import type { Environment } from '../ports.js';
import type { RegistryStore } from '../registry/registryStore.js';
import type { TrackingStore } from './trackingStore.js';

export interface StoreUriOptions {
  /** Default: `MLFLOW_TRACKING_URI`, else what lies in `cwd`. */
  trackingUri?: string | undefined;
  /** Default: `MLFLOW_REGISTRY_URI`, else the tracking URI. */
  registryUri?: string | undefined;
  /** What relative URIs are relative to. */
  cwd: string;
  environment: Environment;
}

export interface OpenStoresOptions extends StoreUriOptions {
  /** Make a store that is missing, as Python does when it opens one. Default false: reading creates nothing. */
  create?: boolean | undefined;
}

export interface Stores {
  tracking: TrackingStore;
  registry: RegistryStore;
}

/** True when `mlruns` holds an experiment: an all-digits folder with a meta.yaml. Source: _has_existing_mlruns_data */
function hasExperiments(mlruns: string): boolean {
  let names: string[];
  try {
    names = readdirSync(mlruns);
  } catch {
    return false;
  }
  return names.some((name) => {
    if (!/^\p{Nd}+$/u.test(name)) return false;
    try {
      return Boolean(lstatSync(path.join(mlruns, name, 'meta.yaml')));
    } catch {
      return false;
    }
  });
}

/**
 * The tracking URI where none is given: `MLFLOW_TRACKING_URI`, else the `file:` URI of `./mlruns` where that holds
 * experiments, else `sqlite:///<cwd>/mlflow.db`. Source: mlflow.tracking._tracking_service.utils.get_tracking_uri (3.7 on)
 */
export function defaultTrackingUri({ cwd, environment }: Pick<StoreUriOptions, 'cwd' | 'environment'>): string {
  const fromEnvironment = environment['MLFLOW_TRACKING_URI'];
  if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment;
  const mlruns = path.resolve(cwd, 'mlruns');
  if (hasExperiments(mlruns)) return pathToFileUri(mlruns);
  return `sqlite:///${path.resolve(cwd, 'mlflow.db').replaceAll('\\', '/')}`;
}

/** Both URIs as `openStores` would take them. */
export function resolveStoreUris(options: StoreUriOptions): { trackingUri: string; registryUri: string } {
  const trackingUri = options.trackingUri || defaultTrackingUri(options);
  return { trackingUri, registryUri: options.registryUri || options.environment['MLFLOW_REGISTRY_URI'] || trackingUri };
}

/**
 * Opens the stores behind a tracking and a registry URI: a folder (`mlruns`, plain or `file:`) or a SQLite database.
 * @throws MlflowError `storeMissing` where there is nothing (unless `create`), NOT_IMPLEMENTED for servers and Databricks
 */
export async function openStores(options: OpenStoresOptions): Promise<Stores> {
  const { trackingUri, registryUri } = resolveStoreUris(options);
  const stores = await openPair(trackingUri, options);
  if (registryUri === trackingUri) return stores;
  try {
    const { tracking, registry } = await openPair(registryUri, options, stores.tracking);
    return { tracking: stores.tracking, registry: closingBoth(registry, tracking, stores.registry) };
  } catch (error) {
    await Promise.all([stores.tracking.close(), stores.registry.close()]);
    throw error;
  }
}

/** A registry whose `close` also closes the halves of the two pairs that nobody uses. */
function closingBoth(registry: RegistryStore, ...unused: { close(): Promise<void> }[]): RegistryStore {
  return new Proxy(registry, {
    get(target, key) {
      if (key === 'close') {
        return async () => {
          await Promise.all([target.close(), ...unused.map((store) => store.close())]);
        };
      }
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  });
}

async function openPair(uri: string, options: OpenStoresOptions, tracking?: TrackingStore): Promise<Stores> {
  const scheme = uriScheme(uri);
  if (sqlitePathOf(uri) !== undefined || scheme.startsWith('sqlite')) {
    const { openSqliteStores } = await import('./sqlite/openSqliteStores.js');
    return openSqliteStores(uri, { cwd: options.cwd, create: options.create ?? false });
  }
  if (isLocalUri(uri)) return openFolder(uri, options, tracking);
  throw unsupportedStore(uri, scheme);
}

async function openFolder(uri: string, options: OpenStoresOptions, tracking?: TrackingStore): Promise<Stores> {
  const folder = path.resolve(options.cwd, localPathOf(absoluteLocalUri(uri, options.cwd)));
  if (existsSync(folder)) {
    if (!statSync(folder).isDirectory()) throw notAFolder(folder);
  } else if (options.create !== true) {
    throw MlflowError.doesNotExist(`There is no MLflow store at ${folder}.`, {
      reason: 'storeMissing',
      details: { path: folder },
    });
  }
  const { openFileStores } = await import('./file/openFileStores.js');
  return openFileStores(absoluteLocalUri(uri, options.cwd), { folder, create: options.create ?? false, tracking });
}

/** `mlruns` and `file:mlruns` name folders of the working directory; so does an empty URI. */
function absoluteLocalUri(uri: string, cwd: string): string {
  if (uri === '') return path.resolve(cwd, 'mlruns');
  if (uriScheme(uri) === '') return path.resolve(cwd, uri);
  return /^file:(?!\/)/i.test(uri) ? `file://${path.resolve(cwd, uri.slice(5))}` : uri;
}

function notAFolder(folder: string): MlflowError {
  const hint = /\.(db|sqlite3?)$/.test(folder) ? ` Write sqlite:///${folder} for a database.` : '';
  return MlflowError.invalidParameter(`${folder} is a file, not an MLflow store.${hint}`, {
    reason: 'storeForeign',
    details: { path: folder },
  });
}

function unsupportedStore(uri: string, scheme: string): MlflowError {
  const isServer = scheme === 'http' || scheme === 'https';
  const what = isServer
    ? `Tracking servers such as ${uri} cannot be opened yet.`
    : /^databricks/.test(uri)
      ? 'Databricks workspaces cannot be opened.'
      : `${uri} is not a store that can be opened.`;
  return new MlflowError(
    `${what} Use a SQLite database (sqlite:///mlflow.db) or a folder (mlruns).`,
    'NOT_IMPLEMENTED',
    {
      details: { uri, scheme },
    },
  );
}
