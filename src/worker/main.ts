import { MlflowError } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import { Channel, type Handlers } from '../protocol/channel.js';
import type { InferenceMethods, InferenceNotifications } from '../protocol/inference.js';
import { parentTransport } from '../protocol/processTransport.js';
import { InferenceEngine } from './engine/inferenceEngine.js';

type WorkerChannel = Channel<Record<never, never>, InferenceMethods, InferenceNotifications>;

/** The inference process: answers its parent's requests, and ends with it. */
function main(): void {
  const channelHolder: { channel?: WorkerChannel } = {};
  const tell = (level: 'debug' | 'info' | 'warn' | 'error') => (message: string) =>
    channelHolder.channel?.notify('log', { level, message });
  const log: Log = { debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('error') };
  const engine = new InferenceEngine(log);
  const handlers: Handlers<InferenceMethods> = {
    load: (request, { signal, emit }) => engine.load(checked(request), { signal, onEvent: emit }),
    ready: (request) => engine.ready(checked(request)),
    predict: (request, { signal, emit }) => engine.predict(checked(request), { signal, onEvent: emit }),
    unload: (request) => engine.unload(checked(request)),
    status: () => engine.status(),
  };
  const transport = parentTransport();
  channelHolder.channel = new Channel(transport, handlers);
  engine.onUpgraded((model) => channelHolder.channel?.notify('upgraded', { handle: model.handle, model }));
  process.once('disconnect', () => process.exit(0));
  process.on('warning', (warning) => log.warn(warning.message));
  process.on('unhandledRejection', (reason) => log.error(MlflowError.from(reason).message));
}

/** A request without a body is the sender's mistake, not a reason to end. */
function checked<T>(request: T): T {
  if (typeof request !== 'object' || request === null) {
    throw MlflowError.invalidParameter('The request has no parameters.');
  }
  return request;
}

main();
