import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HubClient } from '../../src/core/hub/hubClient.js';
import { milliseconds, runProcess, type Measurement } from './measure.js';

/** Downloading 256 MiB from a local Hub into the cache (ranged parts, hash checked) against a plain `curl`: the best of five. */
export async function benchDownload(): Promise<Measurement[]> {
  const server = spawn(process.execPath, ['--import', 'tsx', 'test/bench/hubServerProcess.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-download-'));
  try {
    const endpoint = await new Promise<string>((resolve) =>
      server.stdout.once('data', (text) => resolve(String(text).trim())),
    );
    let [ours, curl] = [Infinity, Infinity];
    for (let round = 0; round < 5; round++) {
      const file = path.join(folder, 'curl');
      const url = `${endpoint}/bench/model/resolve/main/model.safetensors`;
      curl = Math.min(curl, (await runProcess('curl', ['-sL', '-o', file, url])).durationMs);
      await rm(file);
      const cache = path.join(folder, 'cache');
      const started = performance.now();
      const environment = { HF_ENDPOINT: endpoint, HF_HUB_CACHE: cache };
      await new HubClient({ environment }).downloadSnapshot('bench/model');
      ours = Math.min(ours, performance.now() - started);
      // Neither is to meet what the other left on its way to the disk.
      await runProcess('sync', ['-f', folder]);
      await rm(cache, { recursive: true });
    }
    return [
      {
        name: 'download 256 MiB from a local Hub, hash checked',
        ours: milliseconds(ours),
        peer: `curl ${milliseconds(curl)}`,
        ratio: curl / ours,
        budget: "90 % of curl's speed",
        isMet: curl / ours >= 0.9,
      },
    ];
  } finally {
    server.kill();
    await rm(folder, { recursive: true, force: true });
  }
}
