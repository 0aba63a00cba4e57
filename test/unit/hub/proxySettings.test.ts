import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ProxySettings } from '../../../src/core/hub/proxySettings.js';

const proxyOf = (url: string, environment: Record<string, string>): string | undefined =>
  new ProxySettings(environment).proxyFor(new URL(url))?.href;

describe('the proxy of an address', () => {
  test('is named by its scheme, else by ALL_PROXY', () => {
    const environment = { HTTPS_PROXY: 'http://a:1', HTTP_PROXY: 'http://b:2', ALL_PROXY: 'http://c:3' };
    assert.equal(proxyOf('https://x.org/', environment), 'http://a:1/');
    assert.equal(proxyOf('http://x.org/', environment), 'http://b:2/');
    assert.equal(proxyOf('http://x.org/', { ALL_PROXY: 'http://c:3' }), 'http://c:3/');
    assert.equal(proxyOf('https://x.org/', {}), undefined);
    assert.equal(proxyOf('https://x.org/', { HTTP_PROXY: 'http://b:2' }), undefined);
  });

  test('stands in lower case before upper case, and an empty name switches it off', () => {
    assert.equal(proxyOf('https://x.org/', { HTTPS_PROXY: 'http://a', https_proxy: 'http://b' }), 'http://b/');
    assert.equal(proxyOf('https://x.org/', { HTTPS_PROXY: 'http://a', https_proxy: '' }), undefined);
  });

  test('needs no scheme of its own', () => {
    assert.equal(proxyOf('https://x.org/', { HTTPS_PROXY: 'proxy.local:3128' }), 'http://proxy.local:3128/');
  });

  test('is not taken from a header that a CGI server put into HTTP_PROXY', () => {
    assert.equal(proxyOf('http://x.org/', { HTTP_PROXY: 'http://evil', REQUEST_METHOD: 'GET' }), undefined);
    assert.equal(proxyOf('http://x.org/', { http_proxy: 'http://a', REQUEST_METHOD: 'GET' }), 'http://a/');
  });

  for (const value of ['socks5://a:1', 'ftp://a', 'http://', '::']) {
    test(`is refused with the variable's name when it is ${JSON.stringify(value)}`, () => {
      assert.throws(() => proxyOf('https://x.org/', { HTTPS_PROXY: value }), /HTTPS_PROXY does not name an HTTP proxy/);
    });
  }

  const exempt: [entry: string, url: string, isExempt: boolean][] = [
    ['x.org', 'https://x.org/', true],
    ['x.org', 'https://cdn.x.org/', true],
    ['x.org', 'https://notx.org/', false],
    ['.x.org', 'https://cdn.x.org/', true],
    ['.x.org', 'https://x.org/', false],
    ['*.x.org', 'https://cdn.x.org/', true],
    ['*.x.org', 'https://x.org/', false],
    ['X.ORG', 'https://x.org/', true],
    ['a, x.org ,b', 'https://x.org/', true],
    ['*', 'https://anything.net/', true],
    ['y,*', 'https://anything.net/', true],
    ['x.org:8443', 'https://x.org:8443/', true],
    ['x.org:8443', 'https://x.org/', false],
    ['x.org:443', 'https://x.org/', false],
    ['localhost', 'http://localhost:80/', true],
    ['127.0.0.1', 'https://127.0.0.1:5/', true],
    ['127.0.0.0/8', 'https://127.9.9.9/', true],
    ['10.0.0.0/8', 'https://127.0.0.1/', false],
    ['10.0.0.0/99', 'https://10.0.0.1/', false],
    ['::1', 'https://[::1]/', true],
    ['[::1]', 'https://[::1]:9/', true],
    ['fe80::/10', 'https://[fe80::5]/', true],
    ['http://x.org', 'https://x.org/', false],
    ['https://x.org', 'https://x.org/', true],
    ['all://x.org', 'https://x.org/', true],
    ['', 'https://x.org/', false],
  ];
  for (const [entry, url, isExempt] of exempt) {
    test(`NO_PROXY=${entry} ${isExempt ? 'exempts' : 'does not exempt'} ${url}`, () => {
      const environment = { ALL_PROXY: 'http://p', NO_PROXY: entry };
      assert.equal(proxyOf(url, environment), isExempt ? undefined : 'http://p/');
    });
  }
});
