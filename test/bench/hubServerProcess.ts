// node --import tsx hubServerProcess.ts: a local Hub with one repository of 256 MiB; prints its address.
import { randomFillSync } from 'node:crypto';
import { HubServer } from '../helpers/hubServer.js';

const weights = Buffer.alloc(256 * 1024 * 1024);
randomFillSync(weights, 0, 1 << 20);
for (let block = 0; block < 256; block++) weights.writeUInt32LE(block, block * (1 << 20));
const server = await HubServer.start({
  'bench/model': { files: { 'config.json': Buffer.from('{}'), 'model.safetensors': weights } },
});
console.log(server.endpoint);
