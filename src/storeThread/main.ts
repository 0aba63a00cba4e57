import { parentPort } from 'node:worker_threads';
import { portTransport } from '../protocol/threadTransport.js';
import { serveStores } from './serveStores.js';

if (parentPort === null) throw new Error('The store thread runs as a worker thread only.');
serveStores(portTransport(parentPort), { cwd: process.cwd(), environment: process.env });
