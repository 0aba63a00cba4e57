import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { HubClient } from '../../../src/core/hub/hubClient.js';
import { partBytes, PartMap } from '../../../src/core/hub/partMap.js';
import { blobId, HubServer } from '../../helpers/hubServer.js';
import { safetensorsBytes } from '../../helpers/safetensorsBytes.js';

test('a killed download goes on without asking for a stored byte again', async () => {
  const weights = safetensorsBytes({ w: { dtype: 'F32', shape: [10_000, 1_000] } });
  const server = await HubServer.start({
    'acme/large': { files: { 'config.json': Buffer.from('{}'), 'model.safetensors': weights } },
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'hub-killed-'));
  try {
    server.faults.bytesPerSecond = 4_000_000;
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', path.join(import.meta.dirname, 'downloadProcess.ts'), server.endpoint, folder, 'acme/large'],
      { stdio: 'inherit' },
    );
    while (server.sentBytes(/^\/lfs/) < 6_000_000) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGKILL');
    await once(child, 'exit');

    const blobs = path.join(folder, 'models--acme--large', 'blobs');
    const subject = { blobId: blobId(weights), sizeBytes: weights.length };
    const map = await PartMap.open(path.join(blobs, `${blobId(weights)}.parts.map.incomplete`), subject);
    const stored = Array.from({ length: map.partCount }, (_, part) => map.done(part));
    await map.close();
    const storedBytes = stored.reduce((sum, bytes) => sum + bytes, 0);
    assert.ok(storedBytes > 2_000_000, `only ${storedBytes} bytes were stored`);
    assert.ok(!(await readdir(blobs)).includes(blobId(weights)), 'nothing is shown before it is whole');

    server.faults.bytesPerSecond = undefined;
    server.requests.length = 0;
    const client = new HubClient({ environment: { HF_ENDPOINT: server.endpoint, HF_HUB_CACHE: folder } });
    const { folder: snapshot } = await client.downloadSnapshot('acme/large');
    assert.deepEqual(await readFile(path.join(snapshot, 'model.safetensors')), weights);
    assert.equal(server.sentBytes(/^\/lfs/), weights.length - storedBytes);
    for (const { range } of server.requests.filter(({ host }) => host === 'cdn')) {
      const begin = Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1]);
      assert.equal(begin % partBytes, stored[Math.floor(begin / partBytes)]);
    }
  } finally {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
});
