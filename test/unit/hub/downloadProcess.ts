/** Downloads a snapshot in a process of its own, to be killed: endpoint, cache folder, repository. */
import { HubClient } from '../../../src/core/hub/hubClient.js';

const [endpoint = '', cacheFolder = '', repository = ''] = process.argv.slice(2);
await new HubClient({ environment: { HF_ENDPOINT: endpoint, HF_HUB_CACHE: cacheFolder } }).downloadSnapshot(repository);
