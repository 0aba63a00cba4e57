import type { ByteTransport } from './byteTransport.js';
import { DirectConnection, LostConnectionError } from './directConnection.js';

/** Servers close idle connections after some seconds, Node's after 5. */
const idleMs = 4000;

/**
 * Requests through connections of our own, several of them to a host, used again.
 * @throws UnusualAnswerError for answers that it cannot read, else the network's errors.
 */
export function directTransport(readCertificates: () => Promise<string | undefined>): ByteTransport {
  const idle = new Map<string, DirectConnection[]>();
  const keep = (origin: string, connection: DirectConnection): void => {
    const kept = idle.get(origin) ?? [];
    idle.set(origin, kept);
    kept.push(connection);
    setTimeout(() => {
      const index = kept.indexOf(connection);
      if (index === -1) return;
      kept.splice(index, 1);
      connection.destroy(new Error('idle for long'));
    }, idleMs).unref();
  };
  return async (text, request) => {
    const url = new URL(text);
    const certificates = url.protocol === 'https:' ? await readCertificates() : undefined;
    for (;;) {
      const kept = idle.get(url.origin)?.pop();
      if (kept && !kept.isAlive) continue;
      const connection = kept ?? new DirectConnection(url, certificates, (freed) => keep(url.origin, freed));
      try {
        return await connection.request(url, request);
      } catch (error) {
        if (!(error instanceof LostConnectionError)) throw error;
      }
    }
  };
}
