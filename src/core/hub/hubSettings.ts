import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import type { Environment } from '../ports.js';
import type { NetworkSettings } from './nodeTransport.js';
import { ProxySettings } from './proxySettings.js';

/** Where the Hub is, how it is reached, where its files are cached, and who asks. */
export interface HubSettings extends NetworkSettings {
  /** Without a slash at its end. */
  readonly endpoint: string;
  /** The folder of `models--owner--name` folders that is shared with Python. */
  readonly cacheFolder: string;
  readonly isOffline: boolean;
  /** Copies instead of symbolic links in the cache. */
  readonly avoidsSymlinks: boolean;
  /** The user's access token; `null` for an anonymous user. Read at every call: a login needs no restart. */
  readonly readToken: () => Promise<string | null>;
}

const trueWords = new Set(['1', 'ON', 'YES', 'TRUE']);

/**
 * The Hub's settings from the environment variables that Python's client knows: HF_ENDPOINT, HF_HOME, HF_HUB_CACHE
 * (HUGGINGFACE_HUB_CACHE), HF_HUB_OFFLINE (TRANSFORMERS_OFFLINE), HF_TOKEN, HF_TOKEN_PATH; those of proxies; and
 * REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, SSL_CERT_FILE.
 * Source: huggingface_hub.constants; requests.Session.merge_environment_settings.
 */
export function hubSettings(environment: Environment, homeFolder: string = homedir()): HubSettings {
  const folderOf = (text: string): string => path.resolve(expand(text, environment, homeFolder));
  const isTrue = (text: string | undefined): boolean => trueWords.has((text ?? '').toUpperCase());
  const home = folderOf(
    environment['HF_HOME'] ??
      path.join(environment['XDG_CACHE_HOME'] ?? path.join(homeFolder, '.cache'), 'huggingface'),
  );
  const proxies = new ProxySettings(environment);
  let certificates: Promise<string | undefined> | undefined;
  const tokenFile = folderOf(environment['HF_TOKEN_PATH'] ?? path.join(home, 'token'));
  return {
    endpoint: (environment['HF_ENDPOINT'] || 'https://huggingface.co').replace(/\/+$/, ''),
    cacheFolder: folderOf(
      environment['HF_HUB_CACHE'] ?? environment['HUGGINGFACE_HUB_CACHE'] ?? path.join(home, 'hub'),
    ),
    isOffline: isTrue(environment['HF_HUB_OFFLINE'] || environment['TRANSFORMERS_OFFLINE']),
    avoidsSymlinks: isTrue(environment['HF_HUB_DISABLE_SYMLINKS']),
    readToken: async () => {
      if (isTrue(environment['HF_HUB_DISABLE_IMPLICIT_TOKEN'])) return null;
      const given = clean(environment['HF_TOKEN'] ?? environment['HUGGING_FACE_HUB_TOKEN']);
      return given ?? clean(await readFile(tokenFile, 'utf8').catch(() => undefined));
    },
    proxyFor: (url) => proxies.proxyFor(url),
    readCertificates: () => (certificates ??= readCertificates(environment)),
  };
}

/** @throws MlflowError INVALID_PARAMETER_VALUE for a variable that names no file. */
async function readCertificates(environment: Environment): Promise<string | undefined> {
  for (const name of ['REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'SSL_CERT_FILE']) {
    const file = environment[name];
    if (!file) continue;
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      throw MlflowError.invalidParameter(
        `${name} names '${file}', which cannot be read. Give a file with the certificates to trust, or unset ${name}.`,
        { details: { variable: name, path: file }, cause: error },
      );
    }
  }
  return undefined;
}

/** `~`, `$NAME` and `${NAME}` as Python's `expanduser` and `expandvars`; unknown variables stay. */
function expand(text: string, environment: Environment, homeFolder: string): string {
  const fromHome = /^~(?=$|[/\\])/.test(text) ? homeFolder + text.slice(1) : text;
  return fromHome.replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced: string | undefined, plain: string | undefined) => {
    return environment[braced ?? plain ?? ''] ?? whole;
  });
}

function clean(token: string | undefined): string | null {
  const text = token?.replace(/[\r\n]/g, '').trim();
  return text === undefined || text === '' ? null : text;
}
