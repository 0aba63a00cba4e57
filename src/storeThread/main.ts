import { parentPort, workerData } from 'node:worker_threads';
import { l10n } from '../core/l10n.js';
import type { StoreThreadData } from '../protocol/store.js';
import { portTransport } from '../protocol/threadTransport.js';
import { serveStores } from './serveStores.js';

if (parentPort === null) throw new Error('The store thread runs as a worker thread only.');
l10n.configure((workerData as StoreThreadData).texts);
serveStores(portTransport(parentPort), { cwd: process.cwd(), environment: process.env });
