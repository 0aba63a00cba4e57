import type { MessagePort, Worker } from 'node:worker_threads';
import { MlflowError } from '../core/errors.js';
import type { Transport } from './channel.js';

/** The owner's end of a worker thread. `onClose` is called once, when the thread has failed or ended. */
export function workerTransport(worker: Worker): Transport {
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => void worker.on('message', listener),
    onClose(listener) {
      let reason = '';
      worker.on('error', (error) => {
        reason = `: ${error instanceof Error ? error.message : String(error)}`;
      });
      worker.once('exit', () =>
        listener(new MlflowError(`The thread ended${reason}.`, 'ABORTED', { reason: 'workerDied' })),
      );
    },
  };
}

/** The thread's own end, or one end of a `MessageChannel`. */
export function portTransport(port: MessagePort): Transport {
  return {
    post: (message) => port.postMessage(message),
    onMessage: (listener) => void port.on('message', listener),
    onClose: (listener) => void port.once('close', () => listener(MlflowError.cancelled('The other side is gone.'))),
  };
}
