import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { appendToUriPath, localPathOf, pathToFileUri, resolveUriIfLocal } from '../../../src/core/artifacts/uri.js';
import { sqlitePathOf } from '../../../src/core/artifacts/artifactStores.js';

test('W15 artifact URIs joined correctly for plain, file:, query-bearing and Windows forms', () => {
  assert.equal(appendToUriPath('/a/b', 'c', 'd'), '/a/b/c/d');
  assert.equal(appendToUriPath('a/posix/path', '/some', 'subpath'), 'a/posix/path/some/subpath');
  assert.equal(appendToUriPath('file:///a b/ü', 'r', 'artifacts'), 'file:///a b/ü/r/artifacts');
  assert.equal(appendToUriPath('file:relative', 'r'), 'file:relative/r');
  assert.equal(
    appendToUriPath('s3://bucket/base/path?param=value', 'some/subpath', '/anotherpath'),
    's3://bucket/base/path/some/subpath/anotherpath?param=value',
  );
  assert.equal(appendToUriPath('s3://bucket/path/', 'r', 'artifacts'), 's3://bucket/path/r/artifacts');
  assert.equal(appendToUriPath('s3://bucket', 'r'), 's3://bucket/r');
  assert.equal(appendToUriPath('mlflow-artifacts:/1', 'r'), 'mlflow-artifacts:/1/r');
  assert.equal(appendToUriPath('C:/models', 'r'), 'C:/models/r');
  assert.throws(() => appendToUriPath('s3://b/p?x=../..', 'r'), /Invalid query string/);
});

test('a file: URI is read escaped and unescaped, and the reading that exists wins', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'uri-'));
  for (const name of ['a b', 'ü', 'p%20q', 'x#y', 'x?y']) mkdirSync(path.join(folder, name));
  assert.equal(localPathOf(`file://${folder}/a b`), `${folder}/a b`);
  assert.equal(localPathOf(`file://${folder}/a%20b`), `${folder}/a b`);
  assert.equal(localPathOf(`file://${folder}/%C3%BC`), `${folder}/ü`);
  assert.equal(localPathOf(`file://${folder}/ü`), `${folder}/ü`);
  assert.equal(localPathOf(`file://${folder}/p%20q`), `${folder}/p%20q`);
  assert.equal(localPathOf(`${folder}/p%20q`), `${folder}/p%20q`);
  assert.equal(localPathOf(`file://${folder}/x#y`), `${folder}/x#y`);
  assert.equal(localPathOf(`file://${folder}/x%3Fy`), `${folder}/x?y`);
  assert.equal(localPathOf('file://localhost/tmp/a'), '/tmp/a');
  assert.equal(localPathOf('file:///C:/models/a%20b', 'win32'), 'C:\\models\\a b');
  assert.equal(localPathOf('file://server/share/a', 'win32'), '\\\\server\\share\\a');
  assert.throws(() => localPathOf('file://server/share/a', 'linux'), /is not a valid remote uri/);
});

test('a path becomes the file: URI that pathlib writes', () => {
  assert.equal(pathToFileUri('/a b/ü#?%', 'linux'), 'file:///a%20b/%C3%BC%23%3F%25');
  assert.equal(pathToFileUri("/a!$&'()*+,;=:@-_.~", 'linux'), "file:///a!$&'()*+,;=:@-_.~");
  assert.equal(pathToFileUri('C:\\a b', 'win32'), 'file:///C:/a%20b');
});

test('relative locations become absolute, others stay', () => {
  assert.equal(resolveUriIfLocal('x/y', '/w'), '/w/x/y');
  assert.equal(resolveUriIfLocal('/x', '/w'), '/x');
  assert.equal(resolveUriIfLocal('file:x', '/w'), 'file:///w/x');
  assert.equal(resolveUriIfLocal('s3://b/x/', '/w'), 's3://b/x/');
});

test('the file behind a sqlite URI', () => {
  assert.equal(sqlitePathOf('sqlite:///mlflow.db'), 'mlflow.db');
  assert.equal(sqlitePathOf('sqlite:////abs/m x.db?timeout=3'), '/abs/m x.db');
  assert.equal(sqlitePathOf('sqlite+pysqlite:////abs/m.db'), '/abs/m.db');
  assert.equal(sqlitePathOf('/abs/m.db'), undefined);
});
