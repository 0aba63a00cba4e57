import { BlockList, isIP, isIPv4 } from 'node:net';
import { MlflowError } from '../errors.js';
import type { Environment } from '../ports.js';

/**
 * Which proxy a request goes through, by the environment variables that Python's clients know: HTTPS_PROXY, HTTP_PROXY,
 * ALL_PROXY and NO_PROXY, in either case; the lower case wins.
 * Source: urllib.request.getproxies_environment, httpx.get_environment_proxies.
 */
export class ProxySettings {
  private readonly exceptions: ((url: URL) => boolean)[];

  constructor(private readonly environment: Environment) {
    this.exceptions = (this.read('no_proxy') ?? '').split(',').flatMap((entry) => exceptionOf(entry.trim()));
  }

  /** `undefined` for a direct connection. @throws MlflowError INVALID_PARAMETER_VALUE for a proxy that is none of HTTP. */
  proxyFor(url: URL): URL | undefined {
    const names = [`${url.protocol.slice(0, -1)}_proxy`, 'all_proxy'];
    const [name, text] = names.map((each) => [each, this.read(each)] as const).find(([, value]) => value) ?? [];
    if (name === undefined || text === undefined || this.exceptions.some((matches) => matches(url))) return undefined;
    const given = text.includes('://') ? text : `http://${text}`;
    const proxy = URL.canParse(given) ? new URL(given) : undefined;
    if (proxy && /^https?:$/.test(proxy.protocol)) return proxy;
    throw MlflowError.invalidParameter(
      `${name.toUpperCase()} does not name an HTTP proxy. Write 'http://host:port' there, or exempt ${url.hostname} in NO_PROXY.`,
      { details: { variable: name.toUpperCase() } },
    );
  }

  /** An empty lower-case variable switches the upper-case one off. HTTP_PROXY of a CGI process is a header of its client. */
  private read(name: string): string | undefined {
    const isForeign = name === 'http_proxy' && this.environment['REQUEST_METHOD'] !== undefined;
    return (this.environment[name] ?? (isForeign ? undefined : this.environment[name.toUpperCase()])) || undefined;
  }
}

/** What an entry of NO_PROXY exempts: a host with all below it, a network, a host at a port, or everything. */
function exceptionOf(entry: string): ((url: URL) => boolean)[] {
  if (entry === '') return [];
  if (entry === '*') return [() => true];
  const [, scheme, rest = ''] = /^(?:([a-z]+):\/\/)?(.*)$/i.exec(entry) ?? [];
  const isScheme = (url: URL): boolean => scheme === undefined || scheme === 'all' || url.protocol === `${scheme}:`;
  const network = networkOf(rest);
  if (network) return [(url) => isScheme(url) && network(hostOf(url))];
  const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(rest.toLowerCase()) ?? [];
  const isPort = (url: URL): boolean => port === undefined || port === url.port;
  const domain = host.replace(/^\*?\./, '');
  const isBelowOnly = domain !== host;
  return [
    (url) => {
      const name = hostOf(url);
      return isScheme(url) && isPort(url) && (name.endsWith(`.${domain}`) || (!isBelowOnly && name === domain));
    },
  ];
}

/** `192.168.0.0/16`, `10.0.0.1`, `::1`, `[::1]`. */
function networkOf(text: string): ((host: string) => boolean) | undefined {
  const [address = '', prefix] = text.replace(/^\[(.*)\]/, '$1').split('/');
  if (isIP(address) === 0) return undefined;
  const kind = isIPv4(address) ? 'ipv4' : 'ipv6';
  const bits = Number(prefix ?? (kind === 'ipv4' ? 32 : 128));
  if (!Number.isInteger(bits) || bits < 0 || bits > (kind === 'ipv4' ? 32 : 128)) return () => false;
  const list = new BlockList();
  list.addSubnet(address, bits, kind);
  return (host) => isIP(host) !== 0 && list.check(host, isIPv4(host) ? 'ipv4' : 'ipv6');
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}
