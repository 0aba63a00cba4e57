import { HubClient } from '../core/hub/hubClient.js';
import type { Environment } from '../core/ports.js';

/** The Hub as the environment of the moment describes it, made at the first need. */
export function lazyHub(environment: Environment): () => HubClient {
  return () => new HubClient({ environment });
}
